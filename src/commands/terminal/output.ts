/** The destination of a report: stdout, or a file that is complete or does not exist. */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { finished } from 'node:stream/promises';
import { foreignCodeOf, KnownError, refuseInput } from '../../errors.ts';
import type { Write } from '../../reports/shared/report.ts';

/** A written file, so that records about it can be compared with it. */
type WrittenFile = { readonly name: string; readonly bytes: number; readonly sha256: string };

/** A destination for a report. `finish` or `abandon` must be called at the end. */
export type ReportOutput = {
  /** Rejects with `output_failed` if the destination is full, with `output_closed` if its reader has left. */
  readonly write: Write;
  /** Everything is written: moves a file to its place and describes it; undefined if it is not a file. */
  finish(): Promise<WrittenFile | undefined>;
  /** Removes the file. */
  abandon(): Promise<void>;
};

const ignoreError = (): void => {};

/** A stream as output, with its back pressure. It stays open. `place` is its name in error messages. */
export function writeToStream(stream: NodeJS.WritableStream, place = 'The output'): ReportOutput {
  // The callback of a write gets the error too; without a listener it would end the process.
  stream.on('error', ignoreError);
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(explainOutputError(place, error));
        });
      }),
    finish: async () => undefined,
    abandon: async () => {},
  };
}

/**
 * Opens a file as output: written beside its place and renamed when complete. A device, or anything else that is not a
 * regular file, is written directly.
 *
 * @throws {KnownError} `bad_input` when it cannot be written
 */
export async function writeToFile(path: string): Promise<ReportOutput> {
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => undefined);
  if (existing?.isDirectory() === true)
    throw refuseInput([`--output is "${path}", which is a folder. Use the name of a file.`]);
  if (existing?.isFile() === false) return writeDirectly(path, target);

  const partial = `${target}.${randomBytes(4).toString('hex')}.partial`;
  const file = await open(partial, 'wx', existing?.mode ?? 0o666).catch((error: unknown) => {
    throw refuse(path, error);
  });
  const hash = createHash('sha256');
  return {
    async write(data) {
      hash.update(data);
      await file.appendFile(data).catch((error: unknown) => {
        throw explainOutputError(`"${path}"`, error);
      });
    },
    async finish() {
      // After a crash of the machine, the name must not exist without the content.
      await file.sync();
      const { size } = await file.stat();
      await file.close();
      await rename(partial, target).catch(async (error: unknown) => {
        await rm(partial, { force: true });
        throw refuse(path, error);
      });
      return { name: basename(path), bytes: size, sha256: hash.digest('hex') };
    },
    async abandon() {
      await file.close();
      await rm(partial, { force: true });
    },
  };
}

async function writeDirectly(path: string, target: string): Promise<ReportOutput> {
  const stream = createWriteStream(target);
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (error) => reject(refuse(path, error)));
  });
  const end = async (): Promise<undefined> => {
    stream.end();
    await finished(stream).catch(() => {});
  };
  return { ...writeToStream(stream, `"${path}"`), finish: end, abandon: end };
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user is not allowed to write there',
  EPERM: 'this user is not allowed to write there',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'its name is too long',
};

function refuse(path: string, error: unknown): KnownError {
  return refuseInput([
    `--output is "${path}", which cannot be written: ${explain(error)}. Use a file in a folder that you can write to.`,
  ]);
}

function explainOutputError(place: string, error: unknown): KnownError {
  const systemCode = foreignCodeOf(error);
  return new KnownError(systemCode === 'EPIPE' ? 'output_closed' : 'output_failed', {
    found: `${place} could not be written completely: ${explain(error)}`,
    systemCode,
  });
}

function explain(error: unknown): string {
  const code = foreignCodeOf(error);
  return reasons[code ?? ''] ?? code ?? 'the reason is unknown';
}
