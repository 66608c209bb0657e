/** Drops the rows of a span with their revisions and derived data: as a whole partition, or row by row. */
import { openArchivedRows } from '../archive/archived-rows.ts';
import type { Database, Queryable, Transaction } from '../database/client.ts';
import { longLimitMs } from '../database/client.ts';
import { lockPartitions } from '../database/partitions.ts';
import { nameHere } from '../database/schema-names.ts';
import { storeRemnants } from '../evidence/remnants.ts';
import { noteManifest } from '../evidence/pending.ts';
import type { SealedEntry } from '../evidence/verification/entry.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import { lockStream } from '../ingest/coverage.ts';
import { countsItself } from '../ingest/own-counts.ts';
import type { LogStream } from '../streams/stream.ts';
import { loadLeft } from './archived-names.ts';
import { dropArchived } from './archived-removal.ts';
import { recordRemoval, type Deed } from './deed.ts';
import { loadEntries, loadLaterEntries } from './entries.ts';
import { keepCutPages, keepRevisions } from './kept-leaves.ts';
import { isAllOf, refuseHeld } from './meanwhile.ts';
import { spell } from './moments.ts';
import type { PlannedRemoval } from './planned-removal.ts';
import { releaseQuarantine } from './quarantine.ts';
import { refuseUnsealed } from './settled.ts';

/** How long to wait for readers of a partition before dropping it. */
const lockTimeout = '10s';

/** Drops parts of one partition, each of another account, in one transaction. @returns how many rows were dropped */
export async function dropParts(
  db: Database,
  parts: readonly PlannedRemoval[],
  seemsWhole: boolean,
  deed: Omit<Deed, 'reason'>,
): Promise<number> {
  const read = new Map<string, readonly SealedEntry[]>();
  for (const { account, log } of parts) read.set(account, await loadEntries(db, account, log.name));
  return db.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = '${lockTimeout}'`);
    await lockPartitions(tx);
    await tx.query(`select ${countsItself}`);
    const [first] = parts;
    if (first === undefined) return 0;
    // Nothing is stored there until the end of the transaction.
    if (first.partition !== undefined)
      await tx.query(
        `lock table ${first.partition} in ${seemsWhole ? 'access exclusive' : 'share row exclusive'} mode`,
      );
    await refuseHeld(tx, parts);
    // Others may have come before the lock.
    const isWhole = seemsWhole && (await isAllOf(tx, parts));
    let rows = 0;
    for (const part of parts)
      rows += await dropPart(db, tx, part, read.get(part.account) ?? [], isWhole, deed);
    if (isWhole) await dropPartition(tx, first);
    return rows;
  }, longLimitMs);
}

/** The condition on a column of time that a row is of the account and the span: parameters `$1` to `$3`. */
function within(time: string): string {
  return `account = $1 and ${time} >= $2::timestamptz and ${time} < $3::timestamptz`;
}

async function dropPart(
  db: Database,
  tx: Transaction,
  part: PlannedRemoval,
  read: readonly SealedEntry[],
  isWhole: boolean,
  { by }: Omit<Deed, 'reason'>,
): Promise<number> {
  const { account, log, span, policy, archive } = part;
  const { name: stream } = log;
  await lockStream(tx, { account, stream });
  await refuseUnsealed(tx, account);
  const values = [account, spell(span.from), spell(span.to)];
  const stored = await countDays(tx, log, values);
  const cold = await loadLeft(tx, account, stream, span);
  if (stored.length === 0 && cold.length === 0) return 0;
  const entries = await loadLaterEntries(tx, account, stream, read);
  const keys = await loadPersonKeys(tx, account);
  const all = await loadLeft(tx, account, stream);
  const archived = archive.store && openArchivedRows(archive.store, all);
  const days = sumDays(stored, await dropArchived(db, tx, part, keys));
  const rows = days.reduce((sum, [, count]) => sum + count, 0);
  if (rows === 0) return 0;
  const going = { account, log, span, keys, archived };
  const of = { account, stream };
  await storeRemnants(tx, of, [
    ...(await keepCutPages(tx, going, entries)),
    ...(await keepRevisions(tx, going)),
  ]);
  await tx.query(
    `delete from zendesk.revisions where account = $1 and stream = $4 and occurred_at >= $2::timestamptz and occurred_at < $3::timestamptz`,
    [...values, stream],
  );
  const quarantined =
    'stream = $2 and occurred_at >= $3::timestamptz and occurred_at < $4::timestamptz';
  const release = () => releaseQuarantine(tx, account, quarantined, [stream, ...values.slice(1)]);
  const released = await release();
  for (let more = await release(); more.length > 0; more = await release())
    await noteManifest(tx, of, { kind: 'retry', released: more });
  if (isWhole) await uncount(tx, values, log);
  else await deleteRows(tx, log, values);
  // The rollups outlive their rows.
  await tx.query(
    `delete from zendesk_sync.stale_days where account = $1 and stream = $4
       and day >= ($2::timestamptz at time zone 'UTC')::date and day < ($3::timestamptz at time zone 'UTC')::date`,
    [...values, stream],
  );
  await recordRemoval(
    tx,
    { account, what: 'rows', stream, span, rows, days, released },
    { by, reason: policy.text },
  );
  return rows;
}

/** How many rows of a span each day has in the table. */
async function countDays(
  tx: Queryable,
  { table }: LogStream,
  values: readonly unknown[],
): Promise<readonly { readonly day: string; readonly rows: number }[]> {
  return tx.query<{ day: string; rows: number }>(
    `select (${table.time} at time zone 'UTC')::date::text as day, count(*)::float8 as rows
     from ${table.name} where ${within(table.time)} group by 1 order by 1`,
    values,
  );
}

function sumDays(
  stored: readonly { readonly day: string; readonly rows: number }[],
  archived: Readonly<Record<string, number>>,
): readonly (readonly [day: string, rows: number])[] {
  const days = new Map(Object.entries(archived));
  for (const { day, rows } of stored) days.set(day, (days.get(day) ?? 0) + rows);
  return [...days].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Takes the days of a partition that is dropped out of the counts; of those that a partition made by hand cuts its rows. */
async function uncount(
  tx: Queryable,
  values: readonly unknown[],
  { name: stream, table: { name, time } }: LogStream,
): Promise<void> {
  await tx.query(
    `insert into zendesk_sync.stored_rows (account, stream, day, rows)
     select d.account, d.stream, d.day, -case
       when zendesk_sync.start_of(d.day) >= $2::timestamptz and zendesk_sync.start_of(d.day + 1) <= $3::timestamptz then d.rows
       else least(d.rows, (
         select count(*) from ${name} t
         where t.account = $1 and t.${time} >= $2::timestamptz and t.${time} < $3::timestamptz
           and t.${time} >= zendesk_sync.start_of(d.day) and t.${time} < zendesk_sync.start_of(d.day + 1)
       ))
     end
     from zendesk_sync.stored_days d
     where d.account = $1 and d.stream = $4
       and zendesk_sync.start_of(d.day + 1) > $2::timestamptz and zendesk_sync.start_of(d.day) < $3::timestamptz`,
    [...values, stream],
  );
}

/** The triggers subtract the rows from the counts, which is right, and record a loss, which is wrong. */
async function deleteRows(
  tx: Queryable,
  { name: stream, table: { name, time, derived } }: LogStream,
  values: readonly unknown[],
): Promise<void> {
  if (derived !== undefined)
    await tx.query(`delete from ${derived.name} where ${within(derived.key.time)}`, values);
  await tx.query(`delete from ${name} where ${within(time)}`, values);
  await tx.query(
    `delete from zendesk_sync.coverage_losses
     where account = $1 and stream = $2 and code = 'rows_deleted' and noticed_at = now()`,
    [values[0], stream],
  );
}

/** Drops a partition and the partition of the derived table with the same time, found in the catalogue. */
async function dropPartition(
  tx: Queryable,
  { log: { table }, partition }: PlannedRemoval,
): Promise<void> {
  const name = nameHere(table.name);
  const found = await tx.query<{ name: string }>(
    `select other.partition as name
     from zendesk_sync.partitions own
     join zendesk_sync.partitions other
       on other.held_from = own.held_from and other.held_until = own.held_until and other.log_table = any ($3::text[])
     where own.log_table = $1 and own.partition = $2`,
    [name, partition, [name, ...(table.derived ? [nameHere(table.derived.name)] : [])]],
  );
  await tx.query(
    `delete from zendesk_sync.counted_partitions c
     using zendesk_sync.partitions p, zendesk_sync.streams s
     where p.log_table = $1 and p.partition = $2 and s.log_table = $1
       and c.account = s.account and c.stream = s.stream and c.held_from = p.held_from`,
    [name, partition],
  );
  for (const each of found) await tx.query(`drop table ${each.name}`);
}
