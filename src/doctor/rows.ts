/** Whether the tables have what the ledger says was stored: counted row by row, within a time limit. */
import { isFrom } from '../errors.ts';
import type { StreamKey } from '../ingest/coverage.ts';
import { explainLoss, type Loss } from '../ingest/loss-words.ts';
import { loadLosses } from '../ingest/losses.ts';
import type { LogStream } from '../streams/stream.ts';
import { problem, skipped, warning, type Check } from './check.ts';
import type { ReadOnlyDatabase } from './diagnosis.ts';
import { countOf } from './figures.ts';

/** The time limit for counting the rows of a log. */
const countingLimitMs = 30_000;

/**
 * Counts the rows of a log, and reports what was removed by hand. Undefined if all stored rows are there, and without
 * readable tables, which other checks report.
 */
export async function checkRows(
  db: ReadOnlyDatabase,
  account: string,
  log: LogStream,
): Promise<Check | undefined> {
  try {
    const key = { account, stream: log.name };
    return judgeRows(log, await loadLosses(db, key), await compareCounts(db, key, log));
  } catch (error) {
    if (isFrom(error, 'database')) return undefined;
    throw error;
  }
}

/** Rows that the ledger counts but the table does not have, and the other way round; the first and the last day of both. */
type Difference = {
  readonly rows: number;
  readonly from: string;
  readonly until: string;
  readonly uncounted: number;
};

/** The meaning of the count. `missing` are rows without a recorded loss; undefined: counting took too long. Pure. */
function judgeRows(
  log: Pick<LogStream, 'title'>,
  losses: readonly Loss[],
  missing: Difference | undefined,
): Check | undefined {
  const name = `${log.title} rows`;
  const told = losses.map((loss) => explainLoss(loss));
  const readAgain = 'Keep "serve" running, or run "sync": it reads again what Zendesk still has.';
  if (missing !== undefined && missing.rows > 0)
    return problem(
      name,
      [
        `${countOf(missing.rows, 'row')} that ${missing.rows === 1 ? 'was' : 'were'} stored ${missing.rows === 1 ? 'is' : 'are'} missing between ${missing.from} and ${missing.until}, and the reason is unknown`,
        ...told,
      ].join('\n'),
      readAgain,
    );
  if (missing !== undefined && missing.uncounted > 0)
    return warning(
      name,
      [
        `the table holds ${countOf(missing.uncounted, 'row')} between ${missing.from} and ${missing.until} that the ledger does not count: somebody has changed its counts, or added rows by hand`,
        ...told,
      ].join('\n'),
      'Keep "serve" running, or run "sync": the rows are counted again.',
    );
  if (losses.some((loss) => loss.rows_found === null))
    return problem(name, told.join('\n'), readAgain);
  if (losses.length > 0)
    return warning(
      name,
      told.join('\n'),
      'Restore them from a backup if you have one. Zendesk no longer has them.',
    );
  return missing === undefined
    ? skipped(name, `counting them took longer than ${countingLimitMs / 1000} seconds`)
    : undefined;
}

async function compareCounts(
  db: ReadOnlyDatabase,
  { account, stream }: StreamKey,
  { table: { name, time } }: LogStream,
): Promise<Difference | undefined> {
  // A missing partition is reported with the losses.
  const rows = await db.queryWithin<Difference>(
    countingLimitMs,
    `with counted as (
       select (${time} at time zone 'UTC')::date as day, count(*) as rows from ${name} where account = $1 group by 1
     ),
     said as (
       select day, sum(rows) as rows from zendesk_sync.stored_rows where account = $1 and stream = $2 group by day
     ),
     differing as (
       select day, coalesce(said.rows, 0) - coalesce(counted.rows, 0) as missing
       from said full join counted using (day)
       where coalesce(said.rows, 0) <> coalesce(counted.rows, 0)
         and not exists (
           select from zendesk_sync.missing_partitions m
           where m.account = $1 and m.stream = $2 and day between m.first_day and m.last_day
         )
     )
     select coalesce(sum(missing) filter (where missing > 0), 0)::float8 as rows,
       coalesce(to_char(min(day), 'YYYY-MM-DD'), '') as from, coalesce(to_char(max(day), 'YYYY-MM-DD'), '') as until,
       coalesce(-sum(missing) filter (where missing < 0), 0)::float8 as uncounted
     from differing`,
    [account, stream],
  );
  return rows?.[0];
}
