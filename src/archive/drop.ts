/**
 * Drops a partition whose rows are all in the archive, and the partition of what is derived from them: in one transaction
 * with the entries of the sealed log that say so, and with the counts of the ledger. If the program is killed, the
 * rows are where they were, or in the archive.
 */
import { longLimitMs, type Database, type Queryable } from '../database/client.ts';
import { lockPartitions } from '../database/partitions.ts';
import { sqlstates } from '../database/sqlstates.ts';
import { nameHere } from '../database/schema-names.ts';
import { KnownError } from '../errors.ts';
import { holdRecords, lockRecords } from '../evidence/sealed-records.ts';
import type { LogStream } from '../streams/stream.ts';
import { archiveFailure } from './failure.ts';
import { noteLeft, type ArchivedObject } from './ledger.ts';
import type { LogPartition } from './partitions.ts';

/** Pages that are being stored end sooner; a report that takes longer is not made to wait. */
const lockTimeout = '3s';

/** What may have come since the objects were begun. */
type Meanwhile = {
  /** How many removals there were then: `countRemovals`. */
  readonly removals: number;
  /** The names of the holds on the partition, as a transaction sees them. */
  readonly listHeld: (tx: Queryable) => Promise<readonly string[]>;
};

/**
 * Drops it, when it has exactly the rows of the objects.
 *
 * @returns the names of the holds that keep it, which came meanwhile; none when it was dropped
 * @throws {KnownError} `archive_failed` when it has others, or is in use
 */
export async function dropPartition(
  db: Database,
  stream: LogStream,
  partition: LogPartition,
  objects: readonly ArchivedObject[],
  { removals, listHeld }: Meanwhile,
): Promise<readonly string[]> {
  try {
    return await db.transaction(async (tx) => {
      await lockPartitions(tx);
      await tx.query(`set local lock_timeout = '${lockTimeout}'`);
      // From here on nobody writes into it.
      await tx.query(`lock table ${partition.relation} in exclusive mode`);
      await lockRecords(tx, holdRecords);
      const held = await listHeld(tx);
      if (held.length > 0) return held;
      await compareCounts(tx, stream, partition, objects);
      if ((await countRemovals(tx, stream, partition)) !== removals) throw otherRows(partition);
      await tx.query(`select set_config('zendesk_sync.counts_itself', 'on', true)`);
      await takeFromCounts(tx, stream, partition);
      for (const object of objects) await noteLeft(tx, object);
      for (const relation of [partition.relation, ...(await findDerived(tx, stream, partition))]) {
        const parent = relation === partition.relation ? stream.table.name : derivedOf(stream);
        await tx.query(`alter table ${parent} detach partition ${relation}`);
        await tx.query(`drop table ${relation}`);
      }
      return held;
    }, longLimitMs);
  } catch (error) {
    const sqlState = error instanceof KnownError ? error.sqlState : undefined;
    if (sqlState !== sqlstates.lockNotAvailable) throw error;
    throw archiveFailure(
      `The partition ${partition.relation} is in use, and was not dropped`,
      'Its rows are in the archive as well; run the command again',
    );
  }
}

/** The rows of each account: as many on each day as the objects have, and none written again since. */
async function compareCounts(
  tx: Queryable,
  { table: { time } }: LogStream,
  { relation }: LogPartition,
  objects: readonly ArchivedObject[],
): Promise<void> {
  const counted = await tx.query<{ account: string; day: string; rows: number }>(
    `select account, (${time} at time zone 'UTC')::date::text as day, count(*)::float8 as rows
     from ${relation} group by 1, 2`,
  );
  const archived = new Map<string, number>();
  for (const { account, days } of objects)
    for (const [day, rows] of Object.entries(days)) {
      const key = JSON.stringify([account, day]);
      archived.set(key, (archived.get(key) ?? 0) + rows);
    }
  const written = new Map<string, bigint>();
  for (const { account, written: sum } of objects)
    written.set(account, (written.get(account) ?? 0n) + BigInt(sum));
  const sums = await tx.query<{ account: string; written: string }>(
    `select account, sum((extract(epoch from synced_at) * 1000000)::bigint)::text as written from ${relation} group by 1`,
  );
  const isSame =
    counted.length === archived.size &&
    counted.every(
      ({ account, day, rows }) => archived.get(JSON.stringify([account, day])) === rows,
    ) &&
    sums.every((each) => written.get(each.account) === BigInt(each.written));
  if (!isSame) throw otherRows({ relation });
}

function otherRows({ relation }: Pick<LogPartition, 'relation'>): KnownError {
  return archiveFailure(
    `The partition ${relation} has other rows than were archived: some came or lost something meanwhile. It was not dropped`,
    'Run the command again',
  );
}

/** How often something of the time of a partition was erased or removed: neither counts nor moments of rows tell it. */
export async function countRemovals(
  db: Queryable,
  { name }: LogStream,
  { from, until }: LogPartition,
): Promise<number> {
  const [row] = await db.query<{ removals: number }>(
    `select count(*)::integer as removals from zendesk_sync.removals
     where (stream is null or stream = $1)
       and (removed_from is null or removed_from < $3::timestamptz) and (removed_until is null or removed_until > $2::timestamptz)`,
    [name, from, until],
  );
  return row?.removals ?? 0;
}

/** The ledger counts what is in the table. What is in the archive its objects count. */
async function takeFromCounts(
  tx: Queryable,
  { table: { name, time } }: LogStream,
  { relation, from, until }: LogPartition,
): Promise<void> {
  // A day that a partition made by hand cuts has other rows as well.
  await tx.query(
    `insert into zendesk_sync.stored_rows (account, stream, day, rows)
     select d.account, d.stream, d.day, -case
       when zendesk_sync.start_of(d.day) >= $2::timestamptz and zendesk_sync.start_of(d.day + 1) <= $3::timestamptz then d.rows
       else least(d.rows, (
         select count(*) from ${relation} t
         where t.account = d.account and t.${time} >= zendesk_sync.start_of(d.day) and t.${time} < zendesk_sync.start_of(d.day + 1)
       ))
     end
     from zendesk_sync.stored_days d
     join zendesk_sync.streams s using (account, stream)
     where s.log_table = $1 and zendesk_sync.start_of(d.day + 1) > $2::timestamptz and zendesk_sync.start_of(d.day) < $3::timestamptz`,
    [nameHere(name), from, until],
  );
  await tx.query(
    `delete from zendesk_sync.counted_partitions c
     using zendesk_sync.streams s
     where s.account = c.account and s.stream = c.stream and s.log_table = $1 and c.held_from = $2::timestamptz`,
    [nameHere(name), from],
  );
}

function derivedOf({ table: { derived } }: LogStream): string {
  return derived?.name ?? '';
}

async function findDerived(
  tx: Queryable,
  stream: LogStream,
  { from, until }: LogPartition,
): Promise<readonly string[]> {
  const rows = await tx.query<{ relation: string }>(
    `select relation::regclass::text as relation from zendesk_sync.partitions
     where log_table = $1 and held_from = $2::timestamptz and held_until = $3::timestamptz`,
    [nameHere(derivedOf(stream)), from, until],
  );
  return rows.map(({ relation }) => relation);
}
