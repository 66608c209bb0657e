import { createLogWriter } from './log-table.ts';

/** Writes a page of audit-log rows into `zendesk.audit_logs`. */
export const writeAuditLogs = createLogWriter({
  stream: 'audit_logs',
  table: 'zendesk.audit_logs',
  time: 'created_at',
  id: 'id',
  idType: 'bigint',
  columns: {
    action: 'text',
    action_label: 'text',
    actor_id: 'bigint',
    actor_name: 'text',
    change_description: 'text',
    ip_address: 'inet',
    source_id: 'bigint',
    source_label: 'text',
    source_type: 'text',
    url: 'text',
    extra: 'jsonb',
  },
});
