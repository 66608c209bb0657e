/** The state of the reports of REPORTS_FILE, for everything that shows it: status, doctor, alerts, the page. */
import type { Queryable } from '../database/client.ts';

/** A scheduled report. */
export type ReportStanding = {
  readonly account: string;
  readonly report: string;
  /** When its writing last ended; null while it is written for the first time. */
  readonly finished_at: Date | null;
  readonly next_due_at: Date;
  /** The file that was written last; null: none yet. */
  readonly file: string | null;
  readonly rows: number | null;
  /** Why the last time failed; null when it did not. */
  readonly error: string | null;
};

/** Loads the reports that somebody still writes: one that is no longer in the file has no next time. */
export async function loadReports(db: Queryable): Promise<readonly ReportStanding[]> {
  return db.query<ReportStanding>(
    `select account, report, finished_at, next_due_at, file, rows, error from zendesk_sync.scheduled_reports
     where next_due_at > now() - interval '1 day' order by account, report`,
  );
}

/** That a report could not be written, without a point at the end; undefined where it was. */
export function describeFailedReport(standing: ReportStanding): string | undefined {
  const { account, report, error, finished_at: at } = standing;
  if (error === null) return undefined;
  const when = at === null ? '' : ` at ${showMinute(at)}`;
  return `${account}: the scheduled report ${report} could not be written${when}: ${error.replace(/\.$/, '')}`;
}

/** The state of a report, as a sentence. */
export function describeReport(standing: ReportStanding): string {
  const { account, report, finished_at: at, next_due_at: next, file, rows } = standing;
  const then = `next ${showMinute(next)}.`;
  const failed = describeFailedReport(standing);
  if (failed !== undefined) return `${failed}; ${then}`;
  const name = `${account}: the scheduled report ${report}`;
  if (at === null) return `${name} is being written; ${then}`;
  if (file === null) return `${name} was not due yet; ${then}`;
  const count = rows === null ? '' : ` (${rows.toLocaleString('en-US')} rows)`;
  return `${name} was written at ${showMinute(at)}${count}; ${then}`;
}

/** A moment in UTC, to the minute. */
function showMinute(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
