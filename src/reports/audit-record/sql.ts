/** The stored record with an id, and its previous versions. */
import type { Queryable } from '../../database/client.ts';
import { auditLogs } from '../../streams/audit-logs.ts';
import type { AuditRecordRow, AuditRevisionRow } from './question.ts';

/** The stored record with an id. There is no index on the id: it is found by reading the primary key's index. */
export async function findAuditRecord(
  db: Queryable,
  account: string,
  id: string,
): Promise<AuditRecordRow | undefined> {
  const [place] = await db.query<{ at: string }>(
    `select created_at::text as at from zendesk.audit_logs
     where account = $1 and id = $2
     order by synced_at desc limit 1`,
    [account, id],
  );
  if (place === undefined) return undefined;
  const [row] = await db.query<AuditRecordRow>(
    `select a.id::text as id, a.created_at, a.action, a.action_label, a.actor_id::text as actor_id, a.actor_name,
       a.source_type, a.source_id::text as source_id, a.source_label, a.change_description,
       host(a.ip_address) as ip_address, a.url, a.extra::text as extra, a.first_synced_at, a.synced_at,
       e.actor_name as known_name, e.actor_role, zendesk.clean_text(a.source_label) as clean_label,
       e.source_label_type, e.source_label_name, e.description, e.property, e.old_value, e.new_value
     from zendesk.audit_logs a
     join zendesk.audit_events e on e.account = a.account and e.created_at = a.created_at and e.id = a.id
     where a.account = $1 and a.id = $2 and a.created_at = $3::timestamptz
       and e.account = $1 and e.id = $2 and e.created_at = $3::timestamptz`,
    [account, id, place.at],
  );
  return row;
}

/** The previous versions of a record, newest first. */
export async function loadAuditRevisions(
  db: Queryable,
  account: string,
  id: string,
): Promise<AuditRevisionRow[]> {
  return db.query<AuditRevisionRow>(
    `select content::text as content, replaced_at from zendesk.revisions
     where account = $1 and stream = $2 and id = $3
     order by revision desc`,
    [account, auditLogs.name, id],
  );
}

/** JSON as a column stores it: the same value in Postgres's own format. */
export async function settleJson(db: Queryable, json: string): Promise<string> {
  const [row] = await db.query<{ json: string }>('select $1::jsonb::text as json', [json]);
  return row?.json ?? json;
}
