/** Requests of the access log as pulling stores them, for tests of their classification. */
import type { AccessRule } from '../../src/classification/access-rule.ts';
import type { Classify } from '../../src/classification/classification.ts';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import type { Database, Queryable } from '../../src/database/client.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { storeRecords } from './stored-records.ts';

/** A path that no built-in rule matches, and a rule that does. */
export const moon = '/api/v2/moon_phases';
export const moonRule: AccessRule = { path: `${moon}/{moon_phase}`, kind: 'view' };

/** What a request was about, by further rules. */
export function classifyBy(...rules: readonly AccessRule[]): Classify {
  return createClassifier([...rules, ...accessRules]);
}

/** A record of the access log. */
export function request(
  id: string,
  timestamp: string,
  url: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { id, timestamp, url, user_id: 5, method: 'GET', status: 200, ...more };
}

/** Stores a page of records of the account `acme`; by default classified with the rules of the program. */
export async function storeRequests(
  db: Database,
  records: readonly object[],
  classify?: Classify,
): Promise<void> {
  await registerStream(db, 'acme', accessLogs);
  await storeRecords(db, accessLogs, records, classify === undefined ? {} : { classify });
}

/** The classification of the requests: `id kind type id`, one line each, in their order. */
export async function saidLines(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ line: string }>(
    `select concat_ws(' ', access_log_id, kind, resource_type, resource_id) as line
     from zendesk.access_log_resources order by timestamp, access_log_id, position`,
  );
  return rows.map(({ line }) => line);
}

/**
 * The physical position of the log's rows and the transactions that wrote them: every update changes it, and nothing else
 * does.
 */
export function sourceRows(db: Queryable): Promise<unknown[]> {
  return db.query(
    'select id, ctid::text, xmin::text, synced_at from zendesk.access_logs order by timestamp, id',
  );
}
