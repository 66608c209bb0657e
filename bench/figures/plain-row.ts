import type { accessLogs } from '../../src/database/schema/logs.ts';

/** A row of the access log for the schema's insert. */
export type PlainRow = typeof accessLogs.$inferInsert;

/** Reads a well-formed record in the most obvious way: field by field, without checks and classification. */
export function readPlainly(record: Record<string, unknown>, account: string): PlainRow {
  const graphql = (record['graphql'] ?? {}) as Record<string, unknown>;
  return {
    account,
    id: String(record['id']),
    timestamp: new Date(String(record['timestamp'])),
    user_id: textOf(record['user_id']),
    ip_address: textOf(record['ip_address']),
    method: textOf(record['method']),
    status: record['status'] as number,
    url: textOf(record['url']),
    origin_service: textOf(record['origin_service']),
    authorization_type: textOf(record['authorization_type']),
    client: textOf(record['client']),
    referer: textOf(record['referer']),
    category: textOf(record['category']),
    summary: textOf(record['summary']),
    bytes_sent: textOf(record['bytes_sent']),
    graphql_operation_name: textOf(graphql['operation_name']),
    graphql_operation_type: textOf(graphql['operation_type']),
    graphql_query: textOf(graphql['query']),
    graphql_variables: textOf(graphql['variables']),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'number' ? String(value) : ((value ?? null) as string | null);
}
