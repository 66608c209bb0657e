/** What is kept of rows that are dropped: the hashes of their leaves, by which the rest of their pages is still checked. */
import type { Queryable } from '../database/client.ts';
import {
  hashStanding,
  loadRemnants,
  loadRevisionRemnants,
  nameVersion,
  type NewRemnant,
} from '../evidence/remnants.ts';
import { listRevisionLeaves } from '../evidence/revision-root.ts';
import { canonicalRow, layOut } from '../evidence/row-leaf.ts';
import { createKeyFinder, type PersonKeys } from '../evidence/salts.ts';
import { loadSealedRows } from '../evidence/verification/adopted.ts';
import type { ArchivedRows } from '../evidence/verification/archived-rows.ts';
import type { SealedEntry } from '../evidence/verification/entry.ts';
import { microsOfIso } from '../evidence/verification/open-manifests.ts';
import { withoutDropped } from '../evidence/verification/removed.ts';
import { stretchOf } from '../evidence/verification/row-parts.ts';
import { spell } from './moments.ts';
import type { PlannedRemoval } from './planned-removal.ts';

/** Rows that go. */
type Going = Pick<PlannedRemoval, 'account' | 'log' | 'span'> & {
  readonly keys: PersonKeys;
  readonly archived: ArchivedRows | undefined;
};

/** The leaves of the rows that go from pages of which other rows stay. */
export async function keepCutPages(
  tx: Queryable,
  { account, log, span, keys, archived }: Going,
  entries: readonly SealedEntry[],
): Promise<readonly NewRemnant[]> {
  const { name: stream, table } = log;
  const gone = {
    ...(entries[0] as SealedEntry),
    span: [span.from, span.to] as const,
    rows: undefined,
    removal: { what: 'rows', rows: 0, kept: undefined },
  };
  const left = new Set(withoutDropped([...entries, gone]).filter(({ rows }) => rows !== undefined));
  const [from, to] = [span.from * 1e6, span.to * 1e6];
  const layout = layOut(table);
  const findKey = createKeyFinder(keys);
  const kept: NewRemnant[] = [];
  for (const entry of entries) {
    const stretch = stretchOf(entry);
    if (stretch === undefined || !left.has(entry)) continue;
    if (stretch.from >= to || stretch.until <= from) continue;
    const remnants = await loadRemnants(tx, { account, stream }, [
      spell(span.from),
      spell(span.to),
    ]);
    for (const version of await loadSealedRows(tx, log, account, entry, entries, archived)) {
      const { id, micros, row, writtenAt } = version;
      if (Number(micros) < from || Number(micros) >= to) continue;
      const key = findKey(row[table.actor], Number(micros) / 1000);
      if (key === undefined) continue;
      const canonical = canonicalRow(layout, id, micros, row);
      const name = (): string => nameVersion(writtenAt, micros, id);
      const leaf = hashStanding(canonical, key, remnants, name);
      const sealed = { writtenAt: microsOfIso(entry.storedAt), micros, id };
      kept.push({ ...sealed, revision: '0', personal: undefined, leaf });
    }
  }
  return kept;
}

/** The leaves of the previous versions that go. */
export async function keepRevisions(
  tx: Queryable,
  { account, log: { name: stream, table }, span, keys }: Going,
): Promise<readonly NewRemnant[]> {
  const of = { account, stream };
  const leaves = await listRevisionLeaves(
    tx,
    { ...of, table },
    'r.occurred_at >= $3::timestamptz and r.occurred_at < $4::timestamptz',
    [spell(span.from), spell(span.to)],
    keys,
    await loadRevisionRemnants(tx, of),
  );
  return leaves.map(({ revision, replacedAt, micros, id, leaf }) => ({
    writtenAt: replacedAt,
    micros,
    id,
    revision,
    personal: undefined,
    leaf,
  }));
}
