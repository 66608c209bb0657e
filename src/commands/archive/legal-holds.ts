/** Passes holds on to the objects of the archive. */
import { loadObjects } from '../../archive/ledger.ts';
import { openArchive } from '../../archive/store.ts';
import type { LocalConfig } from '../../config/config.ts';
import type { Database } from '../../database/client.ts';
import { applyLegalHolds } from '../../retention/legal-holds.ts';
import { listLogs } from '../../streams/registry.ts';
import type { Stream } from '../../streams/stream.ts';
import { formatNumber } from '../terminal/words.ts';

/** What it came to: sentences, and whether every object is as the holds ask for. */
type PassedOn = { readonly sentences: readonly string[]; readonly isWhole: boolean };

/** Puts the objects of an account under legal holds, and takes those off that no hold asks for any more. */
export async function passOnHolds(
  db: Database,
  { archive: { place }, proxies }: Pick<LocalConfig, 'archive' | 'proxies'>,
  streams: readonly Stream[],
  account: string,
  signal: AbortSignal,
): Promise<PassedOn> {
  if (place === undefined) {
    const objects = await loadObjects(db, { account });
    const sentence = `ARCHIVE_URL is not set, so the legal holds of the ${nameObjects(objects.length)} in the archive were not looked at. Set it and run "archive run".`;
    return objects.length === 0
      ? { sentences: [], isWhole: true }
      : { sentences: [sentence], isWhole: false };
  }
  const store = openArchive(place, proxies, signal);
  const applied = await applyLegalHolds(db, { store, streams: listLogs(streams), account, signal });
  const { put, taken, refused, without } = applied;
  const right = 'the right s3:PutObjectLegalHold is missing. "archive run" tries again';
  const told: readonly (readonly [number, string])[] = [
    [put, `were put under a legal hold in ${store.name}`],
    [taken, `are no longer under a legal hold in ${store.name}`],
    [refused.put, `could not be put under a legal hold in ${store.name}: ${right}`],
    [refused.taken, `are still under a legal hold in ${store.name}: ${right}`],
    [without, `have rows of holds; ${store.name} is a directory, which knows no legal holds`],
  ];
  return {
    sentences: told
      .filter(([objects]) => objects > 0)
      .map(([objects, what]) => `Objects of the archive: ${formatNumber(objects)} ${what}.`),
    isWhole: refused.put === 0,
  };
}

function nameObjects(count: number): string {
  return count === 1 ? '1 object' : `${formatNumber(count)} objects`;
}
