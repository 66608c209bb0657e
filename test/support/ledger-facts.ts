import assert from 'node:assert/strict';
import type { Database } from '../../src/database/client.ts';
import { loadStatus, type StreamStatus } from '../../src/ingest/status.ts';
import { streams } from '../../src/streams/registry.ts';
import { account, assertTrue, type Installation } from './installation.ts';

/** A row of `zendesk_sync.fetches`, in the form for tests. */
export type FetchFact = {
  readonly fetch: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly pageSize: number;
  readonly cursor: string | null;
  readonly askedAt: number | null;
  readonly pages: number;
  readonly seen: number;
  readonly new: number;
  readonly changed: number;
  readonly late: number;
  readonly restarted: boolean;
  readonly outcome: string | null;
  readonly error: string | null;
};

/** All fetches of a log in the order in which they were opened. */
export async function listFetches(db: Database, stream: string): Promise<FetchFact[]> {
  return db.query<FetchFact>(
    `select id::text as fetch, kind, extract(epoch from span_from)::float8 as from,
       extract(epoch from span_until)::float8 as to, page_size as "pageSize", cursor,
       extract(epoch from asked_at)::float8 as "askedAt", pages, rows_seen::float8 as seen, rows_new::float8 as new,
       rows_changed::float8 as changed, rows_late::float8 as late, restarted, outcome, error
     from zendesk_sync.fetches where account = $1 and stream = $2 order by id`,
    [account, stream],
  );
}

/** The status of one stream, as the view shows it. */
export async function statusOf(db: Database, stream: string): Promise<StreamStatus> {
  const found = (await loadStatus(db, streams, account)).find((status) => status.stream === stream);
  assert.ok(found !== undefined, `no status of ${stream}`);
  return found;
}

/**
 * Fails unless a log is stored completely and the ledger says so: one covered span from the horizon on, no gap, no fetch
 * without an end, and as many new rows counted as there are in the table.
 */
export async function assertComplete(
  installation: Installation,
  stream: 'audit_logs' | 'access_logs',
): Promise<void> {
  const { db } = installation;
  const coverage = await assertTrue(installation, stream);
  assert.equal(coverage.length, 1, `${stream} is covered without a gap`);
  const { state, gaps, gap_seconds, covered_from, covered_until } = await statusOf(db, stream);
  assert.deepEqual({ state, gaps, gap_seconds }, { state: 'ok', gaps: 0, gap_seconds: 0 });
  assert.deepEqual(
    [covered_from, covered_until].map((moment) => (moment?.getTime() ?? 0) / 1000),
    [coverage[0]?.from, coverage[0]?.to],
  );
  const fetches = await listFetches(db, stream);
  assert.ok(
    fetches.every(({ outcome }) => outcome !== null),
    'every fetch has ended',
  );
  const [stored] = await db.query<{ rows: number }>(
    `select count(*)::integer as rows from zendesk.${stream} where account = $1`,
    [account],
  );
  assert.equal(
    fetches.reduce((sum, fetch) => sum + fetch.new, 0),
    stored?.rows,
    'the ledger counts every row once',
  );
}
