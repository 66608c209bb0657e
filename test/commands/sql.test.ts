import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram, startProcess, startProgram, temporary } from '../support/program.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { cover, storeChanges, storePeople, withStored } from '../support/report-data.ts';
import { readWorkbook } from '../support/workbook.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('sql', { concurrency: 2 }, () => {
  it('prints the answers of several statements, with names looked for in the schemas of this program', async () => {
    await withStored(async (db, settings) => {
      await storePeople(db, [{ id: 7, name: 'Joe Agent' }]);
      const source = `select id, name from users; -- and\nselect ';' as mark, 2.50 as price, now() > '2026-01-01' as late`;
      const { status, stdout, stderr } = await runProgram(['sql', source], settings);
      assert.deepEqual(
        { status, stdout, stderr },
        {
          status: 0,
          stdout: 'id  name\n7   Joe Agent\n\nmark  price  late\n;       2.5  true\n',
          stderr: '',
        },
      );
    });
  });

  it('changes nothing without --write, however somebody tries it', async () => {
    await withStored(async (db, settings) => {
      await storePeople(db, [{ id: 7, name: 'Joe Agent' }]);
      const sentence =
        'The statement would change the database, but "sql" is read-only; add --write to allow it.\n';
      for (const source of [
        'delete from zendesk.users',
        'commit; delete from zendesk.users',
        'set default_transaction_read_only = off; delete from zendesk.users',
        'with gone as (delete from zendesk.users returning 1) select * from gone',
        'drop table zendesk.users',
      ]) {
        const { status, stderr } = await runProgram(['sql', source], settings);
        assert.deepEqual([status, stderr.endsWith(sentence)], [1, true], `${source}: ${stderr}`);
      }
      assert.equal((await db.query('select from zendesk.users')).length, 1);
      const { status, stdout } = await runProgram(
        ['sql', 'delete from users', '--write'],
        settings,
      );
      assert.deepEqual([status, stdout], [0, 'DELETE 1\n']);
      assert.equal((await db.query('select from zendesk.users')).length, 0);
    });
  });

  it('says in a sentence what is wrong and where, and runs nothing after it', async () => {
    await withStored(async (_db, settings) => {
      for (const [source, sentence] of [
        [
          'select 1;\nselect é, nme\nfrom zendesk.users; select 3',
          'Postgres rejects the statement at line 2, character 8: column "é" does not exist; "\\d" and the name of a table lists its columns.',
        ],
        [
          'select 1;\n selec 2',
          'Postgres rejects the statement at line 2, character 2: syntax error at or near "selec".',
        ],
        [
          'select 1; select 1 / 0; select 3',
          'Postgres rejects the statement that begins at line 1, character 11: division by zero.',
        ],
        [
          'select 1; select * from nothing',
          'Postgres rejects the statement at line 1, character 25: relation "nothing" does not exist; "\\d" lists the tables and views.',
        ],
      ] as const) {
        const { status, stdout, stderr } = await runProgram(['sql', source], settings);
        assert.deepEqual([status, stderr], [1, `${sentence}\n`]);
        assert.doesNotMatch(stdout, /3/);
      }
      for (const [args, sentence] of [
        [['sql', ' ; -- nothing'], 'There is no statement. Write one, such as "select 1".'],
        [
          ['sql', 'select 1; select 2', '--format', 'csv'],
          'There are 2 statements. With --format or --output, write only one.',
        ],
      ] as const) {
        const { status, stderr } = await runProgram(args, settings);
        assert.deepEqual([status, stderr], [2, `${sentence}\n`]);
      }
    });
  });

  it('writes files in the forms of the reports, with coverage, gaps and limits, ids as text and counts as numbers', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [{ id: 52447634852285, created_at: '2026-01-02T00:00:00Z' }]);
      await cover(db, '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z');
      const path = join(temporary, 'answer.xlsx');
      const source = 'select id, created_at, count(*) over () as changes from audit_logs';
      const written = await runProgram(['sql', source, '--output', path], settings);
      assert.equal(written.status, 0, written.stderr);
      const [rows] = readWorkbook(readFileSync(path));
      assert.match(JSON.stringify(rows), /"52447634852285".*1/);
      const csv = await runProgram(['sql', source, '--format', 'csv'], settings);
      assert.equal(
        csv.stdout,
        'id,created_at,changes\r\n52447634852285,2026-01-02T00:00:00Z,1\r\n',
      );
      assert.match(csv.stderr, /^Coverage: acme audit_logs: read from 2026-01-01 00:00 UTC until/m);
    });
  });

  it('lists tables and views, and the columns of one', async () => {
    await withStored(async (_db, settings) => {
      const list = await runProgram(['sql', '\\d'], settings);
      assert.match(list.stdout, /^zendesk +audit_logs +table +\w/m);
      assert.match(list.stdout, /^zendesk +audit_findings +view +\w/m);
      assert.doesNotMatch(list.stdout, /audit_logs_\d/);
      const columns = await runProgram(['sql', '\\d zendesk.users'], settings);
      assert.match(columns.stdout, /^role +text +admin, agent or end-user\.$/m);
      const unknown = await runProgram(['sql', '\\x'], settings);
      assert.deepEqual(
        [unknown.status, unknown.stderr.slice(0, 26)],
        [2, '\\x is not a known command.'],
      );
    });
  });

  it('reads statements from stdin, and stops silently when its reader has left', async () => {
    await withStored(async (_db, settings) => {
      const call = `echo 'select generate_series(1, 100000) as n; select 2' | "$0" "$1" sql | head -2`;
      const piped = startProcess(
        ['bash', '-o', 'pipefail', '-c', call, process.execPath, main],
        settings,
      );
      const { status, stdout, stderr } = await piped.ended;
      assert.deepEqual([status, stdout, stderr], [0, '  n\n  1\n', '']);
    });
  });

  it('cancels the running statement on Ctrl-C, at once and in the server', async () => {
    await withStored(async (db, settings) => {
      const sql = startProgram(['sql', 'select pg_sleep(600)'], settings);
      const running = `select from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active'`;
      await waitUntil(async () => (await db.query(running)).length === 1);
      sql.kill('SIGINT');
      const { status, stderr } = await sql.ended;
      assert.deepEqual([status, stderr], [1, 'The statement was cancelled.\n']);
      // Postgres tells the client before it shows it.
      await waitUntil(async () => (await db.query(running)).length === 0);
    });
  });
});
