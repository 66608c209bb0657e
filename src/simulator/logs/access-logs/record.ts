import type { LogEntry } from '../log-source.ts';
import type { RequestKind } from './vocabulary.ts';

/** A record of the access log with all its data, its texts ready for JSON. */
export type AccessLogRow = LogEntry & {
  readonly id: string;
  readonly userId: number;
  readonly kind: RequestKind | undefined;
  /** JSON-escaped. */
  readonly url: string;
  readonly referer: string;
  /** JSON text of the `graphql` object, empty for other requests. */
  readonly graphql: string;
  readonly status: number;
  readonly bytes: number;
  readonly ipAddress: string;
  readonly client: string;
  /** Missing on most GraphQL requests (contract 4.2). */
  readonly authorization: string | undefined;
  /** Which unusual form the record has; undefined for none. */
  readonly oddity: number | undefined;
};

const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));
let prefixFor = -1;
let prefix = '';

function formatTimestamp(second: number): string {
  const minute = Math.floor(second / 60);
  if (minute !== prefixFor) {
    prefixFor = minute;
    prefix = new Date(minute * 60_000).toISOString().slice(0, 17);
  }
  return `${prefix}${TWO_DIGITS[second % 60] ?? ''}Z`;
}

/**
 * The record as JSON text (contract 4.2), built without `JSON.stringify`: the cost of a page is the cost of this function.
 */
export function formatAccessLog(row: AccessLogRow): string {
  const { kind } = row;
  const authorization =
    row.authorization === undefined ? '{' : `{"authorization_type":"${row.authorization}",`;
  const timestamp = formatTimestamp(row.second);
  const text =
    kind === undefined
      ? `${authorization}"client":"${row.client}","graphql":${row.graphql},"id":"${row.id}","ip_address":"${row.ipAddress}",` +
        `"method":"POST","status":${row.status},"timestamp":"${timestamp}","url":"${row.url}","user_id":${row.userId}}`
      : `${authorization}"bytes_sent":${row.bytes},"category":"${kind.category}","client":"${row.client}","id":"${row.id}",` +
        `"ip_address":"${row.ipAddress}","method":"${kind.method}","origin_service":"${kind.origin}","referer":"${row.referer}",` +
        `"status":${row.status},"summary":"${kind.summary}","timestamp":"${timestamp}","url":"${row.url}","user_id":${row.userId}}`;
  return row.oddity === undefined ? text : makeOdd(text, row.oddity);
}

const ODDITIES: readonly ((record: Record<string, unknown>) => void)[] = [
  (record) => (record['ip_address'] = 'unknown, 203.0.113.9'),
  (record) => (record['ip_address'] = ''),
  (record) => (record['ip_address'] = null),
  (record) => (record['client'] = 'Mozilla/5.0 \u0000(compatible)'),
  (record) => (record['status'] = 'OK'),
  (record) => (record['user_id'] = String(record['user_id'])),
  (record) => (record['user_id'] = null),
  (record) =>
    Object.assign(record, { device_id: 'd-7', geo: { country: 'DE', lat: 52.5 }, risk: null }),
  (record) =>
    Object.assign(record, { category: '', summary: '', referer: '', client: '', url: '' }),
  (record) => (record['timestamp'] = String(record['timestamp']).replace('Z', '.250Z')),
  (record) =>
    (record['graphql'] = { operation_name: null, query: '"{ ticket(', variables: '{"id":"19' }),
  (record) => (record['graphql'] = null),
];

/** Real logs contain unusual records: applies one of the forms that are valid JSON but break careless readers. */
function makeOdd(text: string, oddity: number): string {
  const record: Record<string, unknown> = JSON.parse(text);
  ODDITIES[oddity % ODDITIES.length]?.(record);
  return JSON.stringify(record);
}
