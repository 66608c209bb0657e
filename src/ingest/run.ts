/** A run: one execution of a task, with its record in the ledger. */
import type { Queryable } from '../database/client.ts';
import {
  codeOf,
  explainError,
  hasCode,
  KnownError,
  makesUnavailable,
  type ErrorCode,
} from '../errors.ts';
import { fromSeconds, type Span } from '../span.ts';
import type { StreamKey } from './coverage.ts';
import type { Engine } from './engine.ts';
import type { RunCounts, RunOutcome, Task } from './events.ts';
import type { Fetch } from './fetch.ts';
import type { Lease } from './lease.ts';
import { markAvailable, noteRefusal } from './refusals.ts';
import { closeRun, openRun, type Run, type RunFailure, type Stored } from './run-record.ts';

/** The facts of one run. `code` and, in a sentence, `error` say why it did not complete. */
export type RunResult = {
  readonly stream: string;
  readonly task: Task;
  readonly outcome: RunOutcome | 'busy';
  readonly counts: RunCounts;
  readonly code: ErrorCode | undefined;
  readonly error: string | undefined;
};

/** Adds up the work of a run while it runs. */
export type Tally = {
  add(counts: Partial<RunCounts>): void;
  /** Records a span that the run reads. */
  noteSpan(span: Span): void;
  /** Records Zendesk's `x-request-id` of the newest answer. */
  noteAnswer(requestId: string | undefined): void;
  /** Records a completed fetch. */
  noteComplete(fetch: Fetch): void;
  /** Records how many pages of a listing were stored under its lease. */
  noteSteps(lease: Lease, steps: number): void;
  /** What the run has stored: it is complete only in a database that has it. */
  readonly stored: Stored;
  readonly counts: RunCounts;
  /** From the start of the earliest recorded span to the end of the latest one. */
  readonly span: Span | undefined;
  readonly requestId: string | undefined;
};

/**
 * Runs one task on one stream and records it: its start, its end, and why it failed if it did. This is the only place that
 * catches errors of the engine; each is logged here, once.
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
    run: run.run,
    account: engine.account,
    stream,
    task,
    ...describeSpan(tally.span),
    ...tally.counts,
    ms: Date.now() - startedMs,
    requestId: tally.requestId,
  });
  engine.report({ type: 'run-started', stream, task, run: run.run });
  try {
    await work(tally);
    if (await markAvailable(engine.db, key))
      engine.log.info({ ...key, run: run.run }, 'stream available again');
    await closeRun(engine.db, run, 'complete', tally.counts, undefined, tally.stored);
    engine.completed.set(`${stream} ${task}`, run);
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
    // An error that keeps the end from being recorded is logged together with the run's own error: one line.
    const note = { ...facts(), outcome, err: cause, ...unmarked, ...unrecorded };
    if (outcome === 'interrupted')
      engine.log.info({ ...facts(), ...unrecorded }, 'run interrupted');
    else if (outcome === 'unavailable') engine.log.warn(note, error);
    else engine.log.error(note, error);
    return { stream, task, outcome, counts: tally.counts, code, error };
  }
}

/** The outcome of a run that did not complete, and its cause. */
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
  if (signal.aborted && hasCode(signal.reason, 'lease_lost', 'history_changed'))
    return { outcome: 'failed', cause: signal.reason };
  const code = signal.aborted ? 'stopped' : codeOf(reason);
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

/**
 * Records the outcome of a run that did not complete. Returns the code of an error that keeps this from being recorded, if
 * any.
 */
async function recordFailure(
  { db }: Engine,
  run: Run,
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

/** An empty tally. */
export function createTally(): Tally {
  const sum = { requests: 0, new: 0, changed: 0, late: 0 };
  let hull: Span | undefined;
  let answered: string | undefined;
  let stored: Stored = { fetches: [] };
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
    noteComplete(fetch) {
      stored = { ...stored, fetches: [...stored.fetches, fetch] };
    },
    noteSteps(lease, steps) {
      stored = { ...stored, listing: { lease, steps } };
    },
    get stored() {
      return stored;
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

/** The message for a run that was stopped. */
export const stoppedSentence =
  'The run was stopped before its end. The next run goes on where it stopped.';

/** The outcome of the last run of a task; undefined if there was none, null if it never ended. */
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
