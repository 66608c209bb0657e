/** Findings that are put into the table by a test. */
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper, findingsTable } from '../../src/database/partitions.ts';

/** What a test says of a finding; the rest is the same for all. */
type StoredFinding = {
  readonly finding: string;
  readonly account?: string;
  readonly stream?: 'audit_logs' | 'access_logs';
  readonly rule?: string;
  readonly severity?: 'high' | 'medium' | 'low' | 'info';
  readonly at?: string;
  readonly actorId?: string;
  readonly actorName?: string;
  readonly summary?: string;
  readonly recordId?: string;
  readonly evidence?: readonly Readonly<Record<string, string>>[];
};

/** Stores a finding as if the rules had found it. */
export async function storeFinding(
  db: Database,
  {
    finding,
    account = 'acme',
    stream = 'audit_logs',
    rule = 'two_factor_off',
    severity = 'high',
    at = '2026-11-03T10:00:00Z',
    actorId = '7',
    actorName = 'Ada',
    summary = 'Two-factor authentication was switched off',
    recordId = '1',
    evidence = [],
  }: StoredFinding,
): Promise<void> {
  await createPartitionKeeper(db)(findingsTable, [Date.parse(at)]);
  await db.query(
    `insert into zendesk.findings
       (finding, account, stream, rule, rule_version, severity, created_at, first_at, last_at, actor_id, actor_name, summary, record_id, evidence)
     values ($1, $2, $3, $4, 1, $5, $6::timestamptz, $6, $6, $7::bigint, $8, $9, $10, $11::jsonb)`,
    [
      finding,
      account,
      stream,
      rule,
      severity,
      at,
      actorId,
      actorName,
      summary,
      recordId,
      JSON.stringify(evidence),
    ],
  );
}
