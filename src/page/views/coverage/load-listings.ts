/** When streams were read that are read as a whole, such as the people: they have no time of which something could be missing. */
import type { Queryable } from '../../../database/client.ts';
import type { PageService } from '../../service.ts';

/** A stream that is read as a whole. */
export type Listing = {
  readonly account: string;
  readonly stream: string;
  readonly title: string;
  /** When that was last done. */
  readonly listedAt: Date | null;
  /** The first day with such a reading, UTC; null while there is none, or where it is one of many accounts. */
  readonly since: Date | null;
  /** How often it was read on each day from then on until today. */
  readonly readings: readonly number[];
};

type DayRow = { readonly stream: string; readonly day: Date; readonly readings: number };

const dayMs = 86_400_000;

/** Loads the streams of an account with their days, or those of all accounts without. */
export async function loadListings(
  db: Queryable,
  { streams }: PageService,
  account: string | undefined,
): Promise<readonly Listing[]> {
  const rows = await db.query<Pick<Listing, 'account' | 'stream' | 'listedAt'> & { now: Date }>(
    `select s.account, s.stream, run.started_at as "listedAt", now() as now
     from zendesk_sync.streams s
     left join lateral (
       select r.started_at from zendesk_sync.runs r
       where r.account = s.account and r.stream = s.stream and r.task = 'listing' and r.outcome = 'complete'
       order by r.id desc limit 1
     ) as run on true
     where s.kind = 'listing' and ($1::text is null or s.account = $1)
     order by s.account, s.stream`,
    [account ?? null],
  );
  const days =
    account === undefined
      ? []
      : await db.query<DayRow>(
          `select stream, date_trunc('day', started_at, 'UTC') as day, count(*)::integer as readings
           from zendesk_sync.runs where account = $1 and task = 'listing' and outcome = 'complete'
           group by 1, 2 order by 1, 2`,
          [account],
        );
  return rows.map(({ now, ...row }) => ({
    ...row,
    title: streams.find(({ name }) => name === row.stream)?.title ?? row.stream,
    ...spreadDays(
      days.filter(({ stream }) => stream === row.stream),
      now,
    ),
  }));
}

/** A number for each day. */
function spreadDays(rows: readonly DayRow[], now: Date): Pick<Listing, 'since' | 'readings'> {
  const [first] = rows;
  if (first === undefined) return { since: null, readings: [] };
  const since = first.day.getTime();
  const counts = new Map(rows.map(({ day, readings }) => [day.getTime(), readings]));
  const length = Math.max(1, Math.floor((now.getTime() - since) / dayMs) + 1);
  const readings = Array.from({ length }, (_, place) => counts.get(since + place * dayMs) ?? 0);
  return { since: first.day, readings };
}
