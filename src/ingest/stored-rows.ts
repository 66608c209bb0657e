/** How many rows of a log are stored, by day, according to the ledger, for comparison with the tables. */
import type { Database, Queryable } from '../database/client.ts';
import type { StreamKey } from './coverage.ts';
import { countsItself } from './own-counts.ts';
import { dayMs, nameDay } from './stale-days.ts';
import type { WrittenRows } from './rows/written.ts';

/** How many more rows each day, UTC, has than before: days and numbers at the same positions. */
export function countByDay(
  newTimesMs: readonly number[],
  leftTimesMs: readonly number[],
): { readonly days: readonly string[]; readonly rows: readonly number[] } {
  const counts = new Map<number, number>();
  const add = (timeMs: number, rows: number): void => {
    const day = Math.floor(timeMs / dayMs);
    counts.set(day, (counts.get(day) ?? 0) + rows);
  };
  for (const timeMs of newTimesMs) add(timeMs, 1);
  for (const timeMs of leftTimesMs) add(timeMs, -1);
  const changed = [...counts].filter(([, rows]) => rows !== 0);
  return { days: changed.map(([day]) => nameDay(day)), rows: changed.map(([, rows]) => rows) };
}

/** Joins the entries of each day into one. */
export async function joinStoredRows(db: Database, { account, stream }: StreamKey): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(`select ${countsItself}`);
    await tx.query(
      `with taken as (
         delete from zendesk_sync.stored_rows
         where account = $1 and stream = $2 and day in (
           select day from zendesk_sync.stored_rows where account = $1 and stream = $2 group by day having count(*) > 1
         )
         returning day, rows
       )
       insert into zendesk_sync.stored_rows (account, stream, day, rows)
       select $1, $2, day, sum(rows) from taken group by day having sum(rows) <> 0`,
      [account, stream],
    );
  });
}

/** Counts rows that were stored in another way than by a page, within the transaction that stores them. */
export async function countStoredRows(
  tx: Queryable,
  { account, stream }: StreamKey,
  { newTimesMs, leftTimesMs }: WrittenRows,
): Promise<void> {
  const { days, rows } = countByDay(newTimesMs, leftTimesMs);
  await tx.query(
    `insert into zendesk_sync.stored_rows (account, stream, day, rows)
     select $1, $2, day, rows from unnest($3::date[], $4::bigint[]) as stored (day, rows)`,
    [account, stream, days, rows],
  );
}
