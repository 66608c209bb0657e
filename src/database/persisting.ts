/** Work that is done again after a lost connection. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRepeatable, translateError } from './connection-errors.ts';

/** How long to keep trying, and who hears about it. */
type Patience = {
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((error: unknown, waitMs: number) => void) | undefined;
};

const retryDelaysMs = [100, 250, 500, 1000, 2000, 3000, 4000, 4000];

/** Does `work`, again and again where that may help. Errors are known ones. */
export async function persist<T>(
  work: () => Promise<T>,
  { patienceMs, signal, onRetry }: Patience,
): Promise<T> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (const [tries, delayMs] of retryDelaysMs.entries()) {
    try {
      return await work();
    } catch (error) {
      // The first try may have taken long before its connection was lost, or this process was frozen.
      const late = performance.now() > giveUpAtMs && (tries > 0 || patienceMs === 0);
      if (!isRepeatable(error) || signal?.aborted === true || late) throw translateError(error);
      onRetry?.(translateError(error), giveUpAtMs - performance.now());
    }
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
  return work().catch((error: unknown) => {
    throw translateError(error);
  });
}
