/** The partitions of a log that are old enough for the archive, as the catalogue has them: by their bounds, not by their names. */
import { listAccountsWithRows } from '../database/accounts-with-rows.ts';
import type { Queryable } from '../database/client.ts';
import { nameHere } from '../database/schema-names.ts';
import type { LogTable } from '../streams/stream.ts';

/** A partition of a log's table. */
export type LogPartition = {
  /** Its name, as it can be written into a statement. */
  readonly relation: string;
  /** First instant, and first instant after, as Postgres writes them. */
  readonly from: string;
  readonly until: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

/** The partitions whose rows are all older than a moment, oldest first. */
export async function listOldPartitions(
  db: Queryable,
  { name }: Pick<LogTable, 'name'>,
  before: Date,
): Promise<readonly LogPartition[]> {
  return db.query<LogPartition>(
    `select p.relation::regclass::text as relation, p.held_from::text as from, p.held_until::text as until,
       extract(epoch from p.held_from)::float8 * 1000 as "fromMs", extract(epoch from p.held_until)::float8 * 1000 as "untilMs"
     from zendesk_sync.partitions p
     where p.log_table = $1 and isfinite(p.held_from) and isfinite(p.held_until) and p.held_until <= $2
     order by p.held_from`,
    [nameHere(name), before],
  );
}

/** The accounts that have rows in a partition. */
export async function listAccounts(
  db: Queryable,
  { relation }: LogPartition,
): Promise<readonly string[]> {
  return listAccountsWithRows(db, relation);
}

/** How many rows a partition has. */
export async function countRows(db: Queryable, { relation }: LogPartition): Promise<number> {
  const [row] = await db.query<{ rows: number }>(
    `select count(*)::float8 as rows from ${relation}`,
  );
  return row?.rows ?? 0;
}
