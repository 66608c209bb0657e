/** The places that hold the files of a log. */
import { openDirectory } from '../directory.ts';
import { publishLog } from '../publication.ts';
import type { Anchor } from './anchor.ts';
import { nameBucket, openBucket, type BucketConfig } from './bucket.ts';
import type { Exchange } from './exchange.ts';

/** The last tiles are written again each time: at this interval, not with each manifest. */
const publishMs = 300_000;

/** The log as files in a directory. */
export function anchorInDirectory(directory: string): Anchor {
  const store = openDirectory(directory);
  return {
    kind: 'directory',
    place: directory,
    everyMs: publishMs,
    holdsFiles: true,
    async bring(db, head) {
      await publishLog(db, head, store);
      return undefined;
    },
  };
}

/** The log as files in a bucket of S3. */
export function anchorInBucket(config: BucketConfig, exchange: Exchange): Anchor {
  return {
    kind: 'bucket',
    place: nameBucket(config),
    everyMs: publishMs,
    holdsFiles: true,
    async bring(db, head, signal) {
      await publishLog(db, head, openBucket(config, exchange, signal));
      return undefined;
    },
  };
}
