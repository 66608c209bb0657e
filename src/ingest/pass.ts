import type { RunResult } from './run.ts';
import type { StreamWorker } from './stream-worker.ts';

/** What one complete pass did with a stream. */
export type StreamPass = {
  readonly stream: string;
  /** True only if everything that was wanted and to be had is stored now. */
  readonly complete: boolean;
  readonly runs: readonly RunResult[];
};

/** How long a pass waits for another process to finish with a stream: longer than a dead process keeps its lease. */
export const leasePatienceMs = 60_000;

/**
 * Does everything once: follows each stream to the present and fills its gaps. The logs are pulled side by side; people
 * come last, because the logs say who is to be looked up. A stream that fails does not keep the others.
 */
export async function runPass(
  workers: readonly StreamWorker[],
  signal: AbortSignal,
): Promise<StreamPass[]> {
  const logs = workers.filter(({ name }) => name !== 'users');
  const people = workers.filter(({ name }) => name === 'users');
  const passes = await Promise.all(logs.map((worker) => passStream(worker, signal)));
  for (const worker of people) passes.push(await passStream(worker, signal));
  const order = workers.map(({ name }) => name as string);
  return passes.toSorted((a, b) => order.indexOf(a.stream) - order.indexOf(b.stream));
}

async function passStream(worker: StreamWorker, signal: AbortSignal): Promise<StreamPass> {
  const runs = [await worker.follow(signal, leasePatienceMs)];
  // A fault in following, if only a record that cannot be read, does not keep the gaps: old rows expire at the source.
  if (runs.every(({ outcome }) => outcome === 'complete' || outcome === 'failed')) {
    const filled = await worker.fill(signal, leasePatienceMs);
    if (filled !== undefined) runs.push(filled);
  }
  return {
    stream: worker.name,
    complete: runs.every(({ outcome }) => outcome === 'complete'),
    runs,
  };
}
