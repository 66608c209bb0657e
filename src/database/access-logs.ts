import { createLogWriter } from './log-table.ts';

/** Writes a page of access-log rows into `zendesk.access_logs`. */
export const writeAccessLogs = createLogWriter({
  stream: 'access_logs',
  table: 'zendesk.access_logs',
  time: 'timestamp',
  id: 'id',
  idType: 'text collate "C"',
  columns: {
    user_id: 'bigint',
    ip_address: 'inet',
    method: 'text',
    status: 'smallint',
    url: 'text',
    origin_service: 'text',
    authorization_type: 'text',
    client: 'text',
    referer: 'text',
    category: 'text',
    summary: 'text',
    bytes_sent: 'bigint',
    graphql_operation_name: 'text',
    graphql_operation_type: 'text',
    graphql_query: 'text',
    graphql_variables: 'text',
    extra: 'jsonb',
  },
});
