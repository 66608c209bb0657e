/** Which rows go into a package: those of a span, for everything or for a person, a ticket or an address as in the reports. */
import { accessLogs } from '../../streams/access-logs.ts';
import { auditLogs } from '../../streams/audit-logs.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { ReportSpan } from '../shared/report.ts';

/** What a row must concern; empty lists: anything. A row must match every kind that is given, by one value each. */
export type Filters = {
  /** Ids of people who acted, as `report agent` means them. */
  readonly agents: readonly string[];
  /** Ids of people whose records were accessed or changed, as `report subject` means them. */
  readonly users: readonly string[];
  /** Ids of tickets that were accessed or changed, as `report ticket` means them. */
  readonly tickets: readonly string[];
  /** Addresses or networks that it came from. */
  readonly addresses: readonly string[];
};

/** A condition on rows of a log's table, with its values. */
export type Selection = { readonly condition: string; readonly values: readonly unknown[] };

/** Whether everything of the span is asked for. */
export function isUnfiltered(filters: Filters): boolean {
  return Object.values(filters).every((list) => list.length === 0);
}

/** The condition on the rows of a log. $1 is the account, $2 and $3 the span. */
export function selectRows(
  stream: LogStream,
  account: string,
  { from, to }: ReportSpan,
  { agents, users, tickets, addresses }: Filters,
): Selection {
  const { time, actor } = stream.table;
  const values: unknown[] = [account, from, to];
  const conditions = [`account = $1 and ${time} >= $2::timestamptz and ${time} < $3::timestamptz`];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  if (agents.length > 0) conditions.push(`${actor} = any (${bind(agents)}::bigint[])`);
  if (addresses.length > 0) conditions.push(`ip_address <<= any (${bind(addresses)}::inet[])`);
  for (const [type, ids] of [
    ['user', users],
    ['ticket', tickets],
  ] as const)
    if (ids.length > 0) conditions.push(concerns(stream, bind(type), bind(ids)));
  return { condition: conditions.join('\n  and '), values };
}

/** That a row is about things of a type with some ids, both given by their places among the values. */
function concerns({ name }: LogStream, type: string, ids: string): string {
  if (name === accessLogs.name)
    return `(timestamp, id) in (
      select r.timestamp, r.access_log_id from zendesk.access_log_resources r
      where r.account = $1 and r.timestamp >= $2::timestamptz and r.timestamp < $3::timestamptz
        and r.resource_type = ${type}::text and r.resource_id = any (${ids}::text[]))`;
  if (name === auditLogs.name)
    return `source_type = ${type}::text and source_id = any (${ids}::bigint[])`;
  // For a log that is added later, it is not known what its rows are about.
  return `${type}::text is null and ${ids}::text[] is null`;
}
