/** A run: one execution of a task, with its record in the ledger. */
import type { Queryable } from '../database/client.ts';
import { codeOf, explainError, KnownError, makesUnavailable, type ErrorCode } from '../errors.ts';
import { fromSeconds, type Span } from '../span.ts';
import type { StreamKey } from './coverage.ts';
import type { Engine } from './engine.ts';
import type { RunCounts, RunOutcome, Task } from './events.ts';
import { markAvailable, noteRefusal } from './refusals.ts';

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
    const { outcome, cause, ...unmarked } = await judgeEnd(engine, key, reason, signal);
    const code = outcome === 'interrupted' ? 'stopped' : codeOf(cause);
    const error = outcome === 'interrupted' ? stoppedSentence : explainError(cause);
    if (reason instanceof KnownError) tally.noteAnswer(reason.requestId);
    const failure = { code, error };
    const unrecorded = await recordFailure(engine, run, outcome, tally.counts, failure);
    // Whatever keeps the end from being recorded is told with what it is the end of: one error, one line.
    const note = { ...facts(), outcome, err: cause, ...unmarked, ...unrecorded };
    if (outcome === 'interrupted')
      engine.log.info({ ...facts(), ...unrecorded }, 'run interrupted');
    else if (outcome === 'unavailable') engine.log.warn(note, error);
    else engine.log.error(note, error);
    return { stream, task, outcome, counts: tally.counts, code, error };
  }
}

/** How a run ended that did not complete, and by what. */
type RunEnd = {
  readonly outcome: RunOutcome;
  readonly cause: unknown;
  readonly unrecorded?: ErrorCode;
};

async function judgeEnd(
  { db }: Engine,
  key: StreamKey,
  reason: unknown,
  signal: AbortSignal,
): Promise<RunEnd> {
  const code = judgeError(reason, signal);
  if (code === 'stopped') return { outcome: 'interrupted', cause: reason };
  if (!(reason instanceof KnownError) || !makesUnavailable(code))
    return { outcome: 'failed', cause: reason };
  try {
    const cause = await noteRefusal(db, key, reason);
    return { outcome: cause === reason ? 'unavailable' : 'failed', cause };
  } catch (error) {
    return { outcome: 'failed', cause: reason, unrecorded: codeOf(error) };
  }
}

/** Records how a run ended that did not complete; the code of what keeps that from being recorded, if anything does. */
async function recordFailure(
  { db }: Engine,
  run: string,
  outcome: RunOutcome,
  counts: RunCounts,
  failure: RunFailure,
): Promise<{ unrecorded?: ErrorCode }> {
  try {
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
