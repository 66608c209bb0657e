/** Which days of each log are held: a cell a day, as long as the history is. */
import type { Queryable } from '../../../database/client.ts';
import { listFound } from '../../../ingest/verification-words.ts';
import { fromSeconds } from '../../../span.ts';
import type { Asked } from '../../question.ts';
import { loadHistories, type ToldLog } from './load-histories.ts';
import { loadListings, type Listing } from './load-listings.ts';
import { divide, joinEqual, states, type CellRun, type State } from './states.ts';

/** The days of one log. */
type Calendar = {
  readonly account: string;
  readonly stream: string;
  readonly title: string;
  /** The first day, UTC; null where nothing is known yet. */
  readonly since: Date | null;
  /** One cell a day, equal days together. */
  readonly days: readonly CellRun[];
  /** How many seconds of the whole history have which state. */
  readonly seconds: Readonly<Partial<Record<State, number>>>;
  /** How many gaps reading may close, and how many are lost for good. */
  readonly open: number;
  readonly lost: number;
  /** What verifications found that is not as it was stored, in sentences. */
  readonly found: readonly string[];
};

/** What the view shows. */
export type Calendars = {
  readonly at: Date;
  /** All accounts that can be chosen. */
  readonly accounts: readonly string[];
  readonly calendars: readonly Calendar[];
  /** Streams that are read as a whole, and when that was last done. */
  readonly listings: readonly Listing[];
};

const daySeconds = 86_400;

/** Loads the calendars of an account, or of all. */
export async function loadCalendars(
  db: Queryable,
  { service, now }: Pick<Asked, 'service' | 'now'>,
  account: string | undefined,
): Promise<Calendars> {
  const rows = await db.query<{ account: string }>(
    'select distinct account from zendesk_sync.streams order by account limit 1000',
  );
  const histories = await loadHistories(db, service, { account }, now);
  return {
    at: now,
    accounts: rows.map((row) => row.account),
    calendars: histories.map(describeCalendar),
    listings: await loadListings(db, service, account ?? alone(rows)),
  };
}

function alone(rows: readonly { readonly account: string }[]): string | undefined {
  return rows.length === 1 ? rows[0]?.account : undefined;
}

function describeCalendar({ account, log, history, found }: ToldLog): Calendar {
  const { whole, parts, marks, gaps } = history;
  const until = Math.ceil((whole?.to ?? 0) / daySeconds) * daySeconds;
  const cells =
    whole === undefined
      ? []
      : divide(parts, marks, { from: whole.from, to: until, step: daySeconds });
  const isOfTime = gaps.filter(({ reason }) => reason !== 'rescan_due' && reason !== 'quarantined');
  return {
    account,
    stream: log.name,
    title: log.title,
    since: whole === undefined ? null : fromSeconds(whole.from),
    days: joinEqual(cells),
    seconds: Object.fromEntries(
      states.flatMap((state) => {
        const total = cells.reduce((sum, { seconds }) => sum + (seconds[state] ?? 0), 0);
        return total === 0 ? [] : [[state, total]];
      }),
    ),
    open: isOfTime.filter(({ canClose }) => canClose).length,
    lost: isOfTime.filter(({ canClose }) => !canClose).length,
    found: listFound(found),
  };
}
