/** A witness of C2SP tlog-witness: litewitness, with its key in an ssh-agent of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import {
  formatVerifierKey,
  parseVerifierKey,
  type VerifierKey,
} from '../../src/evidence/forms/keys.ts';
import { emptyRoot } from '../../src/evidence/forms/merkle.ts';
import { findFreePort } from './free-port.ts';
import { patienceMs } from './patience.ts';

/** A running witness. */
export type Witness = {
  /** Its submission prefix. */
  readonly url: string;
  readonly key: VerifierKey;
  stop(): Promise<void>;
};

/** Starts a witness that knows one log, but has seen nothing of it yet. Needs OpenSSH. */
export async function startWitness(program: string, logKey: VerifierKey): Promise<Witness> {
  const folder = mkdtempSync(join(tmpdir(), 'zls-witness-'));
  const [socket, keyFile] = [join(folder, 'agent'), join(folder, 'key')];
  const database = join(folder, 'witness.db');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  // It prints the place of its socket once it listens there.
  await once(agent.stdout, 'data');
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile]);
  run('ssh-add', ['-q', keyFile], socket);
  const [, fingerprint = ''] = run('ssh-keygen', ['-l', '-f', `${keyFile}.pub`]).split(' ');
  const address = `127.0.0.1:${await findFreePort()}`;
  // prettier-ignore
  const args = [
    '-name', 'witness.example/one', '-key', fingerprint, '-ssh-agent', socket, '-listen', address,
    '-db', database,
  ];
  const witness = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = await readUntilListening(witness.stderr);
  addLog(database, logKey);
  return {
    url: `http://${address}`,
    key: parseVerifierKey(/vkey=(\S+)/.exec(said)?.[1] ?? ''),
    async stop() {
      await end(witness);
      await end(agent);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Its own program for this is not available, so the test inserts the two rows into its database. */
function addLog(path: string, logKey: VerifierKey): void {
  const database = new DatabaseSync(path, { timeout: patienceMs });
  database
    .prepare('insert into log values (?, 0, ?)')
    .run(logKey.name, emptyRoot.toString('base64'));
  database.prepare('insert into key values (?, ?)').run(logKey.name, formatVerifierKey(logKey));
  database.close();
}

async function readUntilListening(output: NodeJS.ReadableStream): Promise<string> {
  const said: string[] = [];
  const lines = createInterface(output);
  await new Promise<void>((resolve, reject) => {
    // Its output is read completely, so that the witness never waits for a reader.
    lines.on('line', (line) => {
      said.push(line);
      if (line.includes('msg=listening')) resolve();
    });
    lines.once('close', () => reject(new Error(`litewitness ended: ${said.join(' | ')}`)));
  });
  return said.join('\n');
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

function run(program: string, args: readonly string[], socket = ''): string {
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}
