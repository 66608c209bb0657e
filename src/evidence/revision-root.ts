/** The root over the revisions that a page made: former contents of rows, with commitments like those of rows. */
import type { Queryable } from '../database/client.ts';
import type { LogTable } from '../streams/stream.ts';
import { inMicros } from './stored-rows.ts';
import { canonicalJson } from './canonical-json.ts';
import { hashBytes, hashPackedTree } from './forms/merkle.ts';
import { escapeText, hashRow, type CanonicalRow } from './row-leaf.ts';
import { hashStanding, nameVersion, noRemnants, type Remnants } from './remnants.ts';
import { createKeyFinder, ensurePersonKeys, nameKeys, type PersonKeys } from './salts.ts';

/** A revision as it is stored: its content without and with what is personal, each as JSON text, and whose key hides it. */
export type StoredRevision = {
  readonly revision: string;
  readonly id: string;
  readonly micros: string;
  readonly plain: string;
  readonly personal: string;
  readonly actor: string | null;
  /** When it was made, in microseconds since 1970. */
  readonly replacedAt: string;
};

/** Whose revisions they are. */
type RevisionsOf = {
  readonly account: string;
  readonly stream: string;
  readonly table: Pick<LogTable, 'personal' | 'actor'>;
};

/** The columns of `StoredRevision`, of revisions `r`. */
function selectRevision({ actor, personal }: RevisionsOf['table']): string {
  const names = personal.map((name) => `'${name}'`).join(', ');
  return `r.revision::text as revision, r.id, ${inMicros('r.occurred_at')} as micros,
    (r.content - array[${names}])::text as plain,
    (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(r.content) where key in (${names}))::text as personal,
    r.content ->> '${actor}' as actor, ${inMicros('r.replaced_at')} as "replacedAt"`;
}

/** The root over the revisions that the transaction of a page made, in their order. */
export async function sealRevisions(
  tx: Queryable,
  of: RevisionsOf,
  storedAt: string,
): Promise<{ readonly count: number; readonly root: string }> {
  const revisions = await loadRevisions(tx, of, storedAt);
  const written = revisions.map(({ actor, micros }) => ({ timeMs: msOf(micros), row: { actor } }));
  const keys = await ensurePersonKeys(tx, of.account, nameKeys({ actor: 'actor' }, written));
  const root = hashRevisions(revisions, keys);
  if (root === undefined) throw new Error('A revision has no key for its salt.');
  return { count: revisions.length, root: root.toString('base64') };
}

/** The same for a login that may only read, including dropped revisions: no root if a key is gone. */
export async function readRevisions(
  db: Queryable,
  of: RevisionsOf,
  storedAt: string,
  keys: PersonKeys,
  remnants: Remnants = noRemnants,
): Promise<{ readonly count: number; readonly root: string | undefined }> {
  const revisions = await loadRevisions(db, of, storedAt);
  const writtenAt = microsOf(storedAt);
  const dropped = remnants.dropped.get(writtenAt) ?? [];
  const leaves = dropped.map(({ id, leaf }) => [Number(id), leaf] as const);
  const findKey = createKeyFinder(keys);
  for (const revision of revisions) {
    const leaf = hashRevision(revision, findKey, remnants, writtenAt);
    if (leaf === undefined) return { count: revisions.length + dropped.length, root: undefined };
    leaves.push([Number(revision.revision), leaf]);
  }
  const packed = Buffer.from(
    leaves
      .toSorted(([a], [b]) => a - b)
      .map(([, leaf]) => leaf)
      .join(''),
    'latin1',
  );
  return { count: leaves.length, root: hashPackedTree(packed).toString('base64') };
}

/** A revision that may go: its number, when it was made, its time and id, and the hash of its leaf. */
type RevisionLeaf = {
  readonly revision: string;
  readonly replacedAt: string;
  readonly micros: string;
  readonly id: string;
  readonly leaf: string;
};

/** The leaves of the revisions that meet a condition on `r`, except those whose key is gone. */
export async function listRevisionLeaves(
  db: Queryable,
  of: RevisionsOf,
  condition: string,
  values: readonly unknown[],
  keys: PersonKeys,
  remnants: Remnants = noRemnants,
): Promise<readonly RevisionLeaf[]> {
  const rows = await db.query<StoredRevision>(
    `select ${selectRevision(of.table)} from zendesk.revisions r
     where r.account = $1 and r.stream = $2 and ${condition} order by r.revision`,
    [of.account, of.stream, ...values],
  );
  const findKey = createKeyFinder(keys);
  return rows.flatMap((row) => {
    const { revision, replacedAt, micros, id } = row;
    const leaf = hashRevision(row, findKey, remnants, replacedAt);
    return leaf === undefined ? [] : [{ revision, replacedAt, micros, id, leaf }];
  });
}

function hashRevision(
  revision: StoredRevision,
  findKey: ReturnType<typeof createKeyFinder>,
  remnants: Remnants,
  writtenAt: string,
): string | undefined {
  const { actor, micros, revision: number } = revision;
  const key = findKey(actor, msOf(micros));
  const name = (): string => nameVersion(writtenAt, micros, number);
  return key && hashStanding(canonicalRevision(revision), key, remnants, name);
}

/** A time of a manifest, in microseconds since 1970. */
function microsOf(storedAt: string): string {
  return String(Date.parse(storedAt.slice(0, 23) + 'Z') * 1000 + Number(storedAt.slice(23, 26)));
}

async function loadRevisions(
  db: Queryable,
  of: RevisionsOf,
  storedAt: string,
): Promise<readonly StoredRevision[]> {
  return db.query<StoredRevision>(
    `select ${selectRevision(of.table)} from zendesk.revisions r
     where r.account = $1 and r.stream = $2 and r.replaced_at = $3
     order by r.revision`,
    [of.account, of.stream, storedAt],
  );
}

/** Revisions by their numbers. */
export async function loadMatching(
  db: Queryable,
  of: RevisionsOf,
  numbers: readonly number[],
): Promise<readonly StoredRevision[]> {
  return db.query<StoredRevision>(
    `select ${selectRevision(of.table)} from zendesk.revisions r
     where r.account = $1 and r.stream = $2 and r.revision = any ($3::bigint[]) order by r.revision`,
    [of.account, of.stream, numbers],
  );
}

/** The root over revisions, in their order; undefined where a key is gone. */
function hashRevisions(revisions: readonly StoredRevision[], keys: PersonKeys): Buffer | undefined {
  const findKey = createKeyFinder(keys);
  const leaves = Buffer.allocUnsafe(revisions.length * hashBytes);
  for (const [place, revision] of revisions.entries()) {
    const key = findKey(revision.actor, msOf(revision.micros));
    if (key === undefined) return undefined;
    leaves.write(hashRow(canonicalRevision(revision), key), place * hashBytes, 'latin1');
  }
  return hashPackedTree(leaves);
}

/** The canonical form of a revision. */
export function canonicalRevision({
  revision,
  id,
  micros,
  plain,
  personal,
}: Omit<StoredRevision, 'actor' | 'replacedAt'>): CanonicalRow {
  return {
    id: escapeText(id),
    micros,
    plain: `\t${revision}\t${escapeText(canonicalJson(plain))}`,
    personal: `\t${escapeText(canonicalJson(personal))}`,
  };
}

function msOf(micros: string): number {
  return Number(micros) / 1000;
}
