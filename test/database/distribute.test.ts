import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { places } from '../../src/database/spread/places.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { withLedger } from '../support/ledger.ts';
import { runProgram } from '../support/program.ts';
import { provideCitus } from '../support/citus-double.ts';

const tablesAt = (place: string): readonly string[] =>
  Object.keys(places).filter((name) => places[name] === place);

describe('the places of tables on a server with Citus', () => {
  it('are known for each table', async () => {
    await withLedger(async (db) => {
      const found = await db.query<{ name: string; has_account: boolean }>(
        `select n.nspname || '.' || c.relname as name,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account') as has_account
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname like 'zendesk%' and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
      );
      assert.deepEqual(
        found.map(({ name }) => name),
        Object.keys(places).toSorted(),
      );
      // Without an account there is nothing to spread by.
      const without = found.filter((table) => !table.has_account).map(({ name }) => name);
      assert.deepEqual(
        tablesAt('by_account').filter((name) => without.includes(name)),
        [],
      );
    });
  });

  it('go with the foreign keys: both tables are whole on each server', async () => {
    await withLedger(async (db) => {
      const found = await db.query<{ from: string; to: string }>(
        `select k.conrelid::regclass::text as from, k.confrelid::regclass::text as to from pg_constraint k
         where k.contype = 'f' and k.conrelid::regclass::text like 'zendesk%'`,
      );
      assert.deepEqual(
        found.map(({ from, to }) => [places[from], places[to]]),
        found.map(() => ['everywhere', 'everywhere']),
      );
    });
  });
});

describe('distribute', () => {
  it('refuses a database without Citus with one sentence and status 2', async () => {
    await withLedger(async (_, url) => {
      const refused = await runProgram(['distribute'], { DATABASE_URL: url });
      assert.deepEqual(
        { status: refused.status, stdout: refused.stdout, stderr: refused.stderr },
        {
          status: 2,
          stdout: '',
          stderr:
            'This database has no Citus, so there are no servers to spread its tables over. Create the extension citus and add the servers (docs/scale.md), then run "distribute" again.\n',
        },
      );
    });
  });

  it('makes reference tables first, then spreads the others together, each once', async () => {
    await withLedger(async (db, url) => {
      // A log has triggers, and so have its partitions.
      await createPartitionKeeper(db)(accessLogs.table, [Date.UTC(2026, 9, 1)]);
      const calls = await provideCitus(db);
      const settings = { DATABASE_URL: url };
      const planned = await runProgram(['distribute', '--dry-run'], settings);
      assert.deepEqual(
        { status: planned.status, stderr: planned.stderr },
        { status: 0, stderr: '' },
      );
      assert.match(planned.stdout, /create_distributed_table\('zendesk\.access_logs', 'account'/);
      assert.deepEqual(await calls(), [], 'nothing is done yet');

      const done = await runProgram(['distribute'], settings);
      assert.deepEqual({ status: done.status, stderr: done.stderr }, { status: 0, stderr: '' });
      const first = await calls();
      const [lead = '', ...others] = tablesAt('by_account');
      assert.deepEqual(
        first.filter((call) => /^create_(?:reference|distributed)_table/.test(call)),
        [
          ...tablesAt('everywhere').map((name) => `create_reference_table ${name}`),
          `create_distributed_table ${lead} by account beside none`,
          ...others.map((name) => `create_distributed_table ${name} by account beside ${lead}`),
        ],
      );
      assert.deepEqual(
        first.filter((call) => call.startsWith('truncate')).toSorted(),
        [...tablesAt('everywhere'), ...tablesAt('by_account')]
          .map((name) => `truncate ${name}`)
          .toSorted(),
      );
      assert.ok(first.includes('create_distributed_function zendesk.is_denied(smallint)'));
      // It reads a table of the coordinator.
      assert.ok(!first.some((call) => call.includes('archived_spans')));
      assert.deepEqual(
        await db.query(
          `select tgname::text as name, tgrelid::regclass::text as table from pg_trigger
           where not tgisinternal and tgrelid::regclass::text ~ '^zendesk(_partitions)?[.]'`,
        ),
        [],
      );
      assert.deepEqual(
        await db.query(
          `select conrelid::regclass::text as table from pg_constraint where contype = 'f'`,
        ),
        [{ table: 'zendesk.audit_patterns' }],
      );

      const again = await runProgram(['distribute'], settings);
      assert.equal(again.status, 0);
      const second = (await calls()).slice(first.length);
      assert.deepEqual(
        second.filter((call) => !call.startsWith('create_distributed_function')),
        first.filter((call) => call.startsWith('run_command')),
      );
      // What starts next makes no triggers where Citus allows none.
      const other = openDatabase({ url });
      await createPartitionKeeper(other)(accessLogs.table, [Date.UTC(2026, 10, 1)]).finally(() =>
        other.close(),
      );
      assert.deepEqual(
        await db.query(
          `select tgrelid::regclass::text from pg_trigger where tgname = 'note_deleted_rows'`,
        ),
        [],
      );
    });
  });

  it('stops with the reason when a server cannot do what is asked', async () => {
    await withLedger(async (db, url) => {
      await provideCitus(db, { refuses: 'role "zendesk_reader" cannot be made' });
      const refused = await runProgram(['distribute'], { DATABASE_URL: url });
      assert.equal(refused.status, 2);
      assert.equal(
        refused.stderr,
        'A server of Citus could not do what was asked: role "zendesk_reader" cannot be made. Correct it there, then run "distribute" again.\n',
      );
    });
  });
});
