import type { ErrorCode } from '../errors.ts';
import type { Queryable } from './client.ts';
import type { StreamKey } from './coverage.ts';

/** What a run does: follow the log, fill its gaps, or list the people. */
export type Task = 'live' | 'backfill' | 'listing';

/** The end of a run. Anything but `complete` means that something asked for was not done. */
export type RunOutcome = 'complete' | 'failed' | 'unavailable' | 'interrupted';

/** What a run did. */
export type RunCounts = {
  readonly requests: number;
  readonly new: number;
  readonly changed: number;
  readonly late: number;
};

/** Records the start of a run and returns its number. */
export async function openRun(
  db: Queryable,
  { account, stream }: StreamKey,
  task: Task,
  holder: string,
): Promise<string> {
  const [row] = await db.query<{ run: string }>(
    `insert into zendesk_sync.runs (account, stream, task, holder) values ($1, $2, $3, $4) returning id::text as run`,
    [account, stream, task, holder],
  );
  if (row === undefined) throw new Error('The new run was not recorded.');
  return row.run;
}

/** Why a run did not complete: the code, and a sentence for the operator. */
export type RunFailure = { readonly code: ErrorCode; readonly error: string };

/** Records the end of a run. */
export async function closeRun(
  db: Queryable,
  run: string,
  outcome: RunOutcome,
  counts: RunCounts,
  failure: RunFailure | undefined,
): Promise<void> {
  await db.query(
    `update zendesk_sync.runs
     set ended_at = now(), outcome = $2, error_code = $3, error = $4, requests = $5, rows_new = $6, rows_changed = $7,
       rows_late = $8
     where id = $1::bigint`,
    [
      run,
      outcome,
      failure?.code ?? null,
      failure?.error ?? null,
      counts.requests,
      counts.new,
      counts.changed,
      counts.late,
    ],
  );
}

/** The outcome of the last run of a task; undefined when there was none, null when it never ended. */
export async function loadLastOutcome(
  db: Queryable,
  { account, stream }: StreamKey,
  task: Task,
): Promise<RunOutcome | null | undefined> {
  const [row] = await db.query<{ outcome: RunOutcome | null }>(
    `select outcome from zendesk_sync.runs
     where account = $1 and stream = $2 and task = $3
     order by id desc
     limit 1`,
    [account, stream, task],
  );
  return row?.outcome;
}
