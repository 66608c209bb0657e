/** Findings as the program stores them, and as the rules work them out. */
import type { Database } from '../../src/database/client.ts';
import { examine, type Examined } from '../../src/ingest/findings/examine.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';

/** Does what the service does after pages: rollups and findings of both logs. */
export function examineLogs(
  db: Database,
  account = 'acme',
  options: Parameters<typeof examine>[3] = {},
): Promise<Examined> {
  return examine(db, account, [auditLogs, accessLogs], options);
}

/** What the views show and what the rules work out from all rows, each as lines in one order. */
export async function compareFindings(
  db: Database,
): Promise<{ readonly stored: readonly string[]; readonly workedOut: readonly string[] }> {
  const load = async (audit: string, access: string): Promise<string[]> =>
    (
      await db.query<{ line: string }>(
        `select to_jsonb(f)::text as line from ${audit} f union all select to_jsonb(f)::text from ${access} f order by 1`,
      )
    ).map(({ line }) => line);
  return {
    stored: await load('zendesk.audit_findings', 'zendesk.access_findings'),
    workedOut: await load('zendesk_sync.found_in_audit_logs', 'zendesk_sync.found_in_access_logs'),
  };
}
