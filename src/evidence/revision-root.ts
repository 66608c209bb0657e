/** The root over the revisions that a page made: former contents of rows, committed to like the rows themselves. */
import type { Queryable } from '../database/client.ts';
import type { LogTable } from '../streams/stream.ts';
import { inMicros } from './stored-rows.ts';
import { canonicalJson } from './canonical-json.ts';
import { hashBytes, hashPackedTree } from './forms/merkle.ts';
import { hashRow } from './row-leaf.ts';
import { ensurePersonKeys, keyNameOf, saltOf, type PersonKeys } from './salts.ts';

/** A revision as it is stored: its content without and with what is personal, each as JSON text, and whose key hides it. */
type StoredRevision = {
  readonly revision: string;
  readonly id: string;
  readonly micros: string;
  readonly plain: string;
  readonly personal: string;
  readonly actor: string | null;
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
    r.content ->> '${actor}' as actor`;
}

/** The root over the revisions that the transaction of a page made, in their order. */
export async function sealRevisions(
  tx: Queryable,
  of: RevisionsOf,
  storedAt: string,
): Promise<{ readonly count: number; readonly root: string }> {
  const revisions = await tx.query<StoredRevision>(
    `select ${selectRevision(of.table)} from zendesk.revisions r
     where r.account = $1 and r.stream = $2 and r.replaced_at = $3
     order by r.revision`,
    [of.account, of.stream, storedAt],
  );
  const names = revisions.map(({ actor, micros }) => keyNameOf(actor, micros));
  const keys = await ensurePersonKeys(tx, of.account, [...new Set(names)]);
  return { count: revisions.length, root: hashRevisions(of, revisions, keys).toString('base64') };
}

/** The root over revisions, in their order. */
function hashRevisions(
  { account, stream }: RevisionsOf,
  revisions: readonly StoredRevision[],
  keys: PersonKeys,
): Buffer {
  const leaves = Buffer.allocUnsafe(revisions.length * hashBytes);
  for (const [place, { revision, id, micros, plain, personal, actor }] of revisions.entries()) {
    const key = keys.get(keyNameOf(actor, micros));
    if (key === undefined) throw new Error('A revision has no key for its salt.');
    const canonical = {
      plain: `${revision}\t${id}\t${micros}\t${canonicalJson(plain)}`,
      personal: canonicalJson(personal),
    };
    const hashed = hashRow(canonical, saltOf(key, account, stream, id));
    leaves.write(hashed, place * hashBytes, 'latin1');
  }
  return hashPackedTree(leaves);
}
