/**
 * Daily rollups. A page marks the days of its new and changed rows as stale; `refreshRollups` recomputes a stale day from
 * the rows themselves, so that late rows, rescans and new rules need no care of their own.
 */
import { longLimitMs, type Database, type Transaction } from '../database/client.ts';
import type { LogRow, LogStream } from '../streams/stream.ts';
import type { WrittenRows } from './rows/written.ts';

export const dayMs = 86_400_000;

/** A day, by its number since 1970, as Postgres takes it. */
export function nameDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** What makes days stale after rows were written: the rows, and the times at which rows stood; nothing where all were equal. */
export function listStale(
  rows: readonly Pick<LogRow, 'timeMs'>[],
  { counts, leftTimesMs, droppedTimesMs }: WrittenRows,
): readonly Pick<LogRow, 'timeMs'>[] {
  const gone = [...leftTimesMs, ...droppedTimesMs].map((timeMs) => ({ timeMs }));
  if (gone.length > 0) return [...rows, ...gone];
  return counts.new + counts.changed > 0 ? rows : [];
}

/**
 * Marks the days of the rows, within the transaction that stores them. The lock keeps a refresh that runs meanwhile from
 * taking the mark before the rows can be seen.
 */
export async function markStaleDays(
  tx: Transaction,
  account: string,
  { name, rollups }: Pick<LogStream, 'name' | 'rollups'>,
  rows: readonly Pick<LogRow, 'timeMs'>[],
): Promise<void> {
  if (rollups.length === 0 || rows.length === 0) return;
  const days = new Set<number>();
  for (const { timeMs } of rows) days.add(Math.floor(timeMs / dayMs));
  const values = [account, name, [...days].map(nameDay)];
  for (;;) {
    const [answer] = await tx.query<{ held: number }>(hold, values);
    // Fewer when a refresh takes a mark at this moment: then it can be set again.
    if (answer?.held === days.size) return;
    await tx.query(mark, values);
  }
}

const hold = `select count(*)::integer as held from (
    select 1 from zendesk_sync.stale_days
    where account = $1 and stream = $2 and day = any ($3::date[])
    order by day
    for key share
  ) as marks`;

const mark = `insert into zendesk_sync.stale_days (account, stream, day)
  select $1, $2, unnest($3::date[])
  order by 3
  on conflict do nothing`;

/**
 * Recomputes the rollups of all stale days of an account, one transaction a day. An abort ends it between two days.
 *
 * @param report called before each day with how many are done, of how many
 * @returns how many days were recomputed
 */
export async function refreshRollups(
  db: Database,
  account: string,
  logs: readonly Pick<LogStream, 'name' | 'rollups'>[],
  signal?: AbortSignal,
  report: (done: number, total: number) => void = () => {},
): Promise<number> {
  const stale = await db.query<{ stream: string; day: string }>(
    `select stream, day::text from zendesk_sync.stale_days
     where account = $1 and stream = any ($2::text[]) order by day, stream`,
    [account, logs.map(({ name }) => name)],
  );
  const statements = new Map(logs.map(({ name, rollups }) => [name, rollups]));
  for (const [done, { stream, day }] of stale.entries()) {
    signal?.throwIfAborted();
    report(done, stale.length);
    await db.transaction(async (tx) => {
      const taken = await tx.query(
        `delete from zendesk_sync.stale_days where account = $1 and stream = $2 and day = $3::date returning 1`,
        [account, stream, day],
      );
      // Another process has recomputed it meanwhile.
      if (taken.length === 0) return;
      for (const statement of statements.get(stream) ?? [])
        await tx.query(statement, [account, day]);
    }, longLimitMs);
  }
  return stale.length;
}
