/** Describes a loss in words. */

/** What was done to the rows. */
export type LossCode =
  | 'partition_dropped'
  | 'partition_detached'
  | 'partition_truncated'
  | 'rows_deleted'
  | 'rows_missing'
  | 'lost_by_restore'
  | 'missing_by_reconcile';

/** Rows that were stored, were removed, and are not all back: an element of `zendesk_sync.status.losses`. */
export type Loss = {
  /** The span that is no longer covered; moments as ISO 8601, UTC. */
  readonly lost_from: string;
  readonly lost_until: string;
  /** Until when rows may have been lost. */
  readonly rows_until: string;
  readonly rows: number;
  readonly code: LossCode;
  readonly partition: string | null;
  /** The database user, if known. */
  readonly done_by: string | null;
  /** When it happened or was first noticed; null: no run has noticed it yet. */
  readonly noticed_at: string | null;
  /** Whether the coverage was corrected. */
  readonly is_settled: boolean;
  /** How many rows could be read again, after everything that Zendesk still had was read; null until then. */
  readonly rows_found: number | null;
};

/** A moment in UTC, to the minute. */
function showMinute(moment: Date): string {
  return moment.toISOString().slice(0, 16).replace('T', ' ');
}

/** What was lost, why, and what could be read again. */
export function explainLoss(loss: Loss, show: (moment: Date) => string = showMinute): string {
  const { lost_from, lost_until, rows } = loss;
  const span = `from ${show(new Date(lost_from))} to ${show(new Date(lost_until))}`;
  return `${countRows(rows)} ${span} ${rows === 1 ? 'is' : 'are'} gone: ${explainDeed(loss, show)}. ${explainRest(loss)}`;
}

function explainDeed(loss: Loss, show: (moment: Date) => string): string {
  const { code, partition, done_by: doneBy, noticed_at: noticedAt } = loss;
  const user = doneBy === null ? '' : ` by the database user ${doneBy}`;
  const done = noticedAt === null ? '' : ` on ${show(new Date(noticedAt))}${user}`;
  const noticed =
    noticedAt === null ? ' (noticed just now)' : ` (first noticed ${show(new Date(noticedAt))})`;
  const found = noticedAt === null ? '' : ` (missing by reconcile on ${show(new Date(noticedAt))})`;
  const deeds: Readonly<Record<LossCode, string>> = {
    partition_dropped: `the partition ${partition ?? ''} was dropped by hand${noticed}`,
    partition_detached: `the partition ${partition ?? ''} was detached by hand${noticed}`,
    partition_truncated: `the partition ${partition ?? ''} was truncated by hand${done}`,
    rows_deleted: `they were deleted by hand${done}`,
    rows_missing: `the table holds fewer rows than were stored${noticed}`,
    missing_by_reconcile: `Zendesk shows them, and they were not stored${found}`,
    lost_by_restore: `the database was restored from an older backup${noticed}`,
  };
  return deeds[code];
}

function explainRest({ rows, rows_found: found }: Loss): string {
  if (found === null) return 'The program reads again what Zendesk still has.';
  if (found === 0) return 'Zendesk no longer has them.';
  return `${countRows(found)} could be read again. Zendesk no longer has the others (${(rows - found).toLocaleString('en-US')}).`;
}

function countRows(rows: number): string {
  return `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`;
}
