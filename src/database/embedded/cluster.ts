import { randomBytes } from 'node:crypto';
import {
  access,
  chown,
  constants,
  lchown,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectory } from '../../directories.ts';
import { foreignCodeOf, KnownError } from '../../errors.ts';
import { type Account, runProgram } from './account.ts';
import { type Binaries, wayOut } from './binaries.ts';

/** The paths in the data directory. All are absolute and without symbolic links. */
export type ClusterPaths = {
  readonly dataDir: string;
  /** Postgres's own data directory (PGDATA). */
  readonly cluster: string;
  /** The superuser's password; created with the cluster, mode 0600. */
  readonly password: string;
  /** The server's own log. */
  readonly log: string;
};

/** The path of Postgres's own data directory inside the data directory. */
export const clusterName = 'cluster';

/** How to create a cluster: whether it must survive a crash of the machine, and the signal that ends this early. */
export type ClusterOptions = {
  readonly durable: boolean;
  readonly signal: AbortSignal | undefined;
  /** The only port that the server may use; undefined: any. */
  readonly port?: number | undefined;
};

const newClusterPrefix = 'cluster-new-';
const abandonedAfterMs = 10 * 60_000;

/**
 * Creates the data directory (mode 0700) if it does not exist.
 *
 * @throws {KnownError} `embedded_unusable` when it cannot be written, or is itself the data directory of some Postgres server
 */
export async function prepareDataDir(path: string): Promise<ClusterPaths> {
  try {
    await createDirectory(path, 0o700);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new KnownError('embedded_unusable', {
      found: `The data directory ${path} cannot be written (${foreignCodeOf(error)})`,
      wayOut: `choose another DATA_DIR, or ${wayOut}`,
    });
  }
  const dataDir = await realpath(path);
  if (await exists(join(dataDir, 'PG_VERSION'))) {
    throw new KnownError('embedded_unusable', {
      found: `The data directory ${path} belongs to another PostgreSQL server`,
      wayOut: `choose another DATA_DIR, or ${wayOut}`,
    });
  }
  const cluster = join(dataDir, clusterName);
  return {
    dataDir,
    cluster,
    password: join(cluster, 'password'),
    log: join(dataDir, 'postgres.log'),
  };
}

/**
 * Makes sure that there is a cluster these programs can run, and that it belongs to `account`. A new one is created under
 * another name and then renamed, so that only one of two processes succeeds, and an interrupted one leaves nothing
 * incomplete.
 *
 * @throws {KnownError} `embedded_unusable` when the programs do not run here, cannot create a cluster, or the cluster was
 *   created by another major version @throws the reason of the signal, which leaves nothing incomplete
 */
export async function prepareCluster(
  paths: ClusterPaths,
  binaries: Binaries,
  account: Account,
  { durable, signal }: ClusterOptions,
): Promise<void> {
  const version = await runProgram(account, binaries.postgres, ['--version'], signal);
  signal?.throwIfAborted();
  const expected = /PostgreSQL\) (\d+)/.exec(version.stdout)?.[1];
  if (expected === undefined) {
    throw new KnownError('embedded_unusable', {
      found: `The program ${binaries.postgres} does not run here (${tellingLine(version.stderr)})`,
      wayOut,
    });
  }
  await giveTo(account, paths);
  if (!(await exists(paths.cluster))) {
    await createCluster(paths, binaries, account, { durable, signal });
  }
  const found = await readClusterFile(join(paths.cluster, 'PG_VERSION'));
  if (found !== expected) {
    throw new KnownError('embedded_unusable', {
      found: `The data directory ${paths.dataDir} was created by PostgreSQL ${found}, but this server is PostgreSQL ${expected}`,
      wayOut: `choose another DATA_DIR, or ${wayOut}`,
    });
  }
}

/** Reads a one-line file of the cluster. @throws {KnownError} `embedded_unusable` when it is missing or not readable by this user */
export async function readClusterFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new KnownError('embedded_unusable', {
      found: `The file ${path} of the embedded database cannot be read (${foreignCodeOf(error)})`,
      wayOut: `choose another DATA_DIR, or ${wayOut}`,
    });
  }
}

async function createCluster(
  paths: ClusterPaths,
  binaries: Binaries,
  account: Account,
  { durable, signal }: ClusterOptions,
): Promise<void> {
  await removeAbandoned(paths.dataDir);
  const fresh = await mkdtemp(join(paths.dataDir, newClusterPrefix));
  const password = `${fresh}.password`;
  try {
    await writeFile(password, randomBytes(24).toString('hex'), {
      mode: 0o600,
      flag: 'wx',
      flush: durable,
    });
    if (account.identity) {
      await chown(fresh, account.identity.uid, account.identity.gid);
      await chown(password, account.identity.uid, account.identity.gid);
    }
    const args = [
      `--pgdata=${fresh}`,
      '--username=postgres',
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // macOS has no C.UTF-8 in every version. The order of ids does not depend on it: they are collate "C".
      `--locale=${process.platform === 'darwin' ? 'C' : 'C.UTF-8'}`,
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ];
    const made = await runProgram(account, binaries.initdb, args, signal);
    signal?.throwIfAborted();
    if (made.status !== 0) {
      throw new KnownError('embedded_unusable', {
        found: `initdb could not create a database in ${paths.dataDir} (${tellingLine(made.stderr)})`,
        wayOut: `choose another DATA_DIR, or ${wayOut}`,
      });
    }
    await rename(password, join(fresh, 'password'));
    await rename(fresh, paths.cluster);
    if (durable) {
      await syncDirectory(paths.cluster);
      await syncDirectory(paths.dataDir);
    }
  } catch (error) {
    // Another process created the cluster meanwhile: it is used.
    if (!['ENOTEMPTY', 'EEXIST'].includes(foreignCodeOf(error) ?? '')) throw error;
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(password, { force: true });
  }
}

async function removeAbandoned(dataDir: string): Promise<void> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith(newClusterPrefix));
  for (const path of names.map((name) => join(dataDir, name))) {
    const made = await stat(path).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > abandonedAfterMs) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function giveTo({ identity }: Account, paths: ClusterPaths): Promise<void> {
  if (!identity) return;
  const present = (await exists(paths.cluster)) ? paths.cluster : paths.dataDir;
  if ((await stat(present)).uid === identity.uid) return;
  const inside = await readdir(paths.dataDir, { recursive: true });
  for (const path of [...inside.map((name) => join(paths.dataDir, name)), paths.dataDir]) {
    await lchown(path, identity.uid, identity.gid);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The line of a failed program's output that names the cause: after it come hints and messages about cleaning up. */
function tellingLine(output: string): string {
  const lines = output.trim().split('\n');
  return lines.find((line) => /error|fatal|failed/i.test(line)) ?? lines[0] ?? '';
}
