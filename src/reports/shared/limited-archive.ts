/** An archive that is read within limits, so that an answer of the page leaves the service to its work. */
import { archiveFailure } from '../../archive/failure.ts';
import type { ArchiveStore } from '../../archive/store.ts';

/** How much of the archive one answer may read, and how long. */
export type ReadingLimits = { readonly mostMs: number; readonly mostBytes: number };

/** A store that is read within limits. A place that does not answer ends the question as well. */
export function limitReading(
  store: ArchiveStore,
  { mostMs, mostBytes }: ReadingLimits,
): ArchiveStore {
  const endMs = performance.now() + mostMs;
  let bytes = 0;
  const limit = async (reading: () => Promise<Buffer | undefined>): Promise<Buffer | undefined> => {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) throw tooLong(store, mostMs);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(tooLong(store, mostMs)), leftMs);
    try {
      const read = await Promise.race([reading(), late.promise]);
      bytes += read?.length ?? 0;
      if (bytes > mostBytes) throw tooMuch(store, mostBytes);
      return read;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    ...store,
    read: (path) => limit(() => store.read(path)),
    readPart: (path, from, until) => limit(() => store.readPart(path, from, until)),
  };
}

const advice = 'Choose a shorter time range or a narrower filter, or use the command "report"';

function tooLong({ name }: ArchiveStore, mostMs: number): Error {
  return archiveFailure(
    `The archive in ${name} was read for ${mostMs / 1000} seconds without an end, and the page reads it no longer than that`,
    advice,
  );
}

function tooMuch({ name }: ArchiveStore, mostBytes: number): Error {
  return archiveFailure(
    `The answer needs more than ${Math.round(mostBytes / 1_000_000).toLocaleString('en-US')} MB of the archive in ${name}, and the page reads no more`,
    advice,
  );
}
