/** The access log as the engine stores it: classified, into both tables, for tests of reports. */
import type { Database } from '../../src/database/client.ts';
import { addCoverage } from '../../src/ingest/coverage.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { toSeconds } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { account as usualAccount } from './report-data.ts';
import { storeRecords } from './stored-records.ts';

/** A request; the other fields have usual values: agent 7 from the office, answered with 200. */
export type AccessRecord = {
  timestamp: string;
  url: string;
  user_id?: number | null;
  status?: number | null;
  method?: string;
  ip_address?: string | null;
  client?: string;
  graphql?: Record<string, unknown>;
};

/** Stores requests; their ids count up in the order given. Once for each account. */
export async function storeAccesses(
  db: Database,
  records: readonly AccessRecord[],
  account = usualAccount,
): Promise<void> {
  const usual = records.map((record, index) => ({
    id: `01TEST${String(index).padStart(20, '0')}`,
    user_id: 7,
    status: 200,
    method: 'GET',
    ip_address: '203.0.113.9',
    client: 'Mozilla/5.0',
    ...record,
  }));
  await storeRecords(db, accessLogs, usual, { account });
}

/** Registers the access log and marks a span of it as stored completely. */
export async function coverAccesses(db: Database, from: string, until: string): Promise<void> {
  const key = { account: usualAccount, stream: 'access_logs' };
  await registerStream(db, usualAccount, accessLogs);
  await addCoverage(db, key, { from: toSeconds(new Date(from)), to: toSeconds(new Date(until)) });
}

/** Stores that a person had this name and role from a moment on, until another one or permanently. */
export async function storeState(
  db: Database,
  state: { id: number; name: string | null; role: string; from: string; to?: string },
): Promise<void> {
  await db.query(
    `insert into zendesk.user_history (account, id, valid_from, valid_to, name, role, team_member)
     values ($1, $2, $3, $4, $5, $6, $6 <> 'end-user')`,
    [usualAccount, state.id, state.from, state.to ?? null, state.name, state.role],
  );
}

/** The last lines of a report about a span of the access log, before its notes. */
export const accessLimits = [
  'Limit: Zendesk records what admins and agents do, not what end users do.',
  'Limit: Zendesk recorded nothing before the Access Log API was switched on, and nothing in Explore and Sell. It loses what was recorded before an account moved to another pod.',
  'Limit: For a list, a search or an export, Zendesk does not record which records were shown.',
  'Limit: A request names tickets by their ids; who requested a ticket is not in the log.',
  'Limit: What a GraphQL request was about is known only where a rule knows its operation.',
];

/** How reports explain the column "Outcome". */
export const outcomeNote =
  'Note: The outcome "ok" means shown or done; "denied" (401, 403, 404) and "failed" (any other error) mean not.';
