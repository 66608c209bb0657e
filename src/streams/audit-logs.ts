import { writeAuditLogs } from '../database/audit-logs.ts';
import { cursorPaging } from '../zendesk/paging.ts';
import type { Needs } from '../zendesk/refusal.ts';
import { supportGroup } from './budget-groups.ts';
import { formatMoment, type LogRow, type LogStream } from './log-stream.ts';
import {
  closeExtra,
  createExtra,
  keepUnknown,
  readAddress,
  readBigint,
  readId,
  readRecord,
  readText,
  readTime,
  type Extra,
} from './record.ts';

const fields = new Set([
  'id',
  'created_at',
  'action',
  'action_label',
  'actor_id',
  'actor_name',
  'change_description',
  'ip_address',
  'source_id',
  'source_label',
  'source_type',
  'url',
]);

const auditLogNeeds: Needs = {
  name: 'The audit log',
  role: 'admin',
  entitlement:
    'it needs the plan Zendesk Suite Enterprise or Support Enterprise (or a higher one) and the role admin',
  wayOut: 'check the plan, and the role of the user whose credentials are used',
  code: 'plan_missing',
};

/** The audit log: who changed what (contract section 1). */
export const auditLogs: LogStream = {
  name: 'audit_logs',
  group: supportGroup,
  path: '/api/v2/audit_logs',
  paging: cursorPaging('audit_logs'),
  needs: auditLogNeeds,
  pageSize: 100,
  retentionDays: undefined,
  spanParameters: ({ from, to }) => [
    ['sort', 'created_at'],
    ['filter[created_at][]', formatMoment(from - 1)],
    ['filter[created_at][]', formatMoment(to + 1)],
  ],
  oldestParameters: [['sort', 'created_at']],
  read: readAuditLog,
  partitions: { table: 'zendesk.audit_logs', every: 'year' },
  write: writeAuditLogs,
};

const none: readonly [] = [];

function readAuditLog(value: unknown): LogRow {
  const record = readRecord(value, 'audit_logs');
  const id = readId(record['id'], 'audit_logs');
  const time = readTime(record['created_at'], 'created_at', id);
  const extra = createExtra();
  keepUnknown(record, fields, extra);
  const row = {
    id,
    created_at: time.text,
    action: readText(record['action'], 'action', extra),
    action_label: readText(record['action_label'], 'action_label', extra),
    actor_id: readBigint(record['actor_id'], 'actor_id', extra),
    actor_name: readText(record['actor_name'], 'actor_name', extra),
    change_description: readText(record['change_description'], 'change_description', extra),
    ip_address: readAddress(record['ip_address'], 'ip_address', extra),
    source_id: readBigint(record['source_id'], 'source_id', extra),
    source_label: readText(record['source_label'], 'source_label', extra),
    source_type: readText(record['source_type'], 'source_type', extra),
    url: readText(record['url'], 'url', extra),
    extra: null as Extra | null,
  };
  row.extra = closeExtra(extra);
  return { id, timeMs: time.ms, row, resources: none };
}
