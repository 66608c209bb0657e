/** Requests of the access log as pulling stores them, for tests of what is said of them. */
import type { AccessRule } from '../../src/classification/access-rule.ts';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import type { Database, Queryable } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { markStaleDays } from '../../src/database/rollups.ts';
import { registerStream } from '../../src/database/streams.ts';
import { accessLogs, createAccessLogs } from '../../src/streams/access-logs.ts';
import type { LogStream } from '../../src/streams/log-stream.ts';

/** A path that no built-in rule knows, and a rule that does. */
export const moon = '/api/v2/moon_phases';
export const moonRule: AccessRule = { path: `${moon}/{moon_phase}`, kind: 'view' };

/** The access log as it is pulled with further rules. */
export function accessLogsBy(...rules: readonly AccessRule[]): LogStream {
  return createAccessLogs(createClassifier([...rules, ...accessRules]));
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

/** Stores records of the account `acme`, a page. */
export async function storeRequests(
  db: Database,
  records: readonly object[],
  stream: LogStream = accessLogs,
): Promise<void> {
  const rows = records.map(stream.read);
  const key = { account: 'acme', stream: 'access_logs' };
  await registerStream(db, key, 90);
  await createPartitionKeeper(db)(
    stream.partitions,
    rows.map(({ timeMs }) => timeMs),
  );
  await db.transaction(async (tx) => {
    await stream.write(tx, 'acme', rows, { covered: [], mayCopy: true });
    await markStaleDays(tx, key, rows);
  });
}

/** What is said of the requests: `id kind type id`, one line each, in their order. */
export async function saidLines(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ line: string }>(
    `select concat_ws(' ', access_log_id, kind, resource_type, resource_id) as line
     from zendesk.access_log_resources order by timestamp, access_log_id, position`,
  );
  return rows.map(({ line }) => line);
}

/** Where the rows of the log lie and what wrote them: changed by any update, and by nothing else. */
export function sourceRows(db: Queryable): Promise<unknown[]> {
  return db.query(
    'select id, ctid::text, xmin::text, synced_at from zendesk.access_logs order by timestamp, id',
  );
}
