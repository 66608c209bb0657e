/** The records of both logs with all their fields: as columns, and as Zendesk sent them. */
import { parseJson } from '../../zendesk/body.ts';
import type { ReportColumn, ReportRow } from './report.ts';

/** How much of a record to show: the report's own columns, all fields as columns, or the record as Zendesk sent it. */
export type FieldChoice = 'usual' | 'all' | 'raw';

/** The meaning of `--all-fields` and `--raw`. */
export const fieldNotes: Readonly<Record<FieldChoice, readonly string[]>> = {
  usual: [],
  all: [
    'Fields have the names that Zendesk gives them. "extra" holds those that this program does not know, and values that did not fit their columns.',
  ],
  raw: [
    'Each record is as Zendesk sent it, with its fields in the order of the documentation. A field without a value is null in the audit log and left out in the access log, whichever way Zendesk sent it.',
  ],
};

/** The column of a report whose rows are records as Zendesk sent them. */
export const rawColumns: readonly ReportColumn[] = [
  { key: 'record', title: 'Record', isRecord: true },
];

function describeField(name: string): ReportColumn {
  return { key: name, title: name, ...(/(^|_)id$/.test(name) ? { isWhole: true } : {}) };
}

/** The twelve fields of a record of the audit log, by their own names, and its other fields. */
export const auditFieldColumns: readonly ReportColumn[] = [
  { key: 'created_at', title: 'created_at', isTime: true },
  ...[
    'id',
    'action',
    'action_label',
    'actor_id',
    'actor_name',
    'source_id',
    'source_type',
    'source_label',
    'change_description',
    'ip_address',
    'url',
    'extra',
  ].map(describeField),
];

/** Selects records of `audit_logs` as `a` with all their fields; a condition follows. */
export const auditFieldSource = {
  all: `select a.created_at, a.id::text as id, a.action, a.action_label, a.actor_id::text as actor_id, a.actor_name,
  a.source_id::text as source_id, a.source_type, a.source_label, a.change_description, host(a.ip_address) as ip_address,
  a.url, a.extra::text as extra
     from zendesk.audit_logs a`,
  raw: `select json_build_array(json_build_object('url', a.url, 'id', a.id, 'action_label', a.action_label,
    'actor_id', a.actor_id, 'source_id', a.source_id, 'source_type', a.source_type, 'source_label', a.source_label,
    'action', a.action, 'change_description', a.change_description, 'ip_address', host(a.ip_address),
    'created_at', ${zendeskTime('a.created_at')}, 'actor_name', a.actor_name), a.extra)::text as record
     from zendesk.audit_logs a`,
} as const;

const accessFieldColumns: readonly ReportColumn[] = [
  describeField('id'),
  { key: 'timestamp', title: 'timestamp', isTime: true },
  ...['user_id', 'ip_address', 'method'].map(describeField),
  { key: 'status', title: 'status', type: 'integer' },
  ...[
    'url',
    'origin_service',
    'authorization_type',
    'client',
    'referer',
    'category',
    'summary',
  ].map(describeField),
  { key: 'bytes_sent', title: 'bytes_sent', type: 'integer' },
  ...[
    'graphql_operation_name',
    'graphql_operation_type',
    'graphql_query',
    'graphql_variables',
    'extra',
  ].map(describeField),
];

/** The columns of a report about accesses, with the fields of its records that it does not have already. */
export function withAccessFields(
  columns: readonly ReportColumn[],
  fields: FieldChoice,
): readonly ReportColumn[] {
  if (fields === 'usual') return columns;
  if (fields === 'raw') return rawColumns;
  const keys = new Set(columns.map(({ key }) => key));
  return [
    ...columns.map((column) => {
      const { isOptional: _, ...always } = column;
      return always;
    }),
    ...accessFieldColumns.filter(({ key }) => !keys.has(key)),
  ];
}

/**
 * Selects the record of a request, `l`, as JSON: its fields by columns, or a pair of the fields as Zendesk sent them and of
 * what did not fit.
 */
const accessRecord = {
  all: `json_build_object('id', l.id, 'user_id', l.user_id::text, 'ip_address', host(l.ip_address), 'method', l.method,
    'status', l.status, 'url', l.url, 'origin_service', l.origin_service, 'authorization_type', l.authorization_type,
    'client', l.client, 'referer', l.referer, 'category', l.category, 'summary', l.summary, 'bytes_sent', l.bytes_sent,
    'graphql_operation_name', l.graphql_operation_name, 'graphql_operation_type', l.graphql_operation_type,
    'graphql_query', l.graphql_query, 'graphql_variables', l.graphql_variables, 'extra', l.extra::text)`,
  raw: `json_build_array(json_strip_nulls(json_build_object('id', l.id, 'timestamp', ${zendeskTime('l.timestamp')},
    'user_id', l.user_id, 'ip_address', host(l.ip_address), 'method', l.method, 'status', l.status, 'url', l.url,
    'origin_service', l.origin_service, 'authorization_type', l.authorization_type, 'client', l.client,
    'referer', l.referer, 'bytes_sent', l.bytes_sent, 'category', l.category, 'summary', l.summary,
    'graphql', case when coalesce(l.graphql_operation_name, l.graphql_operation_type, l.graphql_query, l.graphql_variables)
      is not null then json_build_object('operation_name', l.graphql_operation_name,
      'operation_type', l.graphql_operation_type, 'query', l.graphql_query, 'variables', l.graphql_variables) end)),
    l.extra)`,
} as const;

/** A row of accesses with the key of its request. */
export type RequestRow = {
  readonly first_at: Date;
  readonly access_log_id: string;
  /** Its record as JSON, if fields are wanted. */
  readonly record?: string | null;
};

/**
 * Adds the record of each row to a statement of `RequestRow`s about the account $1. As a selected column, so that the order
 * of the rows does not change.
 */
export function withRecords(statement: string, fields: FieldChoice): string {
  return fields === 'usual'
    ? statement
    : `select v.*, (
      select ${accessRecord[fields]}::text from zendesk.access_logs l
      where l.account = $1 and l.timestamp = v.first_at and l.id = v.access_log_id
    ) as record
    from (${statement}) as v`;
}

/**
 * Adds the fields to rows of a report, or replaces the rows with the records: each record once, although it may be in
 * several successive rows.
 */
export async function* addRecords<Row extends RequestRow>(
  rows: AsyncIterable<Row>,
  fields: FieldChoice,
  describe: (row: Row) => ReportRow | undefined,
): AsyncGenerator<ReportRow, void, undefined> {
  let last = '';
  for await (const row of rows) {
    const shown = describe(row);
    if (shown === undefined) continue;
    if (fields === 'usual') yield shown;
    else if (fields === 'all')
      yield { ...(JSON.parse(row.record ?? '{}') as ReportRow), timestamp: row.first_at, ...shown };
    else if (row.access_log_id !== last) yield { record: restoreRecord(row.record) };
    last = row.access_log_id;
  }
}

/** Rows of `auditFieldSource.raw` as records. */
export async function* restoreRecords(
  rows: AsyncIterable<{ readonly record: string }>,
): AsyncGenerator<ReportRow, void, undefined> {
  for await (const { record } of rows) yield { record: restoreRecord(record) };
}

type Fields = Record<string, unknown>;

/**
 * A record as Zendesk sent it, as JSON, from its columns and the fields without a column or that did not fit. Numbers stay
 * as they are written.
 */
export function restoreRecord(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const [fields, extra] = parseJson(Buffer.from(text)) as [Fields, Fields | null];
  const whole = extra?.['$original'];
  if (whole !== undefined) return formatOriginal(whole);
  // Without a prototype, so that a field named `__proto__` is a normal field.
  const record = Object.assign(Object.create(null) as Fields, fields);
  for (const [name, value] of Object.entries(extra ?? {})) {
    const [parent = '', inner] = /^graphql\../.test(name) ? name.split(/\.(.*)/s) : [name];
    const original = unwrap(value);
    if (inner === undefined) record[parent] = original;
    else record[parent] = { ...(record[parent] as Fields | null), [inner]: original };
  }
  return JSON.stringify(record);
}

/** A record that is stored as a whole, on one line; bytes that are not text as they are stored. */
function formatOriginal(original: unknown): string {
  const { text } = original as { readonly text?: unknown };
  return typeof text === 'string' ? text.replaceAll(/[\r\n]+/g, ' ') : JSON.stringify(original);
}

/** Values that jsonb could not hold are there as JSON text. */
function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'json')
    return value;
  const { json } = value as { readonly json: unknown };
  return typeof json === 'string' ? parseJson(Buffer.from(json)) : value;
}

/** A moment as Zendesk writes it. */
function zendeskTime(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}
