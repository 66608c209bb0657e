import { codeOf, explainError, KnownError, makesUnavailable, type ErrorCode } from '../errors.ts';
import type { StreamKey } from '../database/coverage.ts';
import {
  closeRun,
  openRun,
  type RunCounts,
  type RunFailure,
  type RunOutcome,
  type Task,
} from '../database/runs.ts';
import { markAvailable, markUnavailable } from '../database/streams.ts';
import { fromSeconds, type Span } from '../span.ts';
import type { Engine } from './engine.ts';

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
    return {
      stream,
      task,
      outcome: 'complete',
      counts: tally.counts,
      code: undefined,
      error: undefined,
    };
  } catch (error) {
    const code = judgeError(error, signal);
    const outcome: RunOutcome =
      code === 'stopped' ? 'interrupted' : makesUnavailable(code) ? 'unavailable' : 'failed';
    const sentence = explainEnd(error, outcome);
    if (error instanceof KnownError) tally.noteAnswer(error.requestId);
    const unrecorded = await recordFailure(engine, key, run, outcome, tally.counts, {
      code,
      error: sentence,
    });
    // Whatever keeps the end from being recorded is told with what it is the end of: one error, one line.
    const note = { ...facts(), outcome, err: error, ...unrecorded };
    if (outcome === 'interrupted')
      engine.log.info({ ...facts(), ...unrecorded }, 'run interrupted');
    else if (outcome === 'unavailable') engine.log.warn(note, sentence);
    else engine.log.error(note, sentence);
    return { stream, task, outcome, counts: tally.counts, code, error: sentence };
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

function explainEnd(error: unknown, outcome: RunOutcome): string {
  return outcome === 'interrupted'
    ? 'The run was stopped before its end. The next run goes on where it stopped.'
    : explainError(error);
}
