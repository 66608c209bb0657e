import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { findFreePort } from '../support/free-port.ts';
import { runProgram, settingsFor, startProgram } from '../support/program.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';
import { findSessionState } from './session-state.ts';
import { startStatementRecorder } from './statement-recorder.ts';

const dayMs = 86_400_000;

describe('the search for what a statement leaves in its session', () => {
  for (const text of [
    `set statement_timeout = 5`,
    `begin; set session time zone 'UTC'`,
    `select 1; RESET ALL`,
    `listen rows`,
    `prepare p as select 1`,
    `create temp table t (a int)`,
    `select a into temporary b from c`,
    `declare c cursor with hold for select 1`,
    `select pg_advisory_lock(1)`,
    `do $$ begin perform pg_try_advisory_lock(1); end $$`,
    `select pg_advisory_xact_lock(1)`,
    `select set_config('a.b', 'c', false)`,
    `select currval('s')`,
  ])
    it(`finds it in: ${text}`, () => {
      assert.equal(findSessionState({ text, name: '' }).length, 1);
    });

  it('finds it in a prepared statement with a name', () => {
    assert.deepEqual(findSessionState({ text: 'select 1', name: 'p' }), ['prepared as p']);
  });

  for (const text of [
    `begin; set local idle_in_transaction_session_timeout = '10s'`,
    `set transaction read only; set local statement_timeout = 5`,
    `update t set a = 1`,
    `comment on table t is 'set; reset'`,
    `create function f() returns int language sql set search_path = '' as $$ select 1; set $$`,
    `with h as materialized (select set_config('synchronous_commit', 'off', true)) select 1`,
    `declare wanted no scroll cursor for select 1`,
  ])
    it(`finds nothing in: ${text}`, () => {
      assert.deepEqual(findSessionState({ text, name: '' }), []);
    });
});

describe('the program', () => {
  it('leaves nothing in a session of Postgres, with any command', async () => {
    const database = await createEmptyTestDatabase();
    const recorder = await startStatementRecorder(database.url);
    const simulator = await startSimulator({
      limits: false,
      accessLogDays: 10,
      accessLogRowsPerDay: 300,
      auditLogDays: 30,
      auditLogRowsPerDay: 20,
    });
    try {
      const settings = settingsFor(simulator, recorder.url);
      const run = async (...args: string[]): Promise<void> => {
        const { status, stdout, stderr } = await runProgram(args, settings);
        assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
      };
      await run('migrate');
      await serve();
      const day = (daysAgo: number): string =>
        new Date(Date.now() - daysAgo * dayMs).toISOString().slice(0, 10);
      const agent = String(simulator.users().find(({ active }) => active)?.id);
      const [change] = [...simulator.records('audit_logs', new Date(0), new Date())];
      await run('sync');
      await run('backfill', 'access_logs', '--from', day(3), '--to', day(2));
      await run('status', '--json');
      await run('report', 'account-settings', '--from', day(30));
      await run('report', 'user', agent);
      await run('report', 'accessed', 'ticket', '--days', '5');
      await run('report', 'subject', '--user', agent, '--from', day(5));
      await run('report', 'agent', agent, '--from', day(5));
      await run('audit', 'show', String(change?.['id']));
      await run('classify', '--report');
      await run('classify', '--apply', '--again');
      await runProgram(['doctor'], settings);

      const { statements } = recorder;
      const kinds = new Set(statements.map(({ text }) => text.trim().split(/\s/, 1)[0]));
      for (const kind of ['begin', 'copy', 'insert', 'with', 'declare', 'CREATE', 'create'])
        assert.ok(kinds.has(kind), `${kind} was seen; only ${[...kinds].join(', ')} were`);
      assert.deepEqual(
        statements.flatMap((statement) =>
          findSessionState(statement).map((part) => ({ part, text: statement.text })),
        ),
        [],
      );

      async function serve(): Promise<void> {
        const port = String(await findFreePort());
        const service = startProgram(['serve'], { ...settings, HTTP_PORT: port });
        await withClient(database.url, (query) =>
          waitUntil(async () => {
            const done = await query(
              'select from zendesk_sync.status where gaps = 0 and covered_until is not null',
            );
            return done.length === 3;
          }),
        );
        for (const path of ['readyz', 'status', 'metrics']) {
          const answer = await fetch(`http://127.0.0.1:${port}/${path}`);
          assert.equal(answer.status, 200, path);
          await answer.arrayBuffer();
        }
        service.kill('SIGTERM');
        assert.equal((await service.ended).status, 0);
      }
    } finally {
      await simulator.stop();
      await recorder.stop();
      await database.drop();
    }
  });
});
