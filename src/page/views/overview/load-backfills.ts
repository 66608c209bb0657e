/** How fast backfills read at this moment, and when they will have read everything. */
import type { Queryable } from '../../../database/client.ts';
import { examineAccount } from '../../../ingest/account-gaps.ts';
import type { StreamStatus } from '../../../ingest/status.ts';
import { listLogs } from '../../../streams/registry.ts';
import type { PageService } from '../../service.ts';

/** A backfill that reads now. */
export type Backfill = {
  readonly rowsPerSecond: number;
  /** When it ends at this speed, to the minute; null: nothing to tell by. */
  readonly endsAt: Date | null;
  /** The share of the wanted time that is stored, 0 to 1. */
  readonly share: number | null;
};

/** What was read of a log lately. */
type Reading = {
  readonly pages: number;
  readonly rows: number;
  readonly seconds: number;
};

/** Loads the backfills of the streams that have gaps and are being read. */
export async function loadBackfills(
  db: Queryable,
  service: PageService,
  rows: readonly StreamStatus[],
  now: Date,
): Promise<(account: string, stream: string) => Backfill | undefined> {
  const found = new Map<string, Backfill>();
  for (const row of rows) {
    if (row.gaps === 0 || row.state !== 'running') continue;
    const reading = await loadReading(db, row);
    if (reading === undefined) continue;
    const requests = await countRequests(db, service, row);
    found.set(
      JSON.stringify([row.account, row.stream]),
      judgeBackfill(row, reading, requests, now),
    );
  }
  return (account, stream) => found.get(JSON.stringify([account, stream]));
}

/** What the reading of some minutes means for the rest; pure. */
function judgeBackfill(
  {
    covered_from: from,
    covered_until: until,
    gap_seconds: missing,
  }: Pick<StreamStatus, 'covered_from' | 'covered_until' | 'gap_seconds'>,
  { pages, rows, seconds }: Reading,
  requests: number | undefined,
  now: Date,
): Backfill {
  const speed = pages / Math.max(1, seconds);
  const stored =
    from === null || until === null ? undefined : (until.getTime() - from.getTime()) / 1000;
  return {
    rowsPerSecond: Math.round(rows / Math.max(1, seconds)),
    endsAt:
      requests === undefined || speed === 0
        ? null
        : new Date(Math.ceil((now.getTime() + (requests / speed) * 1000) / 60_000) * 60_000),
    share: stored === undefined ? null : stored / (stored + missing),
  };
}

/** Those of the last two minutes. */
async function loadReading(
  db: Queryable,
  { account, stream }: StreamStatus,
): Promise<Reading | undefined> {
  const [row] = await db.query<Reading>(
    `select coalesce(sum(pages), 0)::float8 as pages, coalesce(sum(rows_seen), 0)::float8 as rows,
       extract(epoch from now() - min(started_at))::float8 as seconds
     from (
       select pages, rows_seen, started_at from zendesk_sync.fetches
       where account = $1 and stream = $2 order by id desc limit 100
     ) as newest
     join lateral (
       select started_at as since from zendesk_sync.runs
       where account = $1 and stream = $2 and task = 'backfill' and ended_at is null order by id desc limit 1
     ) as run on newest.started_at >= greatest(run.since, now() - interval '2 minutes')
     having count(*) > 0`,
    [account, stream],
  );
  return row;
}

async function countRequests(
  db: Queryable,
  { accounts, streams }: PageService,
  { account, stream }: StreamStatus,
): Promise<number | undefined> {
  const config = accounts.find((each) => each.account === account)?.config;
  const log = listLogs(streams).find(({ name }) => name === stream);
  if (config === undefined || log === undefined) return undefined;
  const { costs } = await examineAccount(db, account, [log], config);
  return costs[0]?.requests;
}
