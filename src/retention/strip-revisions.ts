/** Removes what is personal from previous versions of rows: each is a revision, and a row of the page that stored it. */
import type { Queryable } from '../database/client.ts';
import {
  loadRevisionRemnants,
  nameVersion,
  storeRemnants,
  type NewRemnant,
} from '../evidence/remnants.ts';
import { canonicalRevision, loadMatching, type StoredRevision } from '../evidence/revision-root.ts';
import { commitToPersonal, hashRow } from '../evidence/row-leaf.ts';
import { createKeyFinder } from '../evidence/salts.ts';
import { loadRevisions } from '../evidence/verification/row-source.ts';
import type { LogStream } from '../streams/stream.ts';
import { keepRemnants, type KeysAround } from './strip.ts';

type RevisionStripping = KeysAround & {
  readonly account: string;
  readonly log: LogStream;
  /** A condition on revisions `r` and the row `t` that they were: `$1` is the account, `$2` the log. */
  readonly condition: string;
  readonly values: readonly unknown[];
  readonly columns: readonly string[];
};

/** Strips revisions. @returns how many */
export async function stripRevisions(tx: Queryable, stripping: RevisionStripping): Promise<number> {
  const { account, log, condition, values, columns } = stripping;
  const { name: stream, table } = log;
  const of = { account, stream, table };
  const found = await tx.query<{ revision: string }>(
    `select r.revision::text as revision from zendesk.revisions r
     cross join lateral jsonb_populate_record(null::${table.name}, r.content) as t
     where r.account = $1 and r.stream = $2 and (${condition}) order by r.revision`,
    [account, stream, ...values],
  );
  if (found.length === 0) return 0;
  const numbers = found.map(({ revision }) => Number(revision));
  const load = async () => ({
    versions: await loadRevisions(tx, log, account, numbers),
    revisions: await loadMatching(tx, of, numbers),
  });
  const before = await load();
  await tx.query(
    `update zendesk.revisions set content = content || $2::jsonb where account = $1 and revision = any ($3::bigint[])`,
    [account, JSON.stringify(Object.fromEntries(columns.map((name) => [name, null]))), numbers],
  );
  const after = await load();
  await keepRemnants(tx, stripping, before.versions, after.versions);
  await keepRevisionRemnants(tx, stripping, before.revisions, after.revisions);
  return found.length;
}

async function keepRevisionRemnants(
  tx: Queryable,
  { account, log: { name: stream }, keys, newKeys }: RevisionStripping,
  before: readonly StoredRevision[],
  after: readonly StoredRevision[],
): Promise<void> {
  const { stripped } = await loadRevisionRemnants(tx, { account, stream });
  const [findKey, findNewKey] = [createKeyFinder(keys), createKeyFinder(newKeys)];
  const rest = new Map(after.map((each) => [each.revision, each]));
  const remnants = before.flatMap((each): readonly NewRemnant[] => {
    const { revision, replacedAt: writtenAt, micros, id, actor } = each;
    const left = rest.get(revision);
    const [key, newKey] = [findKey, findNewKey].map((find) => find(actor, Number(micros) / 1000));
    if (left === undefined || key === undefined || newKey === undefined) return [];
    const personal =
      stripped.get(nameVersion(writtenAt, micros, revision))?.personal ??
      commitToPersonal(canonicalRevision(each), key);
    const leaf = hashRow(canonicalRevision(left), newKey);
    return [{ writtenAt, micros, id, revision, personal, leaf }];
  });
  await storeRemnants(tx, { account, stream }, remnants);
}
