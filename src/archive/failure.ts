/** Why something of the archive cannot be done, in one sentence. */
import { KnownError } from '../errors.ts';

/** The error for an object, or for the rows that should become one. Nothing is dropped after it. */
export function archiveFailure(found: string, wayOut?: string): KnownError {
  return new KnownError('archive_failed', { found, wayOut });
}
