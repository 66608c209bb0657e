/** Whether the archive has rows that name somebody or something: what a hold keeps there. */
import { archiveFailure } from '../archive/failure.ts';
import { loadObjects, type ArchivedObject } from '../archive/ledger.ts';
import { searchArchive } from '../archive/search.ts';
import type { ArchiveStore } from '../archive/store.ts';
import type { Queryable } from '../database/client.ts';
import type { Span } from '../span.ts';
import type { LogStream } from '../streams/stream.ts';

/** The objects of a log whose rows are in the archive alone, and may be of a span. */
export async function loadLeft(
  db: Queryable,
  account: string,
  stream: string | undefined,
  { from, to }: Span = { from: -Infinity, to: Infinity },
): Promise<readonly ArchivedObject[]> {
  return (await loadObjects(db, { account, stream })).filter(
    ({ leftAt, first, last }) =>
      leftAt !== null && Number(first[0]) < to * 1e6 && Number(last[0]) >= from * 1e6,
  );
}

/**
 * Whether any archived row of a span names all of some ids, as whoever acted or in what it is about: when in doubt, it does.
 *
 * @throws {KnownError} `archive_failed` when the archive cannot be read
 */
export async function hasArchivedNaming(
  db: Queryable,
  store: ArchiveStore | undefined,
  {
    account,
    log,
    span,
  }: { readonly account: string; readonly log: LogStream; readonly span: Span },
  ids: readonly string[],
): Promise<boolean> {
  const [first, ...others] = ids;
  for (const object of await loadLeft(db, account, log.name, span)) {
    if (store === undefined) throw unknownPlace(account);
    if (first === undefined) return true;
    const found = await searchArchive(store, log.table, [object], {
      from: span.from * 1e6,
      until: span.to * 1e6,
      words: [first],
      mostRows: Infinity,
      fits: ({ actor, values }) =>
        others.every((id) =>
          new RegExp(`(?<![0-9a-z])${RegExp.escape(id)}(?![0-9a-z])`, 'i').test(
            [actor, ...values].join(' '),
          ),
        ),
    });
    if (found.length > 0) return true;
  }
  return false;
}

/** What is in the archive is to go, and nothing says where that is. */
export function unknownPlace(account: string): Error {
  return archiveFailure(
    `Rows of ${account} are in the archive, and ARCHIVE_URL is not set`,
    'Set it to where they were archived: nothing was taken away',
  );
}
