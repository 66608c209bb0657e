/** Whether the archive is the one that rows were brought to before, and keeps them: a folder may be a mount that is not there, or another. */
import type { Queryable } from '../database/client.ts';
import { archiveFailure } from './failure.ts';
import type { ArchiveStore } from './store.ts';

/** So many of the newest are looked for where the very newest is missing, besides the oldest. */
const mostLooks = 20;

/**
 * @param isLossAccepted the operator has confirmed that the newest object is lost permanently: then other objects are enough
 * @throws {KnownError} `archive_failed` when it does not have the object whose rows left the tables last
 */
export async function refuseOtherPlace(
  db: Queryable,
  store: ArchiveStore,
  isLossAccepted = false,
): Promise<void> {
  // By the clock of the database and not by what is shown of it: two runs may fall into one second.
  const left = await db.query<{ object: string }>(
    `select object from zendesk_sync.archived_objects
     where left_at is not null and spoiled_at is null order by left_at desc, account, object desc`,
  );
  const [newest, ...others] = left;
  if (newest === undefined || (await isThere(store, newest.object))) return;
  for (const { object } of [...others.slice(0, mostLooks), ...others.slice(-1)])
    if (await isThere(store, object)) {
      if (isLossAccepted) return;
      throw archiveFailure(
        `In ${store.name}, ${newest.object}, which was archived last, is gone, and others are there: a lifecycle rule of the bucket expires objects, or somebody has deleted it. What is archived there would go as well`,
        'Nothing was dropped. End that rule, lock the bucket (Object Lock), and put the object back from an earlier version or with "archive repair --from"; if it is lost permanently, "archive run --accept-loss" continues without it',
      );
    }
  throw archiveFailure(
    `${store.name} does not have ${newest.object}, which was archived last: it is another archive, or a mount that is not there`,
    'Nothing was dropped. Mount it, set ARCHIVE_URL back, or copy the archive to the new place first',
  );
}

async function isThere(store: ArchiveStore, object: string): Promise<boolean> {
  return (await store.readPart(object, 0, 4)) !== undefined;
}
