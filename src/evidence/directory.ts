/** Files of sealed logs in a directory (EVIDENCE_DIR). */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDirectory } from '../directories.ts';
import { foreignCodeOf, KnownError } from '../errors.ts';
import type { FileStore } from './publication.ts';

/** Files below a directory, which is made when the first is written. */
export function openDirectory(directory: string): FileStore {
  const read = (path: string) => readIfPresent(join(directory, path), directory);
  const replace = (path: string, bytes: Buffer) =>
    writeWhole(join(directory, path), bytes, directory);
  return {
    name: directory,
    read,
    async create(path, bytes) {
      if ((await read(path)) !== undefined) return false;
      await replace(path, bytes);
      return true;
    },
    replace,
    removeFolder: async (path) => {
      await rm(join(directory, path), { recursive: true, force: true }).catch((error: unknown) =>
        explain(error, directory, 'written'),
      );
    },
  };
}

async function readIfPresent(path: string, directory: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (foreignCodeOf(error) === 'ENOENT') return undefined;
    return explain(error, directory, 'read');
  }
}

/** Under another name first: a process that dies leaves no half of a file behind. */
async function writeWhole(path: string, bytes: Buffer, directory: string): Promise<void> {
  try {
    await createDirectory(dirname(path));
    await writeFile(`${path}.new`, bytes, { flush: true });
    await rename(`${path}.new`, path);
  } catch (error) {
    explain(error, directory, 'written');
  }
}

function explain(error: unknown, directory: string, deed: string): never {
  const code = foreignCodeOf(error);
  if (code === undefined) throw error;
  throw new KnownError('anchor_failed', {
    found: `EVIDENCE_DIR is ${directory}, which cannot be ${deed} (${code})`,
    wayOut: 'Check that the directory is there, its permissions and the space on its disk',
    systemCode: code,
  });
}
