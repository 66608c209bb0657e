import type { LogRow, WriteRows } from '../database/log-row.ts';
import type { PartitionScheme } from '../database/partitions.ts';
import type { Span } from '../span.ts';
import type { Needs } from '../zendesk/refusal.ts';
import type { Paging } from '../zendesk/paging.ts';
import type { StreamBudgetGroup } from './budget-groups.ts';

export type { LogRow };

/** A log that is pulled by time: what to ask, how to read a record, where it goes. */
export type LogStream = {
  readonly name: 'audit_logs' | 'access_logs';
  /** The request budget it draws on. */
  readonly group: StreamBudgetGroup;
  readonly path: string;
  /** How its pages are asked for and their envelopes read. */
  readonly paging: Paging;
  /** What access to it takes. */
  readonly needs: Needs;
  /** The largest page Zendesk gives. */
  readonly pageSize: number;
  /** How long Zendesk keeps records; undefined when for ever. */
  readonly retentionDays: number | undefined;
  /** The request parameters for a span. Asks for a second more on both ends, so that it does not matter whether Zendesk's bounds are inclusive (contract Q3). */
  readonly spanParameters: (span: Span) => readonly (readonly [string, string])[];
  /** The request parameters that give the oldest record first; undefined where the retention says where the log begins. */
  readonly oldestParameters: readonly (readonly [string, string])[] | undefined;
  /** Reads a record. @throws {KnownError} `record_unreadable` when it has no usable id or time */
  readonly read: (record: unknown) => LogRow;
  readonly partitions: PartitionScheme;
  readonly write: WriteRows;
};

/** A moment as the filters of both endpoints want it: whole seconds, UTC. */
export function formatMoment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
