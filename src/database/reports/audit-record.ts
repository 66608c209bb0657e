import type { Queryable } from '../client.ts';

/** One record of the audit log: as Zendesk gave it, and what the views make of it. Ids are text. */
export type AuditRecordRow = {
  readonly id: string;
  readonly created_at: Date;
  readonly action: string | null;
  readonly action_label: string | null;
  readonly actor_id: string | null;
  readonly actor_name: string | null;
  readonly source_type: string | null;
  readonly source_id: string | null;
  readonly source_label: string | null;
  readonly change_description: string | null;
  readonly ip_address: string | null;
  readonly url: string | null;
  /** Fields that this program does not know, and those that did not fit, as JSON. */
  readonly extra: string | null;
  readonly first_synced_at: Date;
  readonly synced_at: Date;
  /** The name then, else now, where the record has none. */
  readonly known_name: string | null;
  readonly actor_role: string | null;
  readonly clean_label: string | null;
  readonly source_label_type: string | null;
  readonly source_label_name: string | null;
  readonly description: string | null;
  readonly property: string | null;
  readonly old_value: string | null;
  readonly new_value: string | null;
};

/** A former content of a record: its columns as JSON has them. */
export type AuditRevisionRow = {
  readonly content: Readonly<Record<string, unknown>>;
  readonly replaced_at: Date;
};

/** The stored record with an id. It has no index of its own: found by a walk through the primary key. */
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

/** What a record said before Zendesk gave it differently, newest first. */
export async function loadAuditRevisions(
  db: Queryable,
  account: string,
  id: string,
): Promise<AuditRevisionRow[]> {
  return db.query<AuditRevisionRow>(
    `select content, replaced_at from zendesk.revisions
     where account = $1 and stream = 'audit_logs' and id = $2
     order by revision desc`,
    [account, id],
  );
}
