/** The leaves of rows, with the keys that their salts need, loaded as they are needed. */
import type { Queryable } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { Remnants } from '../remnants.ts';
import { canonicalRow, discloseRow, hashStripped, layOut, type DisclosedRow } from '../row-leaf.ts';
import type { SealedRow } from '../rows-root.ts';
import { createKeyFinder, nameKeys } from '../salts.ts';
import { loadPersonKeys } from './person-keys.ts';

/** The hashes of the leaves of rows, as Latin-1 text, in their order; undefined when a key was destroyed. */
export type LeafMaker = (
  stream: LogStream,
  rows: readonly SealedRow[],
  remnants: Remnants,
  nameRow: (row: SealedRow) => string,
) => Promise<readonly string[] | undefined>;

/** Makes leaves, and what is disclosed of a row. */
export type Leaves = {
  readonly hashAll: LeafMaker;
  readonly disclose: (stream: LogStream, row: SealedRow) => Promise<DisclosedRow | undefined>;
};

/** Prepares to make leaves for rows of an account. Keys that were loaded are kept. */
export function createLeaves(db: Queryable, account: string): Leaves {
  const keys = new Map<string, Buffer>();
  const asked = new Set<string>();
  const load = async ({ table }: LogStream, rows: readonly SealedRow[]): Promise<void> => {
    const timed = rows.map(({ micros, row }) => ({ timeMs: msOf(micros), row }));
    const wanted = nameKeys(table, timed).filter((name) => !asked.has(name));
    if (wanted.length === 0) return;
    for (const [name, key] of await loadPersonKeys(db, account, wanted)) keys.set(name, key);
    for (const name of wanted) asked.add(name);
  };
  const prepare = async (
    stream: LogStream,
    rows: readonly SealedRow[],
  ): Promise<(row: SealedRow) => DisclosedRow | undefined> => {
    await load(stream, rows);
    const { table } = stream;
    const layout = layOut(table);
    const findKey = createKeyFinder(keys);
    return ({ id, micros, row }) => {
      const key = findKey(row[table.actor], msOf(micros));
      return key && discloseRow(canonicalRow(layout, id, micros, row), key);
    };
  };
  return {
    async hashAll(stream, rows, remnants, nameRow) {
      const toLeaf = await prepare(stream, rows);
      const layout = layOut(stream.table);
      const hashes: string[] = [];
      for (const sealed of rows) {
        const leaf = toLeaf(sealed);
        if (leaf === undefined) return undefined;
        const kept =
          remnants.stripped.size === 0 ? undefined : remnants.stripped.get(nameRow(sealed));
        const { id, micros, row } = sealed;
        hashes.push(
          kept?.leaf === leaf.hash
            ? hashStripped(canonicalRow(layout, id, micros, row), kept.personal)
            : leaf.hash,
        );
      }
      return hashes;
    },
    async disclose(stream, row) {
      const toLeaf = await prepare(stream, [row]);
      return toLeaf(row);
    },
  };
}

function msOf(micros: string): number {
  return Number(micros) / 1000;
}
