/** Whether the derived rows of a log are there, compared with the counts of the rollups, within a time limit. */
import { isFrom } from '../errors.ts';
import type { LogStream } from '../streams/stream.ts';
import { problem, skipped, type Check } from './check.ts';
import type { ReadOnlyDatabase } from './diagnosis.ts';
import { countOf } from './figures.ts';

/** The time limit for counting. */
const countingLimitMs = 30_000;

type Missing = { readonly rows: number; readonly from: string; readonly until: string };

/**
 * Counts the rows of a log that have derived rows. Undefined if the number agrees with the rollups, if nothing is derived,
 * and without readable tables, which other checks report.
 */
export async function checkDerivedRows(
  db: ReadOnlyDatabase,
  account: string,
  log: LogStream,
): Promise<Check | undefined> {
  try {
    return judgeDerivedRows(log, await countMissing(db, account, log));
  } catch (error) {
    if (isFrom(error, 'database')) return undefined;
    throw error;
  }
}

/** The meaning of the count; undefined: it took too long. Pure. */
function judgeDerivedRows(
  { title, table }: Pick<LogStream, 'title' | 'table'>,
  missing: Missing | undefined,
): Check | undefined {
  const name = `${title} resources`;
  if (missing === undefined)
    return skipped(name, `counting them took longer than ${countingLimitMs / 1000} seconds`);
  const { rows, from, until } = missing;
  if (rows === 0) return undefined;
  return problem(
    name,
    `what ${countOf(rows, 'stored request')} between ${from} and ${until} ${rows === 1 ? 'was' : 'were'} about is missing: rows were removed from ${table.derived?.name ?? title}`,
    'Create them again from the stored requests:\nzendesk-log-sync classify --apply --again',
  );
}

async function countMissing(
  db: ReadOnlyDatabase,
  account: string,
  { name, table: { derived } }: LogStream,
): Promise<Missing | undefined> {
  if (derived === undefined) return { rows: 0, from: '', until: '' };
  const [number] = derived.columns;
  // The rollups say nothing about days whose rows are lost or must be counted again.
  const rows = await db.queryWithin<Missing>(
    countingLimitMs,
    `with said as (${derived.rolledUp}),
     counted as (
       select (${derived.key.time} at time zone 'UTC')::date as day, count(*) as rows
       from ${derived.name} where account = $1 and ${number} = 0 group by 1
     )
     select coalesce(sum(said.rows - coalesce(counted.rows, 0)), 0)::float8 as rows,
       coalesce(to_char(min(day), 'YYYY-MM-DD'), '') as from, coalesce(to_char(max(day), 'YYYY-MM-DD'), '') as until
     from said left join counted using (day)
     where said.rows > coalesce(counted.rows, 0)
       and not exists (
         select from zendesk_sync.stale_days s where s.account = $1 and s.stream = $2 and s.day = said.day
       )
       and not exists (
         select from zendesk_sync.losses l
         where l.account = $1 and l.stream = $2
           and said.day between (l.lost_from at time zone 'UTC')::date and (l.rows_until at time zone 'UTC')::date
       )`,
    [account, name],
  );
  return rows?.[0];
}
