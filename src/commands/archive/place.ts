/** The archive that the settings name. */
import { openArchive, type ArchiveStore } from '../../archive/store.ts';
import type { LocalConfig } from '../../config/config.ts';
import { refuseInput } from '../../errors.ts';

/** Opens it. @throws {KnownError} `bad_input` where none is named */
export function openArchiveOf(
  { archive: { place }, proxies }: LocalConfig,
  signal: AbortSignal,
): ArchiveStore {
  if (place === undefined)
    throw refuseInput([
      'ARCHIVE_URL is not set. Set it to a directory, or to a bucket and a prefix such as s3://acme-archive/zendesk.',
    ]);
  return openArchive(place, proxies, signal);
}
