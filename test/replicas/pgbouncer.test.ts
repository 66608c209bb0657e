import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { runProgram, settingsFor } from '../support/program.ts';
import { withClient } from '../support/query.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { findPgBouncer, startPooler } from './pooler.ts';
import { findBusy, findSuccessor, stopWithinCopy } from './replacement.ts';
import { oneMinuteAccount, stopAll, withReplicas } from './replicated-account.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// Postgres uses it to show how long a statement has been running.
returnToMachineClock();

const found = findPgBouncer();
const pgbouncer = found ?? 'pgbouncer';
const skip =
  found === undefined &&
  'pgbouncer is not installed: neither in PATH nor in /usr/sbin (Debian: apt-get install pgbouncer)';

/** Connections to the server for all processes together: only a few, because that is the purpose of a pooler. */
const poolSize = 3;

describe('PgBouncer in transaction mode before the database', { skip, concurrency: true }, () => {
  it('works with migrations, concurrent passes, the status and reports', async () => {
    const database = await createEmptyTestDatabase();
    const pooler = await startPooler(pgbouncer, database.url, poolSize);
    const simulator = await startSimulator({
      limits: false,
      accessLogDays: 20,
      accessLogRowsPerDay: 600,
      auditLogDays: 60,
      auditLogRowsPerDay: 20,
    });
    try {
      const settings = settingsFor(simulator, pooler.url);
      const run = async (...args: string[]): Promise<string> => {
        const { status, stdout, stderr } = await runProgram(args, settings);
        assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
        return stdout;
      };
      const migrated = await Promise.all([run('migrate'), run('migrate')]);
      const idle = migrated.filter((text) => text === 'The database is up to date.\n');
      assert.equal(idle.length, 1, migrated.join('\n'));
      await Promise.all([run('sync'), run('sync')]);
      const status = JSON.parse(await run('status', '--json')) as {
        stream: string;
        gaps: number;
      }[];
      assert.deepEqual(
        status.filter(({ stream }) => stream !== 'users').map(({ gaps }) => gaps),
        [0, 0],
      );
      const report = await run(
        'report',
        'account-settings',
        '--from',
        '2020-01-01',
        '--format',
        'csv',
      );
      assert.ok(report.split('\n').length > 10, report);
      await withClient(database.url, async (query) => {
        for (const [stream, time] of [
          ['audit_logs', 'created_at'],
          ['access_logs', 'timestamp'],
        ] as const) {
          // The query may not have shown what happened a moment ago.
          const until = new Date(Date.now() - 600_000);
          const shown = [...simulator.records(stream, new Date(0), until)];
          const [stored] = await query<{ rows: number; ids: number }>(
            `select count(*)::integer as rows, count(distinct id)::integer as ids
             from zendesk.${stream} where ${time} < $1`,
            [until],
          );
          assert.deepEqual(stored, { rows: shown.length, ids: shown.length }, stream);
        }
        const sessions = await query(
          `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
             and backend_type = 'client backend'`,
        );
        assert.ok(sessions.length > 0 && sessions.length <= poolSize, `${sessions.length}`);
        const left = await query(
          `select locktype, mode from pg_locks join pg_stat_activity using (pid)
           where pid <> pg_backend_pid() and backend_type = 'client backend' and datname = current_database()`,
        );
        assert.deepEqual(left, [], 'no lock was left behind in a session');
      });
    } finally {
      await simulator.stop();
      await pooler.stop();
      await database.drop();
    }
  });

  it('may refuse the settings of a connection: those of the database are still overridden', async () => {
    const database = await createEmptyTestDatabase();
    const pooler = await startPooler(pgbouncer, database.url, poolSize);
    const db = openDatabase({ url: pooler.url });
    try {
      await withClient(database.url, async (query) => {
        const [row] = await query<{ name: string }>('select current_database() as name');
        for (const setting of [
          "datestyle = 'German'",
          "timezone = 'Asia/Kathmandu'",
          'extra_float_digits = -15',
          "search_path = ''",
        ])
          await query(`alter database ${row?.name} set ${setting}`);
      });
      const moment = new Date('2026-03-04T05:06:07.890Z');
      const statement = `select $1::timestamptz as moment, $1::timestamptz::date::text as day, extract(epoch from $1::timestamptz)::float8 as seconds`;
      const expected = [{ moment, day: '2026-03-04', seconds: moment.getTime() / 1000 }];
      assert.deepEqual(await db.query(statement, [moment]), expected);
      assert.deepEqual(await db.transaction((tx) => tx.query(statement, [moment])), expected);
      const read: unknown[] = [];
      for await (const row of db.read(statement, [moment])) read.push(row);
      assert.deepEqual(read, expected);
    } finally {
      await db.close();
      await pooler.stop();
      await database.drop();
    }
  });

  it('does not keep a process that is frozen in the middle of COPY from being replaced', async () => {
    await withReplicas(oneMinuteAccount, async (account) => {
      const pooler = await startPooler(pgbouncer, account.databaseUrl, poolSize);
      try {
        const replicas = ['a', 'b'].map((name) => account.start(name, pooler.url));
        const holder = await findBusy(account, replicas, 10_000);
        await stopWithinCopy(account, holder);
        await findSuccessor(account, replicas, holder);
        const before = await account.countPages(holder);
        holder.kill('SIGCONT');
        await account.whenComplete();
        await account.assertTrue();
        assert.equal(await account.countPages(holder), before);
        await stopAll(replicas);
      } finally {
        await pooler.stop();
      }
    });
  });
});
