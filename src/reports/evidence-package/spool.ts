/** Temporary files for content that is written at the same time but enters the archive one file after the other. */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBatch } from '../shared/text.ts';

/** Text that is kept for later. */
export type Spool = {
  readonly write: (text: string) => Promise<void>;
  /** Everything that was written; to be read once, at the end. */
  readonly read: () => AsyncGenerator<Buffer>;
};

/** Separate spools, which are deleted after `work`. They are in the directory for temporary files (TMPDIR). */
export async function withSpools<T>(
  work: (create: () => Promise<Spool>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'zendesk-log-sync-'));
  const closing: (() => Promise<void>)[] = [];
  try {
    return await work(async () => {
      const path = join(folder, String(closing.length));
      const file = await open(path, 'wx', 0o600);
      closing.push(() => file.close());
      const batch = createBatch(async (text) => file.appendFile(text));
      return {
        write: (text) => batch.add(text),
        async *read() {
          await batch.flush();
          yield* createReadStream(path) as AsyncIterable<Buffer>;
        },
      };
    });
  } finally {
    for (const close of closing) await close();
    await rm(folder, { recursive: true, force: true });
  }
}
