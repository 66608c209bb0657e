/** Which process writes a scheduled report, and what was written: `zendesk_sync.scheduled_reports`. */
import type { Queryable } from '../../database/client.ts';

/** A report of an account. */
type ReportKey = { readonly account: string; readonly report: string };

/** What the ledger knows about a scheduled report. */
type ReportState = {
  readonly due_at: Date;
  readonly next_due_at: Date;
  readonly finished_at: Date | null;
};

/** How long a process may write without renewing its claim. */
const leaseSeconds = 60;
/** How often it renews its claim. */
export const renewalMs = 15_000;
/** Recorded before the database's clock was set back: its holder renews it within seconds if it is alive. */
const longestLeaseSeconds = 4 * leaseSeconds;

const isFree = `(finished_at is not null or expires_at <= clock.at
  or expires_at > clock.latest)`;

/**
 * Registers a report; one with a new schedule begins with its next time. @returns what is known about it
 */
export async function registerReport(
  db: Queryable,
  { account, report }: ReportKey,
  schedule: string,
  now: Date,
  next: Date,
): Promise<ReportState> {
  await db.query(
    `insert into zendesk_sync.scheduled_reports as s (account, report, schedule, due_at, next_due_at, finished_at)
     values ($1, $2, $3, $4, $5, $4)
     on conflict (account, report) do update
     set schedule = excluded.schedule, due_at = excluded.due_at, next_due_at = excluded.next_due_at,
       finished_at = excluded.finished_at, expires_at = null
     where s.schedule <> excluded.schedule`,
    [account, report, schedule, now, next],
  );
  const [state] = await db.query<ReportState>(
    `select due_at, next_due_at, finished_at from zendesk_sync.scheduled_reports where account = $1 and report = $2`,
    [account, report],
  );
  if (state === undefined) throw new Error('A report that was made known is not known.');
  return state;
}

/**
 * Claims the writing of a report for one of its times.
 *
 * @returns `taken`; `done` when it was written for this time or a later one; `busy` while another process writes it
 */
export async function takeReport(
  db: Queryable,
  { account, report }: ReportKey,
  { due, next, holder }: { readonly due: Date; readonly next: Date; readonly holder: string },
): Promise<'taken' | 'busy' | 'done'> {
  const taken = await db.query(
    `update zendesk_sync.scheduled_reports
     set due_at = $3, next_due_at = $4, holder = $5, finished_at = null,
       expires_at = clock.until
     from (select clock_timestamp() as at, clock_timestamp() + interval '${leaseSeconds} seconds' as until,
       clock_timestamp() + interval '${longestLeaseSeconds} seconds' as latest) as clock
     -- Its own when the answer to the same statement was lost.
     where account = $1 and report = $2 and (${isFree} or (holder = $5 and due_at = $3))
       and (due_at < $3 or (due_at = $3 and finished_at is null))
     returning report`,
    [account, report, due, next, holder],
  );
  if (taken.length > 0) return 'taken';
  const done = await db.query(
    `select from zendesk_sync.scheduled_reports
     where account = $1 and report = $2 and (due_at > $3 or (due_at = $3 and finished_at is not null))`,
    [account, report, due],
  );
  return done.length > 0 ? 'done' : 'busy';
}

/** Renews the claim of the process that writes. */
export async function renewReport(
  db: Queryable,
  { account, report }: ReportKey,
  holder: string,
): Promise<void> {
  await db.query(
    `update zendesk_sync.scheduled_reports set expires_at = clock.until
     from (select clock_timestamp() as at, clock_timestamp() + interval '${leaseSeconds} seconds' as until) as clock
     where account = $1 and report = $2 and holder = $3 and finished_at is null`,
    [account, report, holder],
  );
}

/** How the writing of a report ended. */
type ReportEnd = { readonly file: string; readonly rows: number } | { readonly error: string };

/** Records the end of the writing; after an error, the previously written file stays recorded. */
export async function finishReport(
  db: Queryable,
  { account, report }: ReportKey,
  holder: string,
  end: ReportEnd,
): Promise<void> {
  const written = 'file' in end ? end : { file: null, rows: null };
  await db.query(
    `update zendesk_sync.scheduled_reports
     set finished_at = clock.at, error = $4, file = coalesce($5, file), rows = coalesce($6, rows)
     from (select clock_timestamp() as at) as clock
     where account = $1 and report = $2 and holder = $3 and finished_at is null`,
    [account, report, holder, 'error' in end ? end.error : null, written.file, written.rows],
  );
}

/** Releases a report that was not written: another process, or the next start, takes it at once. */
export async function returnReport(
  db: Queryable,
  { account, report }: ReportKey,
  holder: string,
): Promise<void> {
  await db.query(
    `update zendesk_sync.scheduled_reports set expires_at = clock.at
     from (select clock_timestamp() as at) as clock
     where account = $1 and report = $2 and holder = $3 and finished_at is null`,
    [account, report, holder],
  );
}
