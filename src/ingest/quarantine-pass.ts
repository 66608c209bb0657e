/** Tries the quarantine of an account again on request: without Zendesk, and under the leases of the streams. */
import { createPartitionKeeper } from '../database/partitions.ts';
import { KnownError } from '../errors.ts';
import type { Stream } from '../streams/stream.ts';
import type { Engine } from './engine.ts';
import { createLeaseKeeper, isBusy } from './lease-keeper.ts';
import type { RetryCounts } from './quarantine-release.ts';
import { retryQuarantine, type RetryChoice } from './quarantine-retry.ts';
import { examine } from './findings/examine.ts';
import { describeHolder, usualLeaseMs } from './session.ts';

/** The result for the records of one stream. */
export type RetryResult = RetryCounts & { readonly stream: string };

/**
 * Tries the records of some streams again, and brings rollups and findings up to date.
 *
 * @throws {KnownError} `lease_busy` when another process continues to pull a stream
 */
export async function retryByHand(
  parts: Pick<Engine, 'account' | 'db' | 'classify' | 'log'>,
  streams: readonly Stream[],
  choice: RetryChoice,
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<readonly RetryResult[]> {
  const { account, db } = parts;
  const ensurePartitions = createPartitionKeeper(db);
  const results: RetryResult[] = [];
  for (const stream of streams) {
    const keeper = createLeaseKeeper(
      { ...parts, holder: describeHolder(), leaseMs: usualLeaseMs, report: () => {} },
      stream.name,
    );
    const counts = await keeper.use(
      (lease, held) => retryQuarantine({ ...parts, ensurePartitions }, stream, lease, choice, held),
      signal,
      waitMs,
    );
    if (isBusy(counts))
      throw new KnownError('lease_busy', {
        found: `Another process (${counts.holder}) is pulling ${stream.name}`,
        wayOut: 'try again when it has finished, or stop it',
      });
    results.push({ stream: stream.name, ...counts });
  }
  const logs = streams.filter((stream) => stream.kind === 'log');
  await examine(db, account, logs, { signal });
  return results;
}
