/** A database that refuses writes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { runPass } from '../../src/ingest/service.ts';
import { collectLog } from '../support/collected-log.ts';
import { assertTrue, pullCompletely, withInstallation } from '../support/installation.ts';

const signal = new AbortController().signal;
const little = {
  limits: false,
  agents: 5,
  auditLogDays: 2,
  auditLogRowsPerDay: 20,
  accessLogDays: 2,
  accessLogRowsPerDay: 50,
};

/** Makes statements on a table of the ledger fail under a condition on the new row. */
async function refuse(db: Database, table: string, when: string): Promise<void> {
  await db.query(
    `create function public.refuse() returns trigger language plpgsql as $$
     begin raise exception 'refused' using errcode = 'raise_exception'; end $$`,
  );
  await db.query(
    `create trigger refuse before insert or update on ${table} for each row when (${when})
     execute function public.refuse()`,
  );
}

describe('a ledger that cannot be written', () => {
  it('for one stream does not stop the pull of the other logs and the people', async () => {
    const events: SyncEvent[] = [];
    const log = collectLog();
    const options = { report: (event: SyncEvent) => void events.push(event), log };
    await withInstallation(little, options, async ({ db, worker }) => {
      await refuse(db, 'zendesk_sync.runs', `new.stream = 'audit_logs'`);
      const workers = [worker('users'), worker('audit_logs'), worker('access_logs')];
      const passes = await runPass(workers, signal);
      assert.deepEqual(
        passes.map(({ stream, complete }) => [stream, complete]),
        [
          ['users', true],
          ['audit_logs', false],
          ['access_logs', true],
        ],
      );
      const sentence = 'Postgres refused a statement (SQLSTATE P0001).';
      const [failed] = passes[1]?.runs ?? [];
      assert.deepEqual([failed?.outcome, failed?.error], ['failed', sentence]);
      const told = events.filter((event) => event.type === 'run' && event.stream === 'audit_logs');
      assert.ok(told.length > 0);
      for (const event of told)
        assert.deepEqual('outcome' in event && [event.outcome, event.error], ['failed', sentence]);
      const lines = log.lines().filter(({ level }) => level === 'error');
      assert.equal(lines.length, told.length, 'each is logged once');
    });
  });

  it('when a lease is released does not undo the work', async () => {
    const log = collectLog();
    await withInstallation(little, { log }, async ({ db, worker }) => {
      await refuse(
        db,
        'zendesk_sync.leases',
        `new.token > 0 and new.expires_at < clock_timestamp() + interval '1 second'`,
      );
      const { outcome, error } = await worker('access_logs').follow(signal);
      assert.deepEqual([outcome, error], ['complete', undefined]);
      const told = log.lines().filter(({ msg }) => String(msg).startsWith('a lease could not'));
      assert.equal(told.length, 1);
    });
  });
});

/** Removes the partitions of the access log by hand. */
const waysToGo = [
  ['dropped', (name: string) => `drop table ${name}`],
  [
    'detached',
    (name: string) =>
      `alter table ${name.replace(/_\d{4}_\d\d$/, '').replace('_partitions', '')} detach partition ${name}`,
  ],
] as const;

describe('a log of which partitions were', () => {
  for (const [way, statement] of waysToGo)
    it(`${way} gets new ones without a restart of the program`, async () => {
      await withInstallation(little, {}, async (installation) => {
        const { db, worker } = installation;
        await pullCompletely(installation, 'access_logs');
        const partitions = await db.query<{ name: string }>(
          `select inhrelid::regclass::text as name from pg_inherits
           where inhparent in ('zendesk.access_logs'::regclass, 'zendesk.access_log_resources'::regclass)`,
        );
        for (const { name } of partitions) await db.query(statement(name));
        await db.query(`delete from zendesk_sync.coverage where stream = 'access_logs'`);
        const filled = await worker('access_logs').fill(signal);
        assert.equal(filled?.outcome, 'complete', filled?.error);
        await assertTrue(installation, 'access_logs');
      });
    });
});
