/** What is worth an alert while it lasts, according to the ledger. Pure. */
import { isStale as isAnchorStale, nameAnchor } from '../evidence/anchoring/standing.ts';
import { isStale, losesHeadroom } from '../ingest/attention.ts';
import { describeFailedReport, type ReportStanding } from '../ingest/scheduled-reports.ts';
import type { StreamStatus } from '../ingest/status.ts';
import { describeFound, listFound } from '../ingest/verification-words.ts';

/** A condition that is not as it should be. */
export type Condition = {
  readonly account: string;
  /** The stream, the place outside of the database, or the scheduled report. */
  readonly subject: string;
  readonly kind: ConditionKind;
  /** What it is, as a sentence that names its account and stream. */
  readonly sentence: string;
  /** The number of records or findings; 1 if there is nothing to count. */
  readonly amount: number;
};

export type ConditionKind =
  | 'fails'
  | 'stale'
  | 'low_headroom'
  | 'quarantined'
  | 'rows_removed'
  | 'not_as_stored'
  | 'verification_failed'
  | 'report_failed'
  | 'not_anchored';

/** A verification that ended with an error: the newest of its depth. */
export type FailedVerification = {
  readonly account: string;
  readonly depth: string;
  readonly error: string;
};

/** What the ledger says. */
type LedgerFacts = {
  readonly streams: readonly StreamStatus[];
  readonly failedVerifications: readonly FailedVerification[];
  readonly reports: readonly ReportStanding[];
};

/** Everything that is not as it should be now. `listings` are the streams that are read as a whole. */
export function listConditions(
  { streams, failedVerifications, reports }: LedgerFacts,
  listings: readonly string[],
  now: Date,
): readonly Condition[] {
  const accounts = new Map(streams.map((row) => [row.account, row]));
  return [
    ...streams.flatMap((row) => listOfStream(row, listings, now)),
    ...failedVerifications.map(({ account, depth, error }): Condition => ({
      account,
      subject: depth,
      kind: 'verification_failed',
      sentence: `${account}: the ${depth} verification could not be made: ${error}`,
      amount: 1,
    })),
    ...reports.flatMap((standing): readonly Condition[] => {
      const failed = describeFailedReport(standing);
      if (failed === undefined) return [];
      const { account, report: subject } = standing;
      return [{ account, subject, kind: 'report_failed', sentence: `${failed}.`, amount: 1 }];
    }),
    ...[...accounts].flatMap(([account, { anchors }]) =>
      anchors.filter(isAnchorStale).map((anchor): Condition => {
        const hours = Math.floor(anchor.age_seconds / 3600);
        return {
          account,
          subject: `${anchor.kind} ${anchor.place}`,
          kind: 'not_anchored',
          sentence: `${account}: ${nameAnchor(anchor)} has had no checkpoint of the sealed log for ${hours} h. ${anchor.error ?? ''}`,
          amount: 1,
        };
      }),
    ),
  ];
}

function listOfStream(
  row: StreamStatus,
  listings: readonly string[],
  now: Date,
): readonly Condition[] {
  const name = `${row.account} ${row.stream}`;
  const found: Condition[] = [];
  const add = (kind: ConditionKind, sentence: string, amount = 1): void => {
    found.push({ account: row.account, subject: row.stream, kind, sentence, amount });
  };
  if (isFailing(row)) add('fails', `${name} fails: ${row.last_error ?? 'the last run failed.'}`);
  else if (isStale(row, listings, now)) {
    const since = row.last_success === null ? 'yet' : `since ${showMinute(row.last_success)}`;
    add('stale', `${name}: nothing has been pulled ${since}. Run "status".`);
  }
  if (losesHeadroom(row))
    add(
      'low_headroom',
      `${name}: Zendesk begins to delete what is not stored yet in ${describeHeadroom(row)}, and nothing reads it. Run "gaps --repair".`,
    );
  if (row.quarantined > 0)
    add(
      'quarantined',
      `${name}: ${countOf(row.quarantined, 'record')} could not be stored. Run "quarantine list".`,
      row.quarantined,
    );
  if (row.losses.length > 0)
    add(
      'rows_removed',
      `${name}: stored rows are gone (${countOf(row.losses.length, 'time range')}). Run "status".`,
      row.losses.length,
    );
  const standing = describeFound(row.found);
  if (standing !== undefined)
    add(
      'not_as_stored',
      `${name}: ${standing}. ${listFound(row.found)[0] ?? ''} Run "verify --deep".`,
      row.verification_findings,
    );
  return found;
}

/** A process that stopped or died is not a failure: if no other continues, the stream becomes stale. */
const endings = new Set<string | null>(['stopped', 'process_died']);

function isFailing({
  state,
  last_error_code: code,
  last_error_at: at,
  last_success: last,
}: StreamStatus): boolean {
  if (state === 'unavailable') return true;
  if (endings.has(code)) return false;
  if (state === 'failed') return true;
  // While the next try runs, the last one counts.
  return state === 'running' && at !== null && (last === null || at > last);
}

function describeHeadroom({ headroom_seconds: seconds }: StreamStatus): string {
  const days = Math.floor((seconds ?? 0) / 86_400);
  if (days >= 1) return countOf(days, 'day');
  return `${Math.max(0, Math.floor((seconds ?? 0) / 3600))} h`;
}

/** "1 record", "1,204 records". */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A moment in UTC, to the minute. */
export function showMinute(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
