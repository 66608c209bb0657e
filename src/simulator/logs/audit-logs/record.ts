import { formatSecond } from '../../clock.ts';
import type { LogEntry } from '../log-source.ts';
import type { AuditChange } from './stage.ts';

/** A record of the audit log with all its data. */
export type AuditLogRow = LogEntry & {
  readonly id: number;
  readonly change: AuditChange;
  /** Which unusual form the record has; undefined for none. */
  readonly oddity: number | undefined;
};

/** The record as the API shows it (contract 1.2). */
type AuditLogRecord = Record<string, unknown>;

const ACTION_LABELS = new Map([
  ['create', 'Created'],
  ['destroy', 'Deleted'],
  ['exported', 'Exported'],
  ['login', 'Signed in'],
  ['update', 'Updated'],
]);

const ODDITIES: readonly ((record: AuditLogRecord) => void)[] = [
  (record) => (record['ip_address'] = 'n/a'),
  (record) => (record['ip_address'] = ''),
  (record) => (record['change_description'] = 'Name changed from \u0000 to Bob\u0000'),
  (record) => (record['actor_id'] = String(record['actor_id'])),
  (record) => (record['actor_id'] = null),
  (record) =>
    Object.assign(record, { session_id: 's-77', context: { app: 'admin_center', beta: true } }),
  (record) =>
    ['change_description', 'source_label', 'actor_name', 'action_label'].forEach(
      (field) => (record[field] = ''),
    ),
  (record) => delete record['action_label'],
  (record) => Object.assign(record, { source_id: null, source_type: null, source_label: null }),
  (record) =>
    (record['change_description'] = 'Body changed: <p>{{ticket.title}} – ä漢</p>\n'.repeat(400)),
  (record) => (record['created_at'] = String(record['created_at']).replace('Z', '.250Z')),
  (record) => (record['url'] = String(record['url']).replace('.json', '')),
];

/**
 * The record as JSON text. With `erasedUserId`, that user's personal data is removed (contract Q7): the name is replaced
 * by the id, the IP address is null, and the item column names the id too.
 */
export function formatAuditLog(
  { id, second, change, oddity }: AuditLogRow,
  subdomain: string,
  erasedUserId: number | undefined,
): string {
  const isErasedActor = change.actorId === erasedUserId;
  const isErasedItem = change.sourceId === erasedUserId && change.sourceType === 'user';
  const record: AuditLogRecord = {
    url: `https://${subdomain}.zendesk.com/api/v2/audit_logs/${id}.json`,
    id,
    action_label: ACTION_LABELS.get(change.action),
    actor_id: change.actorId,
    source_id: change.sourceId,
    source_type: change.sourceType,
    source_label: isErasedItem ? `Team member: ${change.sourceId}` : change.sourceLabel,
    action: change.action,
    change_description: change.description,
    ip_address: isErasedActor ? null : change.ipAddress,
    created_at: formatSecond(second),
    actor_name: isErasedActor ? String(change.actorId) : change.actorName,
  };
  if (oddity !== undefined) ODDITIES[oddity % ODDITIES.length]?.(record);
  return JSON.stringify(record);
}
