/** Days whose rollups have to be made again: pages mark those of their new and changed rows. */
import type { Statement } from '../database/batch.ts';
import type { Transaction } from '../database/client.ts';
import type { LogRow, LogStream } from '../streams/stream.ts';
import type { WrittenRows } from './rows/written.ts';

export const dayMs = 86_400_000;

/** A day, from its number since 1970, in a form for Postgres. */
export function nameDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/**
 * What makes days stale after rows were written: the rows, and the previous times of moved rows; nothing if all were equal.
 */
export function listStale(
  rows: readonly Pick<LogRow, 'timeMs'>[],
  { counts, leftTimesMs, droppedTimesMs }: WrittenRows,
): readonly Pick<LogRow, 'timeMs'>[] {
  const gone = [...leftTimesMs, ...droppedTimesMs].map((timeMs) => ({ timeMs }));
  if (gone.length > 0) return [...rows, ...gone];
  return counts.new + counts.changed > 0 ? rows : [];
}

/** The log whose days are marked. */
type MarkedLog = Pick<LogStream, 'name' | 'rollups' | 'findings'>;

/**
 * Marks the days of the rows, within the transaction that stores them. The lock keeps a refresh at the same time from
 * removing the mark before the rows are visible.
 */
export async function markStaleDays(
  tx: Transaction,
  account: string,
  log: MarkedLog,
  rows: readonly Pick<LogRow, 'timeMs'>[],
): Promise<void> {
  if (log.rollups.length === 0 || rows.length === 0) return;
  const values = valuesOf(account, log, rows);
  let [answer] = await tx.query<{ held: boolean }>(`${leaveSpans}, ${mark} select ${held}`, values);
  // Fewer if another page sets a mark at this moment, or a refresh removes one: then it can be set again.
  while (answer?.held !== true)
    [answer] = await tx.query(`with ${mark} select ${held}`, values.slice(0, 3));
}

/** The same as a statement that fails with SQLSTATE 22012 where another one would have to follow; undefined for nothing to do. */
export function markAtOnce(
  account: string,
  log: MarkedLog,
  rows: readonly Pick<LogRow, 'timeMs'>[],
): Statement | undefined {
  if (log.rollups.length === 0 || rows.length === 0) return undefined;
  const text = `${leaveSpans}, ${mark} select 1 / held::integer from (select ${held}) as marks`;
  return { text, values: valuesOf(account, log, rows) };
}

function valuesOf(
  account: string,
  { name, findings }: MarkedLog,
  rows: readonly Pick<LogRow, 'timeMs'>[],
): readonly unknown[] {
  const days = new Map<number, { firstMs: number; lastMs: number }>();
  for (const { timeMs } of rows) {
    const number = Math.floor(timeMs / dayMs);
    const day = days.get(number);
    if (day === undefined) days.set(number, { firstMs: timeMs, lastMs: timeMs });
    else if (timeMs < day.firstMs) day.firstMs = timeMs;
    else if (timeMs > day.lastMs) day.lastMs = timeMs;
  }
  const spans = findings === undefined ? [] : [...days.values()];
  return [
    account,
    name,
    [...days.keys()].map(nameDay),
    spans.map(({ firstMs }) => firstMs),
    // Times are whole milliseconds here, and may have more digits in the database.
    spans.map(({ lastMs }) => lastMs + 1),
  ];
}

/** Marks days, and holds the marks that are there. */
const mark = `marked as (
    insert into zendesk_sync.stale_days (account, stream, day)
    select $1, $2, unnest($3::date[])
    order by 3
    on conflict do nothing
    returning 1
  ),
  kept as materialized (
    select 1 from zendesk_sync.stale_days
    where account = $1 and stream = $2 and day = any ($3::date[])
    order by day
    for key share
  )`;
const held =
  '(select count(*) from marked) + (select count(*) from kept) = cardinality($3::date[]) as held';

/** For the rules (`findings/marks.ts`), in the same round trip: the times of the first and the last row of each day. */
const leaveSpans = `with left_for_rules as (
    insert into zendesk_sync.unexamined (account, stream, from_at, until_at)
    select $1, $2, to_timestamp(s.first_ms / 1000), to_timestamp(s.last_ms / 1000)
    from unnest($4::float8[], $5::float8[]) as s (first_ms, last_ms)
  )`;
