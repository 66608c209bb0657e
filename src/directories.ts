/**
 * Directories that are created with their parents. Node's own recursive `mkdir` never ends where the system says "no such
 * file" about a directory whose parent exists, as it does below /proc.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a directory, and its parents where they are missing; one that exists is fine.
 *
 * @throws the system's error for the first directory that cannot be created
 */
export async function createDirectory(path: string, mode = 0o777): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  const parent = dirname(path);
  const isMissing = await stat(parent).then(
    () => false,
    () => parent !== path,
  );
  if (isMissing) await createDirectory(parent, mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another process may have been quicker.
    if ((await stat(path).catch(() => undefined))?.isDirectory() !== true) throw error;
  }
}

/** The same for callers that cannot wait. */
export function createDirectorySync(path: string, mode = 0o777): void {
  const isThere = (): boolean => existsSync(path) && statSync(path).isDirectory();
  if (isThere()) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) createDirectorySync(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isThere()) throw error;
  }
}
