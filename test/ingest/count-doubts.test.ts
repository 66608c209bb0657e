/** Rows and counts that somebody else changes: the ledger counts again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openReadOnly } from '../../src/doctor/diagnosis.ts';
import { checkRows } from '../../src/doctor/rows.ts';
import { addCoverage } from '../../src/ingest/coverage.ts';
import { loadStatus } from '../../src/ingest/status.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { streams } from '../../src/streams/registry.ts';
import {
  account,
  pullCompletely,
  storedLines,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { withClient } from '../support/query.ts';
import { storeRecords } from '../support/stored-records.ts';

const signal = new AbortController().signal;

const twoLogs = {
  auditLogDays: 400,
  auditLogRowsPerDay: 3,
  accessLogDays: 80,
  accessLogRowsPerDay: 40,
};

const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];

/** A short status: the counts of the ledger, and of the table. */
async function describeRows({ db }: Installation, stream: Log): Promise<object> {
  const row = (await loadStatus(db, streams, account)).find((status) => status.stream === stream);
  const [table] = await db.query<{ rows: number }>(
    `select count(*)::integer as rows from zendesk.${stream} where account = $1`,
    [account],
  );
  return { said: row?.rows, held: table?.rows, gaps: row?.gaps, losses: row?.losses };
}

/** A change by hand, as a superuser may make it. */
const deeds: readonly (readonly [string, string])[] = [
  ['the counts are truncated', 'truncate zendesk_sync.stored_rows'],
  [
    'the counts are truncated while triggers are off',
    'set session_replication_role = replica; truncate zendesk_sync.stored_rows',
  ],
  [
    'the counts are truncated though their trigger is switched off',
    'alter table zendesk_sync.stored_rows disable trigger all; truncate zendesk_sync.stored_rows',
  ],
  [
    'some counts are deleted',
    `delete from zendesk_sync.stored_rows where day in (
       select day from zendesk_sync.stored_rows order by day limit 3)`,
  ],
  [
    'some counts are deleted while triggers are off',
    `set session_replication_role = replica; delete from zendesk_sync.stored_rows where day in (
       select day from zendesk_sync.stored_rows order by day limit 3)`,
  ],
  ['the counts are made less', 'update zendesk_sync.stored_rows set rows = rows - 1'],
  ['the counts are turned around', 'update zendesk_sync.stored_rows set rows = -rows'],
  [
    'counts are truncated together with what was looked at',
    'truncate zendesk_sync.counted_partitions, zendesk_sync.stored_rows',
  ],
  [
    'what was looked at is truncated after the counts',
    'truncate zendesk_sync.stored_rows; truncate zendesk_sync.counted_partitions',
  ],
  ['the streams are forgotten', 'delete from zendesk_sync.streams'],
  [
    'all that the ledger counts is truncated',
    `truncate zendesk_sync.streams, zendesk_sync.stored_rows, zendesk_sync.counted_partitions, zendesk_sync.count_doubts,
       zendesk_sync.coverage_losses, zendesk_sync.fetches, zendesk_sync.runs`,
  ],
];

describe('the number of rows in the status', { concurrency: 2 }, () => {
  for (const [deed, statements] of deeds)
    it(`are those of the tables after the next run when ${deed}`, async () => {
      await withInstallation(twoLogs, {}, async (installation) => {
        const { url, worker } = installation;
        for (const log of logs) await pullCompletely(installation, log);
        await withClient(url, (query) => query(statements));
        for (const log of logs) await worker(log).follow(signal);
        for (const log of logs) {
          const { length } = await storedLines(installation.db, log);
          assert.deepEqual(
            await describeRows(installation, log),
            { said: length, held: length, gaps: 0, losses: [] },
            log,
          );
        }
        const [left] = await installation.db.query<{ doubts: number }>(
          'select count(*)::integer as doubts from zendesk_sync.count_doubts',
        );
        assert.deepEqual(left, { doubts: 0 });
      });
    });

  it('are those of the tables when the whole ledger is truncated', async () => {
    await withInstallation(twoLogs, {}, async (installation) => {
      const { db } = installation;
      for (const log of logs) await pullCompletely(installation, log);
      // Records that nobody may rewrite, such as holds, refuse it.
      const [tables] = await db.query<{ names: string }>(
        `select string_agg(oid::regclass::text, ', ') as names from pg_class
         where relnamespace = 'zendesk_sync'::regnamespace and relkind = 'r' and relname <> 'definitions'
           and not exists (select from pg_trigger where tgrelid = pg_class.oid and tgname = 'refuse_rewriting')`,
      );
      await db.query(`truncate ${tables?.names}`);
      for (const log of logs) {
        await pullCompletely(installation, log);
        await pullCompletely(installation, log);
        const { length } = await storedLines(db, log);
        const whole = { said: length, held: length, gaps: 0, losses: [] };
        assert.deepEqual(await describeRows(installation, log), whole, log);
      }
    });
  });

  it('include what somebody inserts into the tables or assigns to another account', async () => {
    await withInstallation(twoLogs, {}, async (installation) => {
      const { db, worker } = installation;
      for (const log of logs) await pullCompletely(installation, log);
      const [before] = await db.query<{ rows: number }>(
        'select count(*)::integer as rows from zendesk.access_logs',
      );
      await db.query(
        `insert into zendesk.access_logs (account, timestamp, id)
         select account, timestamp, 'copy of ' || id from zendesk.access_logs order by timestamp limit 7`,
      );
      await db.query(
        `update zendesk.audit_logs set account = 'other'
         where id in (select id from zendesk.audit_logs order by created_at desc limit 2)`,
      );
      for (const log of logs) await worker(log).follow(signal);
      const rows = (before?.rows ?? 0) + 7;
      const whole = { said: rows, held: rows, gaps: 0, losses: [] };
      assert.deepEqual(await describeRows(installation, 'access_logs'), whole);
      for (const log of logs) await pullCompletely(installation, log);
      const [audit] = await db.query<{ rows: number }>(
        `select count(*)::integer as rows from zendesk.audit_logs where account = $1`,
        [account],
      );
      const healed = { said: audit?.rows, held: audit?.rows, gaps: 0, losses: [] };
      assert.deepEqual(await describeRows(installation, 'audit_logs'), healed);
    });
  });

  it('include a partition that is attached again after its loss was recorded', async () => {
    await withInstallation(twoLogs, {}, async (installation) => {
      const { db, worker } = installation;
      await pullCompletely(installation, 'audit_logs');
      const [first] = await db.query<{ partition: string; bound: string; rows: number }>(
        `select p.partition, pg_get_expr(c.relpartbound, c.oid) as bound,
           (select count(*)::integer from zendesk.audit_logs a where a.tableoid = p.relation) as rows
         from zendesk_sync.partitions p join pg_class c on c.oid = p.relation
         where p.log_table = 'zendesk.audit_logs' order by p.held_from limit 1`,
      );
      assert.ok(first !== undefined && first.rows > 0);
      const whole = await describeRows(installation, 'audit_logs');
      await db.query(`alter table zendesk.audit_logs detach partition ${first.partition}`);
      await db.query(`select zendesk_sync.note_missing_partitions('zendesk.audit_logs')`);
      await db.query(
        `alter table zendesk.audit_logs attach partition ${first.partition} ${first.bound}`,
      );
      await worker('audit_logs').follow(signal);
      await pullCompletely(installation, 'audit_logs');
      assert.deepEqual(await describeRows(installation, 'audit_logs'), whole);
    });
  });

  it('and a loss is no longer reported when somebody has restored what Zendesk does not have', async () => {
    await withInstallation(twoLogs, {}, async (installation) => {
      const { db, worker } = installation;
      await registerStream(db, account, accessLogs);
      await storeRecords(db, accessLogs, [
        { id: 'old-1', timestamp: '2026-03-05T10:00:00Z' },
        { id: 'old-2', timestamp: '2026-03-06T10:00:00Z' },
      ]);
      const from = Date.parse('2026-03-01T00:00:00Z') / 1000;
      await addCoverage(db, { account, stream: 'access_logs' }, { from, to: from + 30 * 86_400 });
      await pullCompletely(installation, 'access_logs');
      await db.query(
        'alter table zendesk.access_logs detach partition zendesk_partitions.access_logs_2026_03',
      );
      for (let pass = 0; pass < 2; pass += 1) await pullCompletely(installation, 'access_logs');
      const [loss] = await db.query(
        'select rows::integer, rows_found::integer from zendesk_sync.losses',
      );
      assert.deepEqual(loss, { rows: 2, rows_found: 0 });
      await db.query(
        `create table zendesk.access_logs_again partition of zendesk.access_logs
         for values from ('2026-03-01Z') to ('2026-04-01Z')`,
      );
      await db.query(
        'insert into zendesk.access_logs select * from zendesk_partitions.access_logs_2026_03',
      );
      await worker('access_logs').follow(signal);
      const { length } = await storedLines(db, 'access_logs');
      const status = await describeRows(installation, 'access_logs');
      assert.deepEqual(status, { said: length, held: length, gaps: 0, losses: [] });
    });
  });

  it('are checked by doctor when the counts were changed', async () => {
    await withInstallation(twoLogs, {}, async (installation) => {
      const { db, url } = installation;
      for (const log of logs) await pullCompletely(installation, log);
      await db.query(
        `insert into zendesk_sync.stored_rows (account, stream, day, rows)
         select account, stream, min(day), -2 from zendesk_sync.stored_rows where stream = 'audit_logs' group by 1, 2`,
      );
      const [first] = await db.query<{ day: string }>(
        `select min(day)::text as day from zendesk_sync.stored_rows where stream = 'audit_logs'`,
      );
      const looked = openReadOnly(url);
      try {
        assert.deepEqual(await checkRows(looked, account, auditLogs), {
          name: 'audit log rows',
          state: 'warning',
          found: `the table holds 2 rows between ${first?.day} and ${first?.day} that the ledger does not count: somebody has changed its counts, or added rows by hand`,
          wayOut: 'Keep "serve" running, or run "sync": the rows are counted again.',
        });
        assert.equal(await checkRows(looked, account, accessLogs), undefined);
      } finally {
        await looked.close();
      }
    });
  });

  it('are not counted again because this program writes', async () => {
    await withInstallation(twoLogs, {}, async (installation) => {
      const { db } = installation;
      for (const log of logs) {
        await pullCompletely(installation, log);
        await pullCompletely(installation, log);
      }
      assert.deepEqual(await db.query('select * from zendesk_sync.count_doubts'), []);
      await db.query(
        `delete from zendesk.access_logs where id in (select id from zendesk.access_logs limit 5)`,
      );
      assert.deepEqual(await db.query('select * from zendesk_sync.count_doubts'), []);
    });
  });
});
