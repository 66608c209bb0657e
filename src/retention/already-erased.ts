/** Whether an earlier erasure has left nothing of a person in an archived month: then its objects need not be written again. */
import type { ArchivedObject } from '../archive/ledger.ts';
import type { ArchiveStore } from '../archive/store.ts';
import type { Queryable, Transaction } from '../database/client.ts';
import type { LogStream } from '../streams/stream.ts';
import { bringObject, onObject } from './archived-rows.ts';
import { isOfMonth, namesPerson, type Erasure } from './erase-rows.ts';

/** What is searched. */
type SearchedMonth = {
  readonly tx: Transaction;
  readonly store: ArchiveStore;
  readonly logs: readonly LogStream[];
  /** Those of the month that may have something of the person. */
  readonly objects: readonly ArchivedObject[];
};

/** Searches the tables, the previous versions and the objects of the month of an erasure. It stops at the first find. */
export async function isAlreadyErased(
  { tx, store, logs, objects }: SearchedMonth,
  erasure: Omit<Erasure, 'newKeys'>,
): Promise<boolean> {
  if (await hasKeyToReplace(tx, erasure)) return false;
  for (const log of logs)
    if ((await hasOwn(tx, log, erasure)) || (await hasRevisions(tx, log, erasure))) return false;
  for (const log of logs)
    for (const object of objects.filter(({ stream }) => stream === log.name)) {
      await bringObject(tx, store, log.table, erasure.keys, object);
      const brought = onObject(log);
      if ((await hasOwn(tx, brought, erasure)) || (await hasNamed(tx, brought, erasure)))
        return false;
    }
  return true;
}

type Searched = Omit<Erasure, 'newKeys'>;

/** A key that no erasure has replaced may hide values of rows that are no longer anywhere; so may one that is older than rows dropped since. */
async function hasKeyToReplace(
  tx: Queryable,
  { account, person, month }: Searched,
): Promise<boolean> {
  const found = await tx.query(
    `select from zendesk_evidence.person_keys k
     where k.account = $1 and k.person = $2 and ($3::date is null or k.month = $3::date)
       and (k.replaced_at is null or exists (
         select from zendesk_evidence.remnants r
         where r.account = $1 and r.personal is null and r.removed_at > k.replaced_at
           and ${isOfMonth('r.occurred_at', 'k.month')})) limit 1`,
    [account, person, month ?? null],
  );
  return found.length > 0;
}

async function hasOwn(
  tx: Queryable,
  { table }: LogStream,
  { account, person, month }: Searched,
): Promise<boolean> {
  const found = await tx.query(
    `select from ${table.name} t
     where t.account = $1 and t.${table.actor} = $2::bigint and ${isOfMonth(`t.${table.time}`, '$3')}
       and ${hasAny(table.personal)} limit 1`,
    [account, person, month ?? null],
  );
  return found.length > 0;
}

async function hasRevisions(
  tx: Queryable,
  { name: stream, table }: LogStream,
  { account, person, month }: Searched,
): Promise<boolean> {
  const found = await tx.query(
    `select from zendesk.revisions r
     cross join lateral jsonb_populate_record(null::${table.name}, r.content) as t
     where r.account = $1 and r.stream = $2 and t.${table.actor} = $3::text::bigint
       and ${isOfMonth('r.occurred_at', '$4')} and ${hasAny(table.personal)} limit 1`,
    [account, stream, person, month ?? null],
  );
  return found.length > 0;
}

async function hasNamed(
  tx: Queryable,
  log: LogStream,
  { account, person, texts }: Searched,
): Promise<boolean> {
  const { subject, name } = log.table;
  if (subject === undefined) return false;
  const found = await tx.query(
    `select from ${name} t
     where t.account = $1 and ${namesPerson(log, '$2::text', '$3')} and ${hasAny(subject.columns)} limit 1`,
    [account, person, texts],
  );
  return found.length > 0;
}

function hasAny(columns: readonly string[]): string {
  return `(${columns.map((name) => `t.${name} is not null`).join(' or ')})`;
}
