/**
 * Daily rollups. A page marks the days of its new and changed rows as stale (`stale-days.ts`); `refreshRollups` recomputes
 * stale days from the rows themselves, so that late rows, rescans and new rules need no special handling.
 */
import { longLimitMs, type Database } from '../database/client.ts';
import { ensureStatistics } from '../database/statistics.ts';
import type { LogStream } from '../streams/stream.ts';

type StaleDay = { readonly stream: string; readonly day: string; readonly rows: number };

/** Days that are recomputed at once: neighbours, of one log. */
type Days = { readonly stream: string; readonly days: readonly string[]; readonly rows: number };

/** Planning the statements costs as much as thousands of rows, and naming the day of each row costs something as well. */
const mostRowsTogether = 20_000;

/**
 * Recomputes the rollups of all stale days of an account, some neighbouring days a transaction. An abort ends it in between.
 *
 * @param report called before each of these, and after the last, with the number of finished days and the total
 * @returns how many days were recomputed
 */
export async function refreshRollups(
  db: Database,
  account: string,
  logs: readonly Pick<LogStream, 'name' | 'rollups' | 'table'>[],
  signal?: AbortSignal,
  report: (done: number, total: number) => void = () => {},
): Promise<number> {
  const stale = await db.query<StaleDay>(
    `select m.stream, m.day::text, coalesce(d.rows, 0)::float8 as rows
     from zendesk_sync.stale_days m
     left join zendesk_sync.stored_days d on d.account = m.account and d.stream = m.stream and d.day = m.day
     where m.account = $1 and m.stream = any ($2::text[]) order by m.stream, m.day`,
    [account, logs.map(({ name }) => name)],
  );
  if (stale.length > 0)
    for (const { table } of logs)
      for (const { name } of [table, ...(table.derived === undefined ? [] : [table.derived])])
        await ensureStatistics(db, name);
  const statements = new Map(logs.map(({ name, rollups }) => [name, rollups]));
  let done = 0;
  for (const { stream, days } of joinDays(stale)) {
    signal?.throwIfAborted();
    report(done, stale.length);
    await refreshDays(db, account, stream, days, statements.get(stream) ?? []);
    done += days.length;
  }
  if (done > 0) report(done, stale.length);
  return stale.length;
}

async function refreshDays(
  db: Database,
  account: string,
  stream: string,
  days: readonly string[],
  statements: readonly string[],
): Promise<void> {
  await db.transaction(async (tx) => {
    const taken = await tx.query<{ day: string; archived: boolean }>(
      `with taken as (
         delete from zendesk_sync.stale_days where account = $1 and stream = $2 and day = any ($3::date[]) returning day
       )
       select day::text, zendesk_sync.archived_spans($1, $2) @> zendesk_sync.start_of(day) as archived from taken`,
      [account, stream, days],
    );
    // The rows of others are in the archive, and their sums stay; or another process has recomputed them meanwhile.
    const wanted = taken.filter(({ archived }) => !archived).map(({ day }) => ({ stream, day }));
    // See `bringRollup`.
    if (wanted.length > 0) await tx.query('set local enable_nestloop = off');
    const sorted = wanted.toSorted((a, b) => (a.day < b.day ? -1 : 1));
    for (const { days: joined } of joinDays(sorted.map((each) => ({ ...each, rows: 0 }))))
      for (const statement of statements)
        await tx.query(statement, [account, joined[0], joined.at(-1)]);
  }, longLimitMs);
}

/** Days that follow each other, in the order of logs and days, as long as they have few rows. Pure. */
function joinDays(stale: readonly StaleDay[]): readonly Days[] {
  const joined: Days[] = [];
  for (const { stream, day, rows } of stale) {
    const last = joined.at(-1);
    const sum = (last?.rows ?? 0) + rows;
    if (last?.stream === stream && follows(day, last.days.at(-1)) && sum <= mostRowsTogether)
      joined[joined.length - 1] = { stream, days: [...last.days, day], rows: sum };
    else joined.push({ stream, days: [day], rows });
  }
  return joined;
}

function follows(day: string, before: string | undefined): boolean {
  return before !== undefined && Date.parse(day) - Date.parse(before) === 86_400_000;
}
