import type { Database } from '../../src/database/client.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { withLedger } from './ledger.ts';
import { storeRecords } from './stored-records.ts';

/** A record of the audit log as the API gives it; the other fields have neutral values. */
export type AuditRecord = {
  id?: number;
  created_at?: string;
  action?: string | null;
  actor_id?: number;
  actor_name?: string | null;
  change_description?: string | null;
  ip_address?: string | null;
  source_id?: number;
  source_label?: string | null;
  source_type?: string | null;
};

/** A finding, in the form for tests. */
export type Finding = { id: number; rule: string; severity: string; summary: string };

/** A change of a setting. */
export const setting = (
  source_label: string,
  change_description: string,
  action = 'update',
): AuditRecord => ({
  source_type: 'account_setting',
  source_label,
  change_description,
  action,
});
/** A change of the person Bob Cat. */
export const user = (change_description: string, action = 'update'): AuditRecord => ({
  source_type: 'user',
  source_label: 'Bob Cat',
  change_description,
  action,
});
/** A change of an API token. */
export const token = (
  source_type: string,
  action: string,
  source_label = 'API token',
): AuditRecord => ({
  source_type,
  action,
  source_label,
});
/** A change of a trigger in 2026, such as `at('11-18T12:00:00')`, a Wednesday at noon. */
export const at = (moment: string, more: AuditRecord = {}): AuditRecord => ({
  created_at: `2026-${moment}Z`,
  source_type: 'rule',
  source_label: 'Trigger: Hello',
  ...more,
});

/** Stores records as the engine does. Without an id they are numbered from 1; without a time it is a Wednesday at noon. */
export async function storeAuditRows(
  db: Database,
  records: readonly AuditRecord[],
  account = 'acme',
): Promise<void> {
  const usual = records.map((record, index) => ({
    id: index + 1,
    created_at: '2026-11-18T12:00:00Z',
    action: 'update',
    actor_id: 5,
    actor_name: 'Ann Admin',
    ip_address: '203.0.113.9',
    source_id: 7,
    ...record,
  }));
  await storeRecords(db, auditLogs, usual, { account });
}

/** All findings in the order of their records; only of one rule if it is named. */
export async function loadFindings(db: Database, rule?: string): Promise<Finding[]> {
  return db.query<Finding>(
    `select audit_log_id::integer as id, rule, severity, summary from zendesk_sync.found_in_audit_logs
     where $1::text is null or rule = $1 order by created_at, audit_log_id, rule`,
    [rule ?? null],
  );
}

/** Stores the records and returns the findings of the rule: number of the record and summary. */
export async function findChanges(
  rule: string,
  records: readonly AuditRecord[],
  statements: readonly string[] = [],
): Promise<[number, string][]> {
  return withLedger(async (db) => {
    await storeAuditRows(db, records);
    for (const statement of statements) await db.query(statement);
    return (await loadFindings(db, rule)).map(({ id, summary }) => [id, summary]);
  });
}
