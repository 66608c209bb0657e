import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * The user that Postgres programs run as here, because Postgres refuses to run as root: a command put before the
 * program's own (`unshare …`), or a user to switch to, or neither.
 */
export type Account = {
  readonly prefix: readonly string[];
  readonly identity: Identity | undefined;
};

type Identity = {
  readonly uid: number;
  readonly gid: number;
};

/** How a program ended. `status` is null if it could not be started or was killed by a signal. */
type ProgramResult = {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/**
 * Chooses the account for the cluster in `clusterDir` (which may not exist yet) inside `dataDir`. For an ordinary user: the
 * same user. For root: the owner of the existing files; otherwise a user namespace in which root looks like an ordinary user
 * to Postgres, so that root still owns the files and a 0700 checkout is still readable; otherwise, if namespaces are not
 * allowed, `postgres` or `nobody`, who must then own the data directory. A user without a name (only a number, as in a
 * container) gets a namespace too, because initdb needs a name.
 */
export async function chooseAccount(
  dataDir: string,
  clusterDir: string,
  postgres: string,
): Promise<Account> {
  const asWeAre = { prefix: [], identity: undefined };
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && hasName()) return asWeAre;
  const users = readUsers();
  if (isRoot) {
    const present = existsSync(clusterDir) ? clusterDir : dataDir;
    const { uid, gid } = statSync(present);
    if (uid !== 0 && (present === clusterDir || users.some((user) => user.uid === uid))) {
      return { prefix: [], identity: { uid, gid } };
    }
  }
  const user =
    users.find(({ name }) => name === 'postgres') ??
    users.find(({ name }) => name === 'nobody') ??
    users.find(({ uid }) => uid !== 0);
  if (!user) return asWeAre;
  const namespaced = {
    prefix: ['unshare', '-U', `--map-user=${user.uid}`, `--map-group=${user.gid}`],
    identity: undefined,
  };
  const probe = await runProgram(namespaced, postgres, ['--version']);
  const isForbidden = probe.status === null || probe.stderr.startsWith('unshare:');
  if (!isForbidden) return namespaced;
  return isRoot ? { prefix: [], identity: { uid: user.uid, gid: user.gid } } : asWeAre;
}

/**
 * Runs a Postgres program to its end, or until the signal, which kills it and its children. Never rejects.
 */
export async function runProgram(
  account: Account,
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<ProgramResult> {
  const [command = program, ...rest] = [...account.prefix, program, ...args];
  return new Promise((resolve) => {
    const child = spawn(command, rest, {
      ...account.identity,
      env: programEnvironment(),
      // No path is relative, and the account may have no access to the current directory.
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      // A separate process group: Ctrl-C at the terminal is for this process, which decides what to do.
      detached: true,
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
    const kill = (): void => killGroup(child.pid);
    if (signal?.aborted === true) kill();
    signal?.addEventListener('abort', kill, { once: true });
    const end = (status: number | null, stderr: string): void => {
      signal?.removeEventListener('abort', kill);
      resolve({ status, stdout: texts.stdout, stderr });
    };
    child.once('error', (error) => end(null, error.message));
    child.once('close', (status, killedBy) => end(status, texts.stderr || (killedBy ?? '')));
  });
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** The environment of Postgres programs: not ours, which contains credentials and perhaps PGPORT and similar. */
export function programEnvironment(): Record<string, string> {
  const environment: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC', PATH: programPath() };
  const libraries = process.env['LD_LIBRARY_PATH'];
  if (libraries !== undefined) environment['LD_LIBRARY_PATH'] = libraries;
  return environment;
}

/**
 * The command to put directly before a program so that the kernel interrupts it when this process dies for any reason. Empty
 * if `setpriv` does not exist (macOS).
 */
export function dieWithParent(): string[] {
  const exists = programPath()
    .split(':')
    .some((dir) => existsSync(join(dir, 'setpriv')));
  return process.platform === 'linux' && exists ? ['setpriv', '--pdeathsig', 'INT'] : [];
}

function programPath(): string {
  return process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
}

function hasName(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

function readUsers(): ({ name: string } & Identity)[] {
  if (!existsSync('/etc/passwd')) return [];
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}
