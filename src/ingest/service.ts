import { explainError } from '../errors.ts';
import type { Log } from '../logger.ts';
import type { RunResult } from './run.ts';
import type { StreamWorker } from './stream-worker.ts';

/** One stream of the running service. */
export type Routine = {
  /** Follows the stream now, then fills its gaps beside the next ticks. Does nothing while the last tick still runs. */
  tick(): void;
  /** Ends the watch for abandoned work; resolves when nothing of the stream runs any more. */
  settle(): Promise<void>;
};

/** A stream that Zendesk refuses is looked at again after this time. */
const lookAgainMs = 3_600_000;

/** How often a routine that has nothing to do looks whether another process has left work behind. */
const watchMs = 3000;

/**
 * What the service does with one stream at each tick. Following never waits for filling, so the newest rows are fresh
 * even during a long backfill; streams do not share their fate. Between the ticks it takes over what another process has
 * left unfinished: it need not wait for the next tick, which may be an hour away.
 *
 * @param afterFill hears of new rows in old spans: they may bring people whom nobody knows yet
 */
export function createRoutine(
  worker: StreamWorker,
  log: Log,
  signal: AbortSignal,
  afterFill: () => void = () => {},
): Routine {
  let following: Promise<void> | undefined;
  let filling: Promise<void> | undefined;
  let restUntilMs = 0;
  let looking: Promise<void> | undefined;
  const watch = setInterval(() => {
    if (following === undefined && filling === undefined && !signal.aborted)
      looking ??= takeOver().finally(() => (looking = undefined));
  }, watchMs).unref();

  async function takeOver(): Promise<void> {
    // What keeps the question from being answered keeps the next tick from its work, and is said there.
    if (await worker.isAbandoned().catch(() => false)) tick();
  }

  function tick(): void {
    if (following !== undefined || signal.aborted || Date.now() < restUntilMs) return;
    following = guard(follow()).finally(() => (following = undefined));
  }

  async function follow(): Promise<void> {
    const result = await worker.follow(signal);
    noteOutcome(result);
    // Old rows expire at the source: a fault in following, if only a record that cannot be read, must not keep them waiting.
    if (['complete', 'failed'].includes(result.outcome) && !signal.aborted)
      filling ??= guard(fill()).finally(() => (filling = undefined));
  }

  async function fill(): Promise<void> {
    const result = await worker.fill(signal);
    if (result === undefined) return;
    noteOutcome(result);
    if (result.counts.new > 0) afterFill();
  }

  function noteOutcome({ outcome, error, stream }: RunResult): void {
    restUntilMs = outcome === 'unavailable' ? Date.now() + lookAgainMs : 0;
    if (outcome === 'busy') log.debug({ stream }, error ?? 'busy');
  }

  async function guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (signal.aborted) return;
      log.error({ stream: worker.name, err: error }, explainError(error));
    }
  }

  return {
    tick,
    async settle() {
      clearInterval(watch);
      await looking;
      await following;
      await filling;
    },
  };
}
