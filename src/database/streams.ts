import type { ErrorCode } from '../errors.ts';
import { fromSeconds } from '../span.ts';
import type { Queryable } from './client.ts';
import type { StreamKey } from './coverage.ts';

/** What is known of a stream besides its coverage. Times in whole seconds. */
export type StreamState = {
  /** The oldest wanted instant; undefined until known, and where the retention decides. */
  readonly horizon: number | undefined;
  /** Start of the first live span; undefined before the first run. */
  readonly followedFrom: number | undefined;
  readonly unavailableSince: Date | undefined;
};

type StreamRow = {
  horizon: number | null;
  followed_from: number | null;
  unavailable_since: Date | null;
};

/** Makes a stream known to the ledger and its status view; does nothing if it is. */
export async function registerStream(
  db: Queryable,
  { account, stream }: StreamKey,
  retentionDays: number | undefined,
): Promise<void> {
  await db.query(
    `insert into zendesk_sync.streams (account, stream, retention_days) values ($1, $2, $3) on conflict do nothing`,
    [account, stream, retentionDays ?? null],
  );
}

/** Loads what is known of a stream. */
export async function loadStream(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<StreamState> {
  const [row] = await db.query<StreamRow>(
    `select extract(epoch from horizon)::float8 as horizon, extract(epoch from followed_from)::float8 as followed_from,
       unavailable_since
     from zendesk_sync.streams where account = $1 and stream = $2`,
    [account, stream],
  );
  return {
    horizon: row?.horizon ?? undefined,
    followedFrom: row?.followed_from ?? undefined,
    unavailableSince: row?.unavailable_since ?? undefined,
  };
}

/** Keeps the oldest wanted instant of a stream. */
export async function storeHorizon(
  db: Queryable,
  { account, stream }: StreamKey,
  horizon: number,
): Promise<void> {
  await db.query(
    `update zendesk_sync.streams set horizon = $3 where account = $1 and stream = $2`,
    [account, stream, fromSeconds(horizon)],
  );
}

/** Keeps since when a stream is followed; the first answer stays. */
export async function storeFollowedFrom(
  db: Queryable,
  { account, stream }: StreamKey,
  followedFrom: number,
): Promise<void> {
  await db.query(
    `update zendesk_sync.streams set followed_from = coalesce(followed_from, $3) where account = $1 and stream = $2`,
    [account, stream, fromSeconds(followedFrom)],
  );
}

/** Marks a stream as refused by Zendesk, with the code and the sentence that says what to do; the first moment stays. */
export async function markUnavailable(
  db: Queryable,
  { account, stream }: StreamKey,
  code: ErrorCode,
  reason: string,
): Promise<void> {
  await db.query(
    `update zendesk_sync.streams
     set unavailable_since = coalesce(unavailable_since, now()), unavailable_code = $3, unavailable_reason = $4
     where account = $1 and stream = $2`,
    [account, stream, code, reason],
  );
}

/** Marks a stream as answering again; says whether it did not before. */
export async function markAvailable(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<boolean> {
  const rows = await db.query(
    `update zendesk_sync.streams
     set unavailable_since = null, unavailable_code = null, unavailable_reason = null
     where account = $1 and stream = $2 and unavailable_since is not null
     returning 1`,
    [account, stream],
  );
  return rows.length > 0;
}
