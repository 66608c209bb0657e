import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEmptyTestDatabase } from '../support/database.ts';
import { unfold } from '../support/doctor-page.ts';
import { findFreePort } from '../support/free-port.ts';
import { runProgram, settingsFor, startProgram, type Environment } from '../support/program.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient, type Query } from '../support/query.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';

/** A few of the tables that Fivetran writes into its schema for Zendesk. */
const fivetran = `
  create schema zendesk;
  create table zendesk.ticket (id bigint primary key, subject text, _fivetran_synced timestamptz);
  create table zendesk."user" (id bigint primary key, name text, email text, _fivetran_synced timestamptz);
  create table zendesk.audit_log (id bigint primary key, action text, created_at timestamptz);
  create table zendesk.fivetran_audit (id text primary key, message text);
  create view zendesk.open_tickets as select * from zendesk.ticket;
  insert into zendesk.ticket values (1, 'My card number', now())`;

const small = {
  accessLogDays: 3,
  accessLogRowsPerDay: 60,
  auditLogDays: 3,
  auditLogRowsPerDay: 20,
};

/** Runs `work` with a simulated account and a database that Fivetran has used. */
async function withFivetran(
  work: (parts: { settings: Environment; query: Query }) => Promise<void>,
): Promise<void> {
  const database = await createEmptyTestDatabase();
  const simulator = await startSimulator(small);
  try {
    await withClient(database.url, async (query) => {
      await query(fivetran);
      await work({ settings: settingsFor(simulator, database.url), query });
    });
  } finally {
    await simulator.stop();
    await database.drop();
  }
}

/** Every relation and function of schemas that are not those of Postgres. */
const listSchemas = `select n.nspname as schema, count(*)::integer as relations
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public') and c.relkind in ('r', 'p', 'v')
  group by 1 order by 1`;

const sentence =
  'The schema zendesk of the database belongs to another program: it has zendesk.audit_log and 4 more; set SCHEMA to a name that is free, such as zendesk_logs (the ledger then is in zendesk_logs_sync), or give this program a database of its own.';

describe('a database in which another program has the schema zendesk', () => {
  it('is not touched: migrate and sync say in one sentence what to do, and doctor finds it', async () => {
    await withFivetran(async ({ settings, query }) => {
      const before = await query(listSchemas);
      for (const command of ['migrate', 'sync']) {
        const { status, stderr } = await runProgram([command], settings);
        assert.equal(status, 2, command);
        // On a slow machine `sync` shows its progress before.
        assert.equal(stderr.trim().split('\n').at(-1), sentence);
      }
      const { status, stdout } = await runProgram(['doctor'], settings);
      assert.equal(status, 1);
      const lines = unfold(stdout).filter((line) => /Migrations|SCHEMA/i.test(line));
      assert.match(
        lines.join('\n'),
        /problem Migrations: The schema zendesk of the database belongs to another program/,
      );
      assert.match(lines.join('\n'), /Set SCHEMA to a name that is free, such as zendesk_logs/);
      assert.deepEqual(await query(listSchemas), before);
    });
  });

  it('works with SCHEMA: sync, reports, verify --deep and the rest use the other schemas alone', async () => {
    await withFivetran(async ({ settings: usual, query }) => {
      const settings = { ...usual, SCHEMA: 'helpdesk', SYNC_SCHEMA: 'helpdesk_ledger' };
      const run = async (...words: readonly string[]): Promise<string> => {
        const { status, stdout, stderr } = await runProgram(words, settings);
        assert.equal(status, 0, `${words.join(' ')}: ${stderr}${stdout}`);
        assert.doesNotMatch(stderr, /does not exist/);
        return stdout;
      };
      await run('sync');
      await run('sync');
      const schemas = await query<{ schema: string }>(listSchemas);
      assert.deepEqual(
        schemas.map(({ schema }) => schema),
        [
          'helpdesk',
          'helpdesk_evidence',
          'helpdesk_fivetran',
          'helpdesk_ledger',
          'helpdesk_migrations',
          'helpdesk_partitions',
          'zendesk',
        ],
      );
      const [stored] = await query<{
        requests: number;
        partitions: number;
        findings: number;
        ticket: string;
      }>(
        `select (select count(*) from helpdesk.access_logs)::integer as requests,
           (select count(*) from pg_class where relnamespace = 'helpdesk_partitions'::regnamespace and relkind = 'r')::integer as partitions,
           (select count(*) from helpdesk.findings)::integer as findings,
           (select min(resource_id) from helpdesk.access_log_resources where resource_type = 'ticket') as ticket`,
      );
      assert.ok(
        (stored?.requests ?? 0) > 100 && (stored?.partitions ?? 0) > 4,
        JSON.stringify(stored),
      );
      assert.match(await run('status'), /access_logs +ok/);
      assert.match(
        await run('verify', '--deep'),
        /^No findings\. Every row is as it was stored\.$/m,
      );
      for (const report of [
        `ticket ${stored?.ticket ?? ''} --days 3`,
        'findings --days 3',
        'log --days 3',
        'account-settings --days 3',
      ])
        assert.match(await run('report', ...report.split(' ')), /^Coverage: /m);
      await run('classify', '--apply');
      await run('gaps');
      assert.match(await run('sql', 'select count(*) from access_logs'), /\d/);
      assert.match(await run('sql', '\\d'), /helpdesk_ledger/);
      const doctor = await run('doctor');
      assert.match(doctor, /^ok +Migrations: up to date$/m);
      assert.doesNotMatch(doctor, /^problem/m);
      const port = await findFreePort();
      const service = startProgram(['serve'], { ...settings, HTTP_PORT: String(port) });
      await service.waitFor(/"msg":"answering over HTTP"/);
      // A slow database is not waited for: the answer says so, and the next one has more.
      const tells = async (path: string, what: RegExp): Promise<boolean> => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`);
        return what.test(await response.text()) && response.status === 200;
      };
      await waitUntil(() =>
        tells('/metrics', /table_size_bytes\{table="helpdesk\.access_logs"\} \d/),
      );
      await waitUntil(() => tells('/status', /access_logs/));
      service.kill('SIGTERM');
      const ended = await service.ended;
      assert.equal(ended.status, 0);
      assert.doesNotMatch(ended.stdout, /does not exist/);
      // Those of Fivetran are as they were, and readers of ours do not read them.
      assert.deepEqual(await query('select id, subject from zendesk.ticket'), [
        { id: '1', subject: 'My card number' },
      ]);
      const [rights] = await query(
        `select has_schema_privilege('zendesk_reader', 'zendesk', 'usage') as theirs,
           has_table_privilege('zendesk_reader', 'zendesk.ticket', 'select') as tickets,
           has_table_privilege('zendesk_reader', 'helpdesk.audit_events', 'select') as ours`,
      );
      assert.deepEqual(rights, { theirs: false, tickets: false, ours: true });
      await query('set role zendesk_reader');
      for (const view of ['access_events', 'access_visits', 'audit_events', 'access_findings'])
        await query(`select * from helpdesk.${view} limit 1`);
      await query('reset role');
      assert.match((await runProgram(['migrate'], settings)).stdout, /up to date/);
    });
  });
});

describe('a database in which another program records its migrations with drizzle', () => {
  it('is refused with a sentence, and works with SCHEMA', async () => {
    const database = await createEmptyTestDatabase();
    try {
      await withClient(database.url, async (query) => {
        await query(`create schema drizzle;
          create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
          insert into drizzle.__drizzle_migrations (hash, created_at) values ('theirs', 1700000000000)`);
        const refused = await runProgram(['migrate'], { DATABASE_URL: database.url });
        assert.equal(refused.status, 2);
        assert.match(
          refused.stderr,
          /The table drizzle\.__drizzle_migrations of the database has the migrations of another program; set SCHEMA/,
        );
        const { status, stderr } = await runProgram(['migrate'], {
          DATABASE_URL: database.url,
          SCHEMA: 'helpdesk',
        });
        assert.equal(status, 0, stderr);
        assert.deepEqual(await query('select account from helpdesk_sync.status'), []);
        assert.deepEqual(await query('select hash from drizzle.__drizzle_migrations'), [
          { hash: 'theirs' },
        ]);
      });
    } finally {
      await database.drop();
    }
  });
});

describe('SCHEMA and SYNC_SCHEMA', () => {
  it('are refused where statements would take them for something else', async () => {
    const advice = (name: string): string =>
      `Use a name for this schema alone, of up to 40 lower-case letters, digits and underscores, such as ${name}; not public, not a word of SQL.`;
    for (const [settings, problem] of [
      [{ SCHEMA: 'public' }, `SCHEMA is "public". ${advice('zendesk_logs')}`],
      [{ SCHEMA: 'Zendesk' }, `SCHEMA is "Zendesk". ${advice('zendesk_logs')}`],
      [{ SCHEMA: 'user' }, `SCHEMA is "user". ${advice('zendesk_logs')}`],
      [{ SCHEMA: 'pg_logs' }, `SCHEMA is "pg_logs". ${advice('zendesk_logs')}`],
      [{ SCHEMA: 'zendesk_sync' }, `SCHEMA is "zendesk_sync". ${advice('zendesk_logs')}`],
      [{ SYNC_SCHEMA: 'zendesk' }, `SYNC_SCHEMA is "zendesk". ${advice('zendesk_logs_sync')}`],
      [
        { SCHEMA: 'desk', SYNC_SCHEMA: 'desk_partitions' },
        'SYNC_SCHEMA is "desk_partitions", which the program needs for another schema. Use another name, such as desk_sync.',
      ],
    ] as const) {
      const { status, stderr } = await runProgram(['migrate'], settings);
      assert.equal(status, 2);
      assert.ok(stderr.includes(problem), stderr);
    }
  });
});
