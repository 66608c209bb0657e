import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { locateBinaries } from './binaries.ts';

/** What exists of an embedded database. */
type EmbeddedState =
  | { readonly kind: 'present' }
  /** It will be created: `canBeMade` says whether its directory is writable. */
  | { readonly kind: 'absent'; readonly canBeMade: boolean };

/**
 * Looks for an embedded database without creating or starting one.
 *
 * @throws {KnownError} `embedded_unusable` when its programs are not installed for this machine
 */
export async function findEmbedded(dataDir: string): Promise<EmbeddedState> {
  await locateBinaries();
  if (await exists(join(dataDir, 'cluster', 'PG_VERSION'))) return { kind: 'present' };
  const parent = await findExisting(resolve(dataDir));
  const canBeMade = await access(parent, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  return { kind: 'absent', canBeMade };
}

/** The free bytes at the place of an existing or future path; undefined if unknown. */
export async function measureFreeBytes(path: string): Promise<number | undefined> {
  const found = await statfs(await findExisting(resolve(path))).catch(() => undefined);
  return found === undefined ? undefined : found.bavail * found.bsize;
}

async function findExisting(path: string): Promise<string> {
  return (await exists(path)) || dirname(path) === path ? path : findExisting(dirname(path));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
