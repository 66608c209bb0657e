import type { AccessRequest, Classify } from '../classification/classification.ts';
import { createClassifier } from '../classification/classifier.ts';
import { accessRules } from '../classification/rules.ts';
import { writeAccessLogs } from '../database/access-logs.ts';
import type { ResourceRow } from '../database/log-row.ts';
import { cursorPaging } from '../zendesk/paging.ts';
import type { Needs } from '../zendesk/refusal.ts';
import { accessLogsGroup } from './budget-groups.ts';
import { formatMoment, type LogRow, type LogStream } from './log-stream.ts';
import {
  closeExtra,
  createExtra,
  keepUnknown,
  preserve,
  readAddress,
  readBigint,
  readRecord,
  readSmallint,
  readText,
  readTime,
  refuseRecord,
  type Extra,
} from './record.ts';

const fields = new Set([
  'id',
  'timestamp',
  'user_id',
  'ip_address',
  'method',
  'status',
  'url',
  'origin_service',
  'authorization_type',
  'client',
  'referer',
  'category',
  'summary',
  'bytes_sent',
  'graphql',
]);

const graphqlFields = new Set(['operation_name', 'operation_type', 'query', 'variables']);

/** The access log (contract section 4): which team member looked at what, by the given rules. */
export function createAccessLogs(classify: Classify): LogStream {
  return { ...accessLogs, read: (record) => readAccessLog(record, classify) };
}

const accessLogNeeds: Needs = {
  name: 'The access log',
  role: 'admin',
  entitlement: 'it needs the add-on Advanced Data Privacy and Protection and the role admin',
  wayOut:
    'check both, and switch it on: Admin Center > Account > Logs > Access log > "Turn on the Access Log API"',
  code: 'add_on_missing',
};

const classifyByOwnRules = createClassifier(accessRules);

/** The access log, classified by the rules of this program alone. */
export const accessLogs: LogStream = {
  name: 'access_logs',
  group: accessLogsGroup,
  path: '/api/v2/access_logs',
  paging: cursorPaging('access_logs'),
  needs: accessLogNeeds,
  pageSize: 2500,
  retentionDays: 90,
  // No sort: the default is ascending here. No filter[graphql]: true would leave the GraphQL rows out (contract 4.1).
  spanParameters: ({ from, to }) => [
    ['filter[start]', formatMoment(from - 1)],
    ['filter[end]', formatMoment(to + 1)],
  ],
  oldestParameters: undefined,
  read: (record) => readAccessLog(record, classifyByOwnRules),
  partitions: {
    table: 'zendesk.access_logs',
    derived: ['zendesk.access_log_resources'],
    every: 'month',
  },
  write: writeAccessLogs,
};

function readAccessLog(value: unknown, classify: Classify): LogRow {
  const record = readRecord(value, 'access_logs');
  const id = readUlid(record['id']);
  const time = readTime(record['timestamp'], 'timestamp', id);
  const extra = createExtra();
  keepUnknown(record, fields, extra);
  const graphql = readGraphql(record['graphql'], extra);
  const row = {
    id,
    timestamp: time.text,
    user_id: readBigint(record['user_id'], 'user_id', extra),
    ip_address: readAddress(record['ip_address'], 'ip_address', extra),
    method: readText(record['method'], 'method', extra),
    status: readSmallint(record['status'], 'status', extra),
    url: readText(record['url'], 'url', extra),
    origin_service: readText(record['origin_service'], 'origin_service', extra),
    authorization_type: readText(record['authorization_type'], 'authorization_type', extra),
    client: readText(record['client'], 'client', extra),
    referer: readText(record['referer'], 'referer', extra),
    category: readText(record['category'], 'category', extra),
    summary: readText(record['summary'], 'summary', extra),
    bytes_sent: readBigint(record['bytes_sent'], 'bytes_sent', extra),
    graphql_operation_name: readText(graphql['operation_name'], 'graphql.operation_name', extra),
    graphql_operation_type: readText(graphql['operation_type'], 'graphql.operation_type', extra),
    graphql_query: readText(graphql['query'], 'graphql.query', extra),
    graphql_variables: readText(graphql['variables'], 'graphql.variables', extra),
    extra: null as Extra | null,
  };
  row.extra = closeExtra(extra);
  return { id, timeMs: time.ms, row, resources: listResources(row, classify) };
}

/**
 * What a request was about as rows of `zendesk.access_log_resources`; the request is given by its columns, as they are
 * stored or about to be. Noise leaves none, a request without a resource one.
 */
export function listResources(request: AccessRequest, classify: Classify): readonly ResourceRow[] {
  const { kind, resources, searchQuery } = classify(request);
  if (kind === 'noise') return none;
  if (resources.length === 0) return [{ kind, type: null, id: null, searchQuery }];
  return resources.map(({ type, id }, position) => ({
    kind,
    type,
    id,
    searchQuery: position === 0 ? searchQuery : null,
  }));
}

const none: readonly ResourceRow[] = [];

const noGraphql: Record<string, unknown> = {};

function readGraphql(value: unknown, extra: Extra): Record<string, unknown> {
  if (value === null || value === undefined) return noGraphql;
  if (typeof value !== 'object' || Array.isArray(value)) {
    extra['graphql'] = preserve(value);
    return noGraphql;
  }
  const graphql = value as Record<string, unknown>;
  keepUnknown(graphql, graphqlFields, extra, 'graphql.');
  return graphql;
}

// A ULID, but only that it can be stored and compared is asked for: the documented samples disagree among themselves.
function readUlid(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && value !== '' && !value.includes('\0') && value.isWellFormed())
    return value;
  throw refuseRecord('Zendesk sent a record in access_logs without a usable id');
}
