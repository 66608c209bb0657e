/** Visits of a time range, or of its newest part, where looking through all of it takes longer than anybody waits. */
import type { Queryable } from '../../../database/client.ts';
import { sqlstates } from '../../../database/sqlstates.ts';
import { foreignCodeOf } from '../../../errors.ts';
import type { ReportSpan } from '../../../reports/shared/report.ts';
import { accessLogs } from '../../../streams/access-logs.ts';

/** How long each statement about the whole time range may take. */
const usualWholeMs = 6000;
/** So many requests can be looked through in a few seconds, whatever is asked. */
const mostRequests = 200_000;

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/**
 * What `load` finds in the whole span, or else in its newest part: `askedFrom` is where the whole begins, null if it is whole.
 *
 * @param db a transaction
 */
export async function loadWholeOrPart<Found>(
  db: Queryable,
  account: string,
  span: ReportSpan,
  load: (span: ReportSpan) => Promise<Found>,
  wholeMs = usualWholeMs,
): Promise<Found & { readonly askedFrom: Date | null }> {
  await db.query(`savepoint whole; set local statement_timeout = ${wholeMs}`);
  try {
    return { ...(await load(span)), askedFrom: null };
  } catch (error) {
    if (foreignCodeOf(error) !== sqlstates.queryCanceled) throw error;
    // It brings back the usual limit, too.
    await db.query('rollback to savepoint whole');
    const part = chooseNewest(span, await countRequests(db, account, span));
    // With few requests it was the machine that was slow.
    if (part === undefined) return { ...(await load(span)), askedFrom: null };
    return { ...(await load(part)), askedFrom: span.from };
  }
}

/** The requests of a day, UTC. */
type DayCount = { readonly day: Date; readonly rows: number };

/** As many of the newest whole days as have few enough requests, or the last hours of one that has too many; pure. */
export function chooseNewest(
  { from, to }: ReportSpan,
  newestFirst: readonly DayCount[],
): ReportSpan | undefined {
  let left = mostRequests;
  let start = to.getTime();
  for (const { day, rows } of newestFirst) {
    const beginMs = Math.max(day.getTime(), from.getTime());
    if (rows > left) {
      if (start === to.getTime()) start = findHour(to, beginMs, day.getTime(), rows);
      break;
    }
    left -= rows;
    start = beginMs;
  }
  return start > from.getTime() && start < to.getTime() ? { from: new Date(start), to } : undefined;
}

/** A day has its requests spread evenly, for all that is known. */
function findHour(to: Date, beginMs: number, dayStartMs: number, rows: number): number {
  const lengthMs = Math.max(hourMs, Math.floor(((mostRequests / rows) * dayMs) / hourMs) * hourMs);
  const endMs = Math.min(to.getTime(), dayStartMs + dayMs);
  return Math.max(beginMs, endMs - lengthMs);
}

async function countRequests(
  db: Queryable,
  account: string,
  { from, to }: ReportSpan,
): Promise<readonly DayCount[]> {
  return db.query<DayCount>(
    `select r.day::timestamp at time zone 'UTC' as day, sum(r.rows)::float8 as rows
     from zendesk_sync.stored_rows r
     where r.account = $1 and r.stream = $2 and r.day >= ($3::timestamptz at time zone 'UTC')::date
       and r.day <= ($4::timestamptz at time zone 'UTC')::date
     group by 1 having sum(r.rows) > 0 order by 1 desc`,
    [account, accessLogs.name, from, to],
  );
}
