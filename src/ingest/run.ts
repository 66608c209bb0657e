/** A run: one execution of a task, with its record in the ledger. */
import type { Queryable } from '../database/client.ts';
import { codeOf, explainError, KnownError, makesUnavailable, type ErrorCode } from '../errors.ts';
import { fromSeconds, type Span } from '../span.ts';
import type { StreamKey } from './coverage.ts';
import type { Engine } from './engine.ts';
import type { RunCounts, RunOutcome, Task } from './events.ts';

/** The facts of one run. `code` and, in a sentence, `error` say why it did not complete. */
export type RunResult = {
  readonly stream: string;
  readonly task: Task;
  readonly outcome: RunOutcome | 'busy';
  readonly counts: RunCounts;
  readonly code: ErrorCode | undefined;
  readonly error: string | undefined;
};

/** Adds up what a run does while it does it. */
export type Tally = {
  add(counts: Partial<RunCounts>): void;
  /** Notes a span that the run reads. */
  noteSpan(span: Span): void;
  /** Notes Zendesk's `x-request-id` of the newest answer. */
  noteAnswer(requestId: string | undefined): void;
  readonly counts: RunCounts;
  /** From the start of the earliest span noted to the end of the latest one. */
  readonly span: Span | undefined;
  readonly requestId: string | undefined;
};

/**
 * Runs one task on one stream and records it: its start, its end, and why it failed if it did. This is the one place
 * where an error of the engine ends; it is logged here, once.
 *
 * @throws {KnownError} when the start of the run cannot be recorded
 */
export async function recordRun(
  engine: Engine,
  stream: string,
  task: Task,
  signal: AbortSignal,
  work: (tally: Tally) => Promise<void>,
): Promise<RunResult> {
  const key: StreamKey = { account: engine.account, stream };
  const tally = createTally();
  const run = await openRun(engine.db, key, task, engine.holder);
  const startedMs = Date.now();
  const facts = (): object => ({
    run,
    account: engine.account,
    stream,
    task,
    ...describeSpan(tally.span),
    ...tally.counts,
    ms: Date.now() - startedMs,
    requestId: tally.requestId,
  });
  engine.report({ type: 'run-started', stream, task, run });
  try {
    await work(tally);
    if (await markAvailable(engine.db, key))
      engine.log.info({ ...key, run }, 'stream available again');
    await closeRun(engine.db, run, 'complete', tally.counts, undefined);
    engine.log.info(facts(), 'run complete');
    const nothing = { code: undefined, error: undefined };
    return { stream, task, outcome: 'complete', counts: tally.counts, ...nothing };
  } catch (reason) {
    const code = judgeError(reason, signal);
    const outcome: RunOutcome =
      code === 'stopped' ? 'interrupted' : makesUnavailable(code) ? 'unavailable' : 'failed';
    const error = outcome === 'interrupted' ? stoppedSentence : explainError(reason);
    if (reason instanceof KnownError) tally.noteAnswer(reason.requestId);
    const failure = { code, error };
    const unrecorded = await recordFailure(engine, key, run, outcome, tally.counts, failure);
    // Whatever keeps the end from being recorded is told with what it is the end of: one error, one line.
    const note = { ...facts(), outcome, err: reason, ...unrecorded };
    if (outcome === 'interrupted')
      engine.log.info({ ...facts(), ...unrecorded }, 'run interrupted');
    else if (outcome === 'unavailable') engine.log.warn(note, error);
    else engine.log.error(note, error);
    return { stream, task, outcome, counts: tally.counts, code, error };
  }
}

/** Records how a run ended that did not complete; the code of what keeps that from being recorded, if anything does. */
async function recordFailure(
  { db }: Engine,
  key: StreamKey,
  run: string,
  outcome: RunOutcome,
  counts: RunCounts,
  failure: RunFailure,
): Promise<{ unrecorded?: ErrorCode }> {
  try {
    if (outcome === 'unavailable') await markUnavailable(db, key, failure.code, failure.error);
    await closeRun(db, run, outcome, counts, failure);
    return {};
  } catch (error) {
    return { unrecorded: codeOf(error) };
  }
}

/** A tally of nothing yet. */
export function createTally(): Tally {
  const sum = { requests: 0, new: 0, changed: 0, late: 0 };
  let hull: Span | undefined;
  let answered: string | undefined;
  return {
    add(counts) {
      sum.requests += counts.requests ?? 0;
      sum.new += counts.new ?? 0;
      sum.changed += counts.changed ?? 0;
      sum.late += counts.late ?? 0;
    },
    noteSpan({ from, to }) {
      hull = { from: Math.min(hull?.from ?? from, from), to: Math.max(hull?.to ?? to, to) };
    },
    noteAnswer(requestId) {
      answered = requestId ?? answered;
    },
    counts: sum,
    get span() {
      return hull;
    },
    get requestId() {
      return answered;
    },
  };
}

function describeSpan(span: Span | undefined): { from?: string; until?: string } {
  return span === undefined
    ? {}
    : { from: fromSeconds(span.from).toISOString(), until: fromSeconds(span.to).toISOString() };
}

function judgeError(error: unknown, signal: AbortSignal): ErrorCode {
  return signal.aborted && codeOf(signal.reason) !== 'lease_lost' ? 'stopped' : codeOf(error);
}

/** What is said of a run that was stopped. */
export const stoppedSentence =
  'The run was stopped before its end. The next run goes on where it stopped.';

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
type RunFailure = { readonly code: ErrorCode; readonly error: string };

/** Records the end of a run. */
export async function closeRun(
  db: Queryable,
  run: string,
  outcome: RunOutcome,
  counts: RunCounts,
  failure: RunFailure | undefined,
): Promise<void> {
  const { requests, new: fresh, changed, late } = counts;
  await db.query(
    `update zendesk_sync.runs
     set ended_at = now(), outcome = $2, error_code = $3, error = $4, requests = $5, rows_new = $6, rows_changed = $7,
       rows_late = $8
     where id = $1::bigint`,
    [run, outcome, failure?.code ?? null, failure?.error ?? null, requests, fresh, changed, late],
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

/** Marks a stream as refused by Zendesk, with the code and the sentence that says what to do; the first moment stays. */
async function markUnavailable(
  db: Queryable,
  { account, stream }: StreamKey,
  code: ErrorCode,
  reason: string,
): Promise<void> {
  await db.query(
    `update zendesk_sync.streams
     set unavailable_since = coalesce(unavailable_since, now()), unavailable_code = $3, unavailable_reason = $4
     where account = $1 and stream = $2`,
    [account, stream, code, reason],
  );
}

/** Marks a stream as answering again; says whether it did not before. */
async function markAvailable(db: Queryable, { account, stream }: StreamKey): Promise<boolean> {
  const rows = await db.query(
    `update zendesk_sync.streams
     set unavailable_since = null, unavailable_code = null, unavailable_reason = null
     where account = $1 and stream = $2 and unavailable_since is not null
     returning 1`,
    [account, stream],
  );
  return rows.length > 0;
}
