/** How every stream stands, what needs a person, and what was found lately. */
import type { Queryable } from '../../../database/client.ts';
import { loadStatus, type StreamStatus } from '../../../ingest/status.ts';
import { listTimes } from '../../../scheduler.ts';
import type { Stream } from '../../../streams/stream.ts';
import type { Asked } from '../../question.ts';
import type { PageService } from '../../service.ts';
import { loadBackfills, type Backfill } from './load-backfills.ts';
import { loadSpending, type Spending } from './load-spending.ts';
import { listTold, listUnsent, type Told } from './needs.ts';
import { describeState, type StateWords } from './state-words.ts';

/** A stream of an account. Moments instead of durations: they stay the same while nothing happens. */
type ShownStream = {
  readonly account: string;
  readonly stream: string;
  readonly title: string;
  /** Read as a whole, such as the people. */
  readonly isListing: boolean;
  readonly state: StateWords;
  readonly coveredFrom: Date | null;
  readonly coveredUntil: Date | null;
  readonly gaps: number;
  readonly gapSeconds: number;
  readonly lostSeconds: number;
  /** When Zendesk deletes the oldest moment that is not stored yet; null: it keeps the log permanently. */
  readonly deletedAt: Date | null;
  /** The newest covered moment. */
  readonly freshAt: Date | null;
  /** When this process looks at it next; null: it does not follow it. */
  readonly nextTick: Date | null;
  readonly rows: number;
  readonly quarantined: number;
  readonly verifiedAt: Date | null;
  readonly deeplyVerifiedAt: Date | null;
  readonly verificationFindings: number;
  readonly lastSuccess: Date | null;
  readonly spending: Spending | null;
  readonly backfill: Backfill | null;
};

/** A finding that nobody has acknowledged. */
type OpenFinding = {
  readonly account: string;
  readonly finding: string;
  readonly at: Date;
  readonly severity: string;
  readonly title: string;
  readonly actorName: string | null;
  readonly summary: string;
};

/** What the overview shows. */
export type Overview = {
  readonly streams: readonly ShownStream[];
  readonly told: readonly Told[];
  /** The newest of each account, the newest first. */
  readonly findings: readonly OpenFinding[];
  /** How many there are of each account. */
  readonly openFindings: Readonly<Record<string, number>>;
};

/** Loads the overview of all accounts. */
export async function loadOverview(
  db: Queryable,
  { service, now }: Pick<Asked, 'service' | 'now'>,
): Promise<Overview> {
  // The time of the transaction, by which the view counts: moments stay the same while nothing happens.
  const [clock] = await db.query<{ now: Date }>('select now() as now');
  const rows = await loadStatus(db, service.streams);
  const spending = await loadSpending(db, service);
  const backfills = await loadBackfills(db, service, rows, now);
  const counts = await db.query<{ account: string; open: number }>(
    `select account, count(*)::float8 as open from zendesk.findings where state = 'open' group by account`,
  );
  return {
    streams: rows.map((row) => {
      const stream = service.streams.find(({ name }) => name === row.stream);
      return {
        ...describeStream(row, stream, clock?.now ?? now),
        nextTick: findNextTick(service, row),
        spending: spending(row.account, stream) ?? null,
        backfill: backfills(row.account, row.stream) ?? null,
      };
    }),
    told: [...(await listUnsent(db)), ...listTold(rows, service.streams, now)],
    findings: await loadOpenFindings(db),
    openFindings: Object.fromEntries(counts.map(({ account, open }) => [account, open])),
  };
}

function describeStream(row: StreamStatus, stream: Stream | undefined, now: Date) {
  const isListing = stream?.kind === 'listing';
  const at = (seconds: number | null): Date | null =>
    seconds === null ? null : new Date(Math.round(now.getTime() / 1000 + seconds) * 1000);
  return {
    account: row.account,
    stream: row.stream,
    title: stream?.title ?? row.stream,
    isListing,
    state: describeState(row, isListing),
    coveredFrom: row.covered_from,
    coveredUntil: row.covered_until,
    gaps: row.gaps,
    gapSeconds: row.gap_seconds,
    lostSeconds: row.lost_seconds,
    deletedAt: at(row.headroom_seconds),
    freshAt: row.lag_seconds === null ? null : at(-row.lag_seconds),
    rows: row.rows,
    quarantined: row.quarantined,
    verifiedAt: row.verified_at,
    deeplyVerifiedAt: row.deeply_verified_at,
    verificationFindings: row.verification_findings,
    lastSuccess: row.last_success,
  };
}

function findNextTick({ accounts }: PageService, { account, stream }: StreamStatus): Date | null {
  const config = accounts.find((each) => each.account === account)?.config;
  const expression = config?.schedules[stream];
  const isPulled = config?.streams.some(({ name }) => name === stream) === true;
  return expression === undefined || !isPulled ? null : listTimes(expression, 'UTC').next();
}

/** So many of each account. */
const listed = 8;

async function loadOpenFindings(db: Queryable): Promise<readonly OpenFinding[]> {
  return db.query<OpenFinding>(
    `select f.account, f.finding, f.created_at as at, f.severity, coalesce(r.title, f.rule) as title,
       f.actor_name as "actorName", f.summary
     from (select distinct account from zendesk_sync.streams) as s
     cross join lateral (
       select * from zendesk.findings o
       where o.account = s.account and o.state = 'open' and o.severity <> 'info'
       order by o.created_at desc, o.finding limit ${listed}
     ) as f
     left join zendesk.finding_rules r on r.rule = f.rule
     order by f.created_at desc, f.finding`,
  );
}
