/** Connections for files, which may take minutes: none of those that the views wait for. */
import { Readable } from 'node:stream';
import { openDatabase, type Database } from '../../database/client.ts';
import { KnownError } from '../../errors.ts';
import type { Download, FileQuestion } from '../../page/question.ts';

/** Rows are read with one, and what belongs to them with the other. */
const connections = 2;
/** Whoever does not receive a file within this time gets no more of it. */
const longestMs = 900_000;
/** More of them wait only when somebody asks again and again. */
const mostWaiting = 8;

type Send = (file: Download, body: Download['body']) => Response;

/** Makes files, one after the other; each is over when its last byte is sent, or nobody receives it any more. */
export function createLending(
  url: string,
  findRole: () => Promise<string | undefined>,
): (
  rights: FileQuestion['rights'],
  make: (db: Database) => Promise<Download>,
  send: Send,
) => Promise<Response> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (rights, make, send) => {
    if (waiting >= mostWaiting)
      throw new KnownError('database_slow', { found: 'Too many files are being made' });
    waiting += 1;
    const former = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await former;
    let db: Database | undefined;
    const end = async (): Promise<void> => {
      waiting -= 1;
      await (db?.close() ?? Promise.resolve()).finally(resolve);
    };
    try {
      const role = rights === 'page' ? await findRole() : undefined;
      db = openDatabase({ url, purpose: 'page file', connections, patienceMs: 0, role });
      const file = await make(db);
      if (!Buffer.isBuffer(file.body)) return send(file, passOn(file.body, end));
      const response = send(file, file.body);
      await end();
      return response;
    } catch (error) {
      await end();
      throw error;
    }
  };
}

/** The same content, after which `end` is called in any case. */
function passOn(body: AsyncIterable<Uint8Array>, end: () => Promise<void>): Readable {
  const stream = Readable.from(body, { objectMode: false });
  const timer = setTimeout(() => stream.destroy(), longestMs);
  stream.once('close', () => {
    clearTimeout(timer);
    void end();
  });
  return stream;
}
