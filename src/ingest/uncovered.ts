/** What the sealed log says of time that no longer counts as covered. */
import type { Queryable } from '../database/client.ts';
import { noteManifest } from '../evidence/pending.ts';
import type { UncoveredSpan } from '../evidence/manifest.ts';
import type { StreamKey } from './coverage.ts';

/** An entry of the log holds at most 65,535 bytes. */
const mostListed = 500;

/** Notes spans that were taken out of the coverage, within the transaction that does so. */
export async function noteUncovered(
  tx: Queryable,
  key: StreamKey,
  spans: readonly UncoveredSpan[],
): Promise<void> {
  for (let at = 0; at < spans.length; at += mostListed)
    await noteManifest(tx, key, { kind: 'uncovered', spans: spans.slice(at, at + mostListed) });
}
