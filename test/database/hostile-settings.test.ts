import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client, escapeIdentifier } from 'pg';
import { openDatabase } from '../../src/database/client.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { createEmptyTestDatabase, withDatabase } from '../support/database.ts';
import { runProgram, settingsFor, type Environment } from '../support/program.ts';
import { withClient } from '../support/query.ts';
import { storeRecords } from '../support/stored-records.ts';

type Settings = Readonly<Record<string, string>>;

/** What somebody may have set on a database for other reasons. */
const common: Settings = {
  IntervalStyle: 'iso_8601',
  array_nulls: 'off',
  backslash_quote: 'off',
  bytea_output: 'escape',
  default_tablespace: 'pg_default',
  default_transaction_isolation: 'serializable',
  extra_float_digits: '-15',
  lock_timeout: '1ms',
  quote_all_identifiers: 'on',
  row_security: 'off',
  search_path: '',
  standard_conforming_strings: 'off',
  statement_timeout: '20ms',
  synchronous_commit: 'off',
  transform_null_equals: 'on',
};
const kinds: Readonly<Record<string, Settings>> = {
  'in New York, with days before months': {
    ...common,
    TimeZone: 'America/New_York',
    DateStyle: 'SQL, DMY',
  },
  'in Berlin, with German dates': { ...common, TimeZone: 'Europe/Berlin', DateStyle: 'German' },
};
/** PGOPTIONS and the like, which other programs read. */
const environment: Environment = {
  PGOPTIONS: '-c DateStyle=German -c TimeZone=Asia/Kathmandu -c default_transaction_read_only=on',
  PGTZ: 'Asia/Kathmandu',
  PGDATESTYLE: 'German',
  PGHOST: 'nowhere.invalid',
  PGPORT: '1',
  PGDATABASE: 'nothing',
};

async function set(url: string, settings: Settings): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const name = escapeIdentifier(new URL(url).pathname.slice(1));
  for (const [setting, value] of Object.entries(settings))
    await client.query(`alter database ${name} set ${setting} = '${value}'`);
  await client.end();
}

/** Everything that the program prints and stores about what happened before it began, on an empty database. */
async function pull(
  simulator: Simulator,
  until: Date,
  settings: Settings,
  more: Environment,
): Promise<Record<string, unknown>> {
  const database = await createEmptyTestDatabase();
  try {
    await set(database.url, settings);
    const run = async (...args: string[]): Promise<string> => {
      const given = { ...settingsFor(simulator, database.url), ...more };
      const { status, stdout, stderr } = await runProgram(args, given);
      assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
      return stdout;
    };
    await run('sync');
    // Everything is compared, and some of it is read again.
    await run('backfill', 'access_logs', '--from', '2026-11-01', '--to', '2026-11-03');
    const status = JSON.parse(await run('status', '--json')) as Record<string, unknown>[];
    const table = await run('status');
    const doctor = JSON.parse(await run('doctor', '--json')) as {
      checks: { name: string; state: string }[];
    };
    const agent = String(simulator.users().find(({ active }) => active)?.id);
    const span = ['--from', '2026-10-01', '--to', '2026-11-15', '--format', 'csv'];
    const reports = {
      settings: await run('report', 'account-settings', ...span),
      agent: await run('report', 'agent', agent, ...span),
      subject: await run('report', 'subject', '--user', agent, ...span),
    };
    const db = openDatabase({ url: database.url });
    try {
      return {
        status: status.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [
              name,
              value === null ? null : typeof value,
            ]),
          ),
        ),
        gaps: status.map(({ gaps }) => gaps),
        columns: table.split('\n')[0],
        doctor: doctor.checks
          // Logins of readers belong to the server, where other tests make some meanwhile.
          .filter(({ name }) => name !== 'time zone' && name !== 'readers')
          .map(({ name, state }) => `${name}: ${state}`),
        ...reports,
        rows: await db.query(
          `select
             (select md5(string_agg(to_jsonb(a)::text, '' order by created_at, id))
              from (select account, id, created_at, action, change_description, extra from zendesk.audit_logs where created_at < $1) a) as audit_logs,
             (select md5(string_agg(to_jsonb(a)::text, '' order by timestamp, id))
              from (select account, id, timestamp, user_id, url, status, extra from zendesk.access_logs where timestamp < $1) a) as access_logs,
             (select md5(string_agg(to_jsonb(d)::text, '' order by day, user_id))
              from zendesk.agent_day d where day < '2026-11-18') as agent_day,
             (select md5(string_agg(pg_get_expr(relpartbound, oid), '' order by oid::regclass::text))
              from pg_class where relispartition and relkind = 'r') as partitions,
             (select md5(string_agg(to_jsonb(f)::text, '' order by created_at, rule, summary, access_log_id))
              from zendesk_sync.found_in_access_logs f where created_at < $1) as findings`,
          [until],
        ),
      };
    } finally {
      await db.close();
    }
  } finally {
    await database.drop();
  }
}

describe('settings of the database and of the environment', () => {
  it('do not change what the program stores and prints', async () => {
    const until = new Date('2026-11-18T00:00Z');
    const simulator = await startSimulator({
      limits: false,
      accessLogDays: 45,
      accessLogRowsPerDay: 100,
      auditLogDays: 60,
      auditLogRowsPerDay: 20,
    });
    try {
      const plain = await pull(simulator, until, {}, {});
      for (const [kind, settings] of Object.entries(kinds))
        assert.deepEqual(await pull(simulator, until, settings, environment), plain, kind);
    } finally {
      await simulator.stop();
    }
  });

  for (const [kind, settings] of Object.entries(kinds))
    it(`${kind} do not keep a record that Zendesk has changed from being replaced`, async () => {
      await withDatabase(async (url) => {
        await set(url, settings);
        const db = openDatabase({ url });
        try {
          const record = (action: string): object => ({
            id: 7,
            created_at: '2026-11-03T04:05:06Z',
            action,
          });
          await storeRecords(db, auditLogs, [record('create')]);
          assert.deepEqual(await storeRecords(db, auditLogs, [record('update')]), {
            new: 0,
            changed: 1,
            late: 0,
          });
        } finally {
          await db.close();
        }
      });
    });

  it('do not change what views show to readers in another time zone', async () => {
    await withDatabase(async (url) => {
      await withClient(url, async (query) => {
        await query(
          `insert into zendesk_sync.streams (account, stream, kind, retention_days) values ('acme', 'access_logs', 'log', 90)`,
        );
        await query(
          `insert into zendesk_sync.coverage values ('acme', 'access_logs', date_trunc('second', now()) - interval '2160 hours 10 seconds', now())`,
        );
        for (const zone of ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe']) {
          await query(`set timezone = '${zone}'`);
          const [row] = await query<{ gaps: number; lost: string }>(
            'select gaps, lost_seconds::text as lost from zendesk_sync.status',
          );
          assert.deepEqual(row, { gaps: 0, lost: '0' }, zone);
        }
      });
    });
  });
});
