import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type SimulatorSettings,
  startSimulator,
  type Simulator,
} from '../../src/simulator/simulator.ts';
import { createTestDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';
import {
  runProgram,
  settingsFor,
  startProgram,
  temporary,
  type Environment,
} from '../support/program.ts';
import { smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// The embedded database has it.
returnToMachineClock();

/** What the log says while a command tries again: once, because it ends within half a minute. */
const waitingLine =
  /^\{.*"waitMs":\d+,"until":"[^"]+","msg":"waiting for Postgres, trying again"\}\n/;

describe('a database that cannot be used', { concurrency: true }, () => {
  const password = 'kr7-database-password';

  it('ends each command but serve, which waits, with one sentence and status 1 when nobody answers at its address', async () => {
    await withAccount(smallAccount, async ({ settings }) => {
      const url = `postgres://zls:${password}@127.0.0.1:1/zendesk`;
      const ends = [['status'], ['migrate'], ['sync']].map(async (args) => {
        const { status, stdout, stderr, ms } = await runProgram(args, {
          ...settings,
          DATABASE_URL: url,
        });
        assert.deepEqual(
          { args, status, stdout, stderr: stderr.replace(waitingLine, '') },
          {
            args,
            status: 1,
            stdout: '',
            stderr:
              'Postgres cannot be reached (ECONNREFUSED). Check that it is running and that DATABASE_URL points to it.\n',
          },
        );
        assert.ok(ms < patienceMs, `${args.join(' ')} took ${ms} ms`);
      });
      await Promise.all(ends);
    });
  });

  it('ends each command with one sentence and status 1 when its server accepts and stays silent', async () => {
    await withAccount(smallAccount, async ({ settings }) => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
      await once(silent.listen(0, '127.0.0.1'), 'listening');
      const { port } = silent.address() as AddressInfo;
      const url = `postgres://zls:${password}@127.0.0.1:${port}/zendesk`;
      try {
        const ends = [['status'], ['sync']].map(async (args) => {
          const { status, stdout, stderr, ms } = await runProgram(args, {
            ...settings,
            DATABASE_URL: url,
          });
          assert.deepEqual({ args, status, stdout }, { args, status: 1, stdout: '' });
          // Progress comes before it.
          assert.match(
            stderr.replace(waitingLine, ''),
            /^(\w+ .* rows.*\n)*Postgres cannot be reached \(.+\)\. Check that it is running and that DATABASE_URL points to it\.\n$/,
          );
          assert.ok(ms < patienceMs, `${args.join(' ')} took ${ms} ms`);
        });
        await Promise.all(ends);
      } finally {
        for (const socket of sockets) socket.destroy();
        silent.close();
      }
    });
  });

  it('ends with the words of Postgres, without the password, when the role or the database is not there', async () => {
    const database = await createTestDatabase();
    const elsewhere = new URL(database.url);
    elsewhere.pathname = '/no_such_database';
    const nobody = new URL(database.url);
    nobody.username = 'nobody_of_this_name';
    nobody.password = password;
    try {
      const table: [URL, RegExp][] = [
        [
          elsewhere,
          /^Postgres refused: database "no_such_database" does not exist \(SQLSTATE 3D000\)\.\n$/,
        ],
        [nobody, /^Postgres refused: .*"nobody_of_this_name".* \(SQLSTATE 28(P01|000)\)\.\n$/],
      ];
      for (const [url, sentence] of table) {
        for (const args of [['status'], ['migrate']]) {
          const { status, stdout, stderr } = await runProgram(args, { DATABASE_URL: url.href });
          assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
          assert.match(stderr, sentence);
        }
      }
    } finally {
      await database.drop();
    }
  });
});

describe(
  'without DATABASE_URL the embedded database',
  // It brings its own programs; those of another version have nothing to do with it.
  { skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined, concurrency: true },
  () => {
    it('is made in DATA_DIR, and later commands find there what earlier ones stored', () =>
      withDirectory('kept', smallAccount, async ({ settings }) => {
        const first = await runProgram(['sync', 'users', '--json'], settings);
        assert.equal(first.status, 0, first.stderr);
        const { status: pulled } = JSON.parse(first.stdout) as { status: { rows: number }[] };
        assert.ok((pulled[0]?.rows ?? 0) >= 40);
        const second = await runProgram(['status', '--json'], settings);
        assert.equal(second.status, 0, second.stderr);
        const [users] = JSON.parse(second.stdout) as { stream: string; rows: number }[];
        assert.deepEqual([users?.stream, users?.rows], ['users', pulled[0]?.rows]);
      }));

    it('is used by two commands at once', () =>
      withDirectory('shared', smallAccount, async ({ settings }) => {
        const service = startProgram(['serve'], settings);
        const span = ['--from', '2020-01-01', '--to', '2100-01-01'];
        const [backfill, status] = await Promise.all([
          runProgram(['backfill', 'audit_logs', ...span], settings),
          service.waitFor(/"started"/).then(() => runProgram(['status'], settings)),
        ]);
        assert.equal(backfill.status, 0, backfill.stderr);
        assert.equal(status.status, 0, status.stderr);
        service.kill('SIGTERM');
        assert.equal((await service.ended).status, 0);
      }));

    it('continues for a command when the one that started it ends', () => {
      const slow = { ...smallAccount, answerMs: 100, auditLogRowsPerDay: 60 };
      return withDirectory('handed-over', slow, async ({ settings, simulator }) => {
        const owner = startProgram(['serve'], { ...settings, STREAMS: 'users' });
        await owner.waitFor(/"run complete"/);
        const guest = startProgram(['sync', 'audit_logs'], settings);
        await waitUntil(() => simulator.requests().some(({ stream }) => stream === 'audit_logs'));
        owner.kill('SIGTERM');
        assert.equal((await owner.ended).status, 0);
        const { status, stderr } = await guest.ended;
        assert.equal(status, 0, stderr);
      });
    });
  },
);

/** Runs `work` with an account, and settings that pull it into a data directory of that name. */
async function withDirectory(
  name: string,
  simulatorSettings: SimulatorSettings,
  work: (account: { simulator: Simulator; settings: Environment }) => Promise<void>,
): Promise<void> {
  const simulator = await startSimulator(simulatorSettings);
  const { DATABASE_URL: _, ...zendesk } = settingsFor(simulator, '');
  try {
    await work({ simulator, settings: { ...zendesk, DATA_DIR: join(temporary, name) } });
  } finally {
    await simulator.stop();
  }
}
