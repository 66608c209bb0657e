/** What the last page of a fetch adds to the coverage, within its transaction. */
import type { Queryable } from '../database/client.ts';
import { subtract } from '../span.ts';
import { addCoverage, addRescan, lockStream, type StreamKey } from './coverage.ts';
import { loadLostSince } from './losses.ts';
import type { PageEnd } from './page-to-store.ts';

type CompleteEnd = Extract<PageEnd, { readonly kind: 'complete' }>;

/** What a fetch completed and nobody has taken away since it was opened. Nobody else changes the coverage until the end of the transaction. */
export async function withoutLost(
  tx: Queryable,
  key: StreamKey,
  fetch: string,
  { kind, coverage, rescans }: CompleteEnd,
): Promise<CompleteEnd> {
  // Two cursors may end neighbouring spans at once; each must see the other's span to join it.
  await lockStream(tx, key);
  const lost = await loadLostSince(tx, key, fetch);
  return {
    kind,
    coverage: subtract(coverage, lost),
    rescans: rescans.flatMap(({ ageSeconds, span }) =>
      subtract([span], lost).map((read) => ({ ageSeconds, span: read })),
    ),
  };
}

/** Adds it to the coverage, within the same transaction. */
export async function recordCoverage(
  tx: Queryable,
  key: StreamKey,
  { coverage, rescans }: CompleteEnd,
): Promise<void> {
  for (const span of coverage) await addCoverage(tx, key, span);
  for (const { ageSeconds, span } of rescans) await addRescan(tx, key, ageSeconds, span);
}
