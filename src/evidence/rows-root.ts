/** The root over the rows of a manifest: an RFC 6962 tree whose leaves are in the order of the rows' keys. Pure. */
import type { LogTable, Row } from '../streams/stream.ts';
import { hashBytes, hashPackedTree } from './forms/merkle.ts';
import { canonicalRow, hashRow, layOut, type CanonicalRow } from './row-leaf.ts';
import { createKeyFinder, type PersonKeys } from './salts.ts';

/** A row: its id, its time in microseconds since 1970, and its columns. */
export type SealedRow = { readonly id: string; readonly micros: string; readonly row: Row };

/** The root over rows, and a tag of four bits for each, two a byte: enough to tell which row changed. */
export type HashedRows = { readonly root: Buffer; readonly tags: Buffer };

/** Hashes rows one by one, in the order of their keys. */
export type RowHasher = {
  /** Takes a row. Returns its canonical form: the caller stores the same values. */
  add(id: string, micros: string, timeMs: number, row: Row): CanonicalRow;
  end(): HashedRows;
};

/** Starts to hash so many rows. */
export function createRowHasher(table: SealedTable, count: number, keys: PersonKeys): RowHasher {
  const layout = layOut(table);
  const findKey = createKeyFinder(keys);
  const leaves = Buffer.allocUnsafe(count * hashBytes);
  let [place, hashed] = [0, undefined as HashedRows | undefined];
  const end = (): HashedRows => ({ root: hashPackedTree(leaves), tags: packTags(leaves) });
  return {
    add(id, micros, timeMs, row) {
      const key = findKey(row[table.actor], timeMs);
      if (key === undefined) throw new Error('A row has no key for its salt.');
      const canonical = canonicalRow(layout, id, micros, row);
      leaves.write(hashRow(canonical, key), place * hashBytes, 'latin1');
      place += 1;
      // Done with the last row, before its line is written, while Postgres is busy with the lines before.
      if (place === count) hashed = end();
      return canonical;
    },
    end: () => hashed ?? end(),
  };
}

/** The root and the tags over hashed leaves, as Latin-1 text, in the order of their rows' keys. */
export function joinLeaves(hashes: readonly string[]): HashedRows {
  const leaves = Buffer.allocUnsafe(hashes.length * hashBytes);
  for (const [place, hash] of hashes.entries()) leaves.write(hash, place * hashBytes, 'latin1');
  return { root: hashPackedTree(leaves), tags: packTags(leaves) };
}

type SealedTable = Pick<LogTable, 'columns' | 'personal' | 'actor'>;

/** Hashes rows in the order of their keys. */
export function hashRows(
  table: SealedTable,
  rows: readonly SealedRow[],
  keys: PersonKeys,
): HashedRows {
  const hasher = createRowHasher(table, rows.length, keys);
  for (const { id, micros, row } of rows) hasher.add(id, micros, Number(micros) / 1000, row);
  return hasher.end();
}

/** The last four bits of each leaf's hash; the first of two rows has the upper ones. */
function packTags(leaves: Buffer): Buffer {
  const rows = leaves.length / hashBytes;
  const tags = Buffer.alloc(Math.ceil(rows / 2));
  for (let row = 0; row < rows; row += 1) {
    const tag = tagOf(leaves, row) << (row % 2 === 0 ? 4 : 0);
    tags[row >> 1] = (tags[row >> 1] ?? 0) | tag;
  }
  return tags;
}

/** The tag of a row among packed hashes. */
function tagOf(leaves: Buffer, row: number): number {
  return (leaves[row * hashBytes + hashBytes - 1] ?? 0) & 15;
}

/** The rows in the order of their keys: by time, then by id. */
export function sortRows<Each extends Omit<SealedRow, 'row'>>(
  table: Pick<LogTable, 'id'>,
  rows: readonly Each[],
): readonly Each[] {
  const compareIds = idOrder(table);
  const compare = (a: Each, b: Each): number =>
    a.micros === b.micros ? compareIds(a.id, b.id) : Number(a.micros) - Number(b.micros);
  const isSorted = rows.every((row, at) => at === 0 || compare(rows[at - 1] ?? row, row) <= 0);
  return isSorted ? rows : rows.toSorted(compare);
}

/** The order of ids: numbers as numbers, and texts byte by byte. */
export function idOrder({ id }: Pick<LogTable, 'id'>): (a: string, b: string) => number {
  return id.type === 'bigint' ? compareNumbers : compareBytes;
}

function compareNumbers(a: string, b: string): number {
  if (a.startsWith('-') || b.startsWith('-')) {
    const difference = BigInt(a) - BigInt(b);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  return a.length === b.length ? compareUnits(a, b) : a.length - b.length;
}

function compareBytes(a: string, b: string): number {
  // UTF-16 and UTF-8 sort alike except for characters beyond U+D800.
  if (isBasic(a) && isBasic(b)) return compareUnits(a, b);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function compareUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isBasic(text: string): boolean {
  return !/[\uD800-\uFFFF]/.test(text);
}
