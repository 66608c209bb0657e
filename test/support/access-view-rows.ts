/** Requests of the access log, and the results of its views and rules. */
import type { Database } from '../../src/database/client.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { request, storeRequests } from './access-requests.ts';
import { withLedger } from './ledger.ts';

/** A record of the access log. */
export type AccessRow = Readonly<Record<string, unknown>> & { readonly timestamp: string };

/** A request of 2026, such as `at('11-18T12:00:00')`, a Wednesday at noon; the other fields have usual values. */
export function at(moment: string, more: Readonly<Record<string, unknown>> = {}): AccessRow {
  return { timestamp: `2026-${moment}Z`, ...more };
}

/** User 5, in a browser in the office, opens ticket 1. */
const usual = {
  url: '/api/v2/tickets/1',
  ip_address: '203.0.113.9',
  client: 'Mozilla/5.0 Firefox/145.0',
  authorization_type: 'session',
};

/** A request of this program to Zendesk, in the name of the user whose token it has. */
export const own = { client: 'zendesk-log-sync/1.0.0' };

/** Marks a user as a program. */
export const isProgram = (user: number): string =>
  `insert into zendesk.service_accounts (account, user_id) values ('acme', ${user})`;

/** Stores requests; their ids count up from 1 in the order given. */
export async function storeAccessRows(db: Database, rows: readonly AccessRow[]): Promise<void> {
  await storeRequests(
    db,
    rows.map((row, index) =>
      request(String(index + 1).padStart(6, '0'), row.timestamp, usual.url, { ...usual, ...row }),
    ),
  );
}

/** A finding, in the form for tests: number of the request, and its summary. */
export type AccessFinding = [number, string];

/** The findings of a rule, in the order of the requests. */
export async function loadAccessFindings(db: Database, rule: string): Promise<AccessFinding[]> {
  const found = await db.query<{ id: number; summary: string }>(
    `select access_log_id::integer as id, summary from zendesk_sync.found_in_access_logs
     where account = 'acme' and rule = $1 order by 1, 2`,
    [rule],
  );
  return found.map(({ id, summary }) => [id, summary]);
}

/** Stores the requests, makes the rollups, runs the statements and returns what the rule finds. */
export async function findAccesses(
  rule: string,
  rows: readonly AccessRow[],
  statements: readonly string[] = [],
): Promise<AccessFinding[]> {
  return withLedger(async (db) => {
    await storeAccessRows(db, rows);
    await refreshRollups(db, 'acme', [accessLogs]);
    for (const statement of statements) await db.query(statement);
    return loadAccessFindings(db, rule);
  });
}

/** How Postgres would run a query when a scan of a whole table costs much, as it does when there are many rows. */
export async function explainQuery(db: Database, query: string): Promise<string> {
  return db.transaction(async (tx) => {
    await tx.query('set local enable_seqscan = off');
    const lines = await tx.query<{ 'QUERY PLAN': string }>(`explain ${query}`);
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  });
}

/** What of its plan Postgres really did to answer a query: a look-up by a key prunes partitions only when it runs. */
export async function traceQuery(db: Database, query: string): Promise<string> {
  return db.transaction(async (tx) => {
    await tx.query('set local enable_seqscan = off');
    const lines = await tx.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, costs off, timing off, summary off) ${query}`,
    );
    const done = lines.filter((line) => !line['QUERY PLAN'].includes('(never executed)'));
    return done.map((line) => line['QUERY PLAN']).join('\n');
  });
}

/** The partitions of the access log that a plan names, without the indexes. */
export function listPartitions(plan: string): string[] {
  const named = plan.match(/\baccess_log(?:s|_resources)_\d{4}_\d\d\b(?!_)/g);
  return [...new Set(named)].toSorted((a, b) => a.localeCompare(b));
}
