/** The rows of the archive for whatever reads every row. */
import { openArchivedRows } from '../../archive/archived-rows.ts';
import { archiveFailure } from '../../archive/failure.ts';
import { loadObjects } from '../../archive/ledger.ts';
import { openArchive } from '../../archive/store.ts';
import type { LocalConfig } from '../../config/config.ts';
import type { Queryable } from '../../database/client.ts';
import type { ArchivedRows } from '../../evidence/verification/archived-rows.ts';

/**
 * The archived rows of an account; undefined where it has none.
 *
 * @throws {KnownError} `archive_failed` where there are some, and no setting says where
 */
export async function findArchivedRows(
  db: Queryable,
  { archive: { place }, proxies }: Pick<LocalConfig, 'archive' | 'proxies'>,
  account: string,
  signal: AbortSignal,
): Promise<ArchivedRows | undefined> {
  const objects = (await loadObjects(db, { account })).filter(({ leftAt }) => leftAt !== null);
  if (objects.length === 0) return undefined;
  if (place === undefined)
    throw archiveFailure(
      `Rows of ${account} are in the archive, and ARCHIVE_URL is not set`,
      'Set it to where they were archived',
    );
  return openArchivedRows(openArchive(place, proxies, signal), objects);
}
