/** What somebody does to the tables by hand: locks them, drops keys, renames, changes the quarantine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLostConnection } from '../../src/database/connection-errors.ts';
import { findMissingObjects } from '../../src/database/missing-objects.ts';
import { checkMigrations } from '../../src/doctor/schema.ts';
import { storeQuarantine } from '../../src/ingest/quarantine.ts';
import { retryQuarantine } from '../../src/ingest/quarantine-retry.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import {
  assertTrue,
  pullCompletely,
  storedLines,
  withInstallation,
} from '../support/installation.ts';
import { takeLease } from '../support/ledger.ts';
import { statusOf } from '../support/ledger-facts.ts';
import { withClient } from '../support/query.ts';
import { createStillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const small = {
  auditLogDays: 20,
  auditLogRowsPerDay: 5,
  accessLogDays: 20,
  accessLogRowsPerDay: 20,
};

describe('a lock that somebody holds on one log', () => {
  it('does not block the other one', async () => {
    await withInstallation(small, {}, async (installation) => {
      const { url, worker } = installation;
      await pullCompletely(installation, 'audit_logs');
      await pullCompletely(installation, 'access_logs');
      await withClient(url, async (query) => {
        await query('begin');
        await query('lock table zendesk.access_logs in access exclusive mode');
        assert.equal((await worker('audit_logs').follow(signal)).outcome, 'complete');
        await query('commit');
      });
      assert.equal((await worker('access_logs').follow(signal)).outcome, 'complete');
    });
  });
});

describe('a role that gets other settings while the program works', () => {
  it('does not make Postgres end idle connections, and one that was ended is only reconnected', async () => {
    await withInstallation(small, {}, async (installation) => {
      await withClient(installation.url, async (query) => {
        await query(
          `do $$ begin execute format('alter database %I set idle_session_timeout = 1', current_database()); end $$`,
        );
      });
      const [own] = await installation
        .another()
        .db.query<{ limit: string }>(`select current_setting('idle_session_timeout') as limit`);
      assert.deepEqual(own, { limit: '0' });
      const ended = Object.assign(new Error('terminating connection'), { code: '57P05' });
      assert.equal(isLostConnection(ended), true);
    });
  });
});

describe('a log that is truncated together with its coverage', () => {
  it('is a gap up to the present, not to the end of the day', async () => {
    await withInstallation(small, {}, async (installation) => {
      const { db } = installation;
      await pullCompletely(installation, 'access_logs');
      await db.query('truncate zendesk_sync.coverage');
      await db.query('truncate zendesk.access_logs');
      const [loss] = await db.query<{ is_present: boolean }>(
        // Whole seconds: the current one may be requested.
        `select lost_until <= now() + interval '10 seconds' as is_present from zendesk_sync.coverage_losses`,
      );
      assert.deepEqual(loss, { is_present: true });
    });
  });
});

describe('partitions that somebody renames', () => {
  it('are recognised by their content', async () => {
    // No row appears between the two readings.
    const time = createStillTime();
    const settings = { ...small, ...time.simulator };
    await withInstallation(settings, { localNow: time.localNow }, async (installation) => {
      const { db } = installation;
      await time.pass(installation, 0);
      await pullCompletely(installation, 'access_logs');
      const lines = await storedLines(db, 'access_logs');
      const partitions = await db.query<{ partition: string }>(
        `select partition from zendesk_sync.partitions where log_table = 'zendesk.access_logs'`,
      );
      for (const [index, { partition }] of partitions.entries())
        await db.query(`alter table ${partition} rename to part_${index}`);
      await db.query('truncate zendesk_sync.coverage');
      await pullCompletely(installation, 'access_logs');
      await assertTrue(installation, 'access_logs');
      assert.deepEqual(await storedLines(db, 'access_logs'), lines);
      const { gaps, losses } = await statusOf(db, 'access_logs');
      assert.deepEqual([gaps, losses], [0, []]);
    });
  });
});

describe('what somebody drops or renames in the tables', () => {
  it('is named by doctor, with the statements that make keys and indexes again', async () => {
    await withInstallation(small, {}, async (installation) => {
      const { db, worker } = installation;
      await pullCompletely(installation, 'audit_logs');
      assert.deepEqual(await findMissingObjects(db), []);
      await db.query(
        'alter table zendesk.audit_logs drop constraint audit_logs_account_created_at_id_pk',
      );
      await db.query('alter table zendesk_sync.runs drop constraint runs_account_id_pk');
      await db.query('drop index zendesk_sync.quarantine_record, zendesk_sync.fetches_late');
      await db.query('truncate zendesk_sync.coverage');
      const now = Math.floor(Date.now() / 1000);
      const span = { from: now - 10 * 86_400, to: now - 3600 };
      const { code, error } = await worker('audit_logs').read(span, signal);
      assert.deepEqual(
        [code, error],
        [
          'key_missing',
          'A table has lost its primary key, without which no rows can be stored; run "doctor": it says which, and how to make it again.',
        ],
      );
      const missing = await findMissingObjects(db);
      assert.deepEqual(
        missing.map(({ what }) => what),
        [
          'the primary key of zendesk.audit_logs',
          'the index quarantine_record of zendesk_sync.quarantine',
          'the index fetches_late of zendesk_sync.fetches',
          'the primary key of zendesk_sync.runs',
        ],
      );
      for (const { remedy } of missing) await db.query(remedy ?? '');
      assert.deepEqual(await findMissingObjects(db), []);
      await pullCompletely(installation, 'audit_logs');
      await assertTrue(installation, 'audit_logs');
    });
  });

  it('is a problem that "up to date" does not hide', async () => {
    await withInstallation(small, {}, async ({ db }) => {
      await db.query('alter table zendesk.audit_logs rename to old_logs');
      await db.query('alter table zendesk.users rename column name to title');
      assert.deepEqual(checkMigrations([], false, await findMissingObjects(db)), {
        name: 'migrations',
        state: 'problem',
        found:
          'all were applied, but somebody has dropped or renamed the table zendesk.audit_logs, the column name of zendesk.users',
        wayOut: 'Give tables and columns their names back, or restore them from a backup.',
      });
    });
  });
});

describe('a record in quarantine that somebody has changed', () => {
  it('is not stored as if Zendesk had sent it, and a deleted one is not an error', async () => {
    await withInstallation(small, {}, async ({ db, engine }) => {
      const lease = await takeLease(db, accessLogs);
      const record = (id: string): Parameters<typeof storeQuarantine>[2][number] => ({
        position: 1,
        code: 'record_unreadable',
        reason: 'It has no usable time.',
        recordId: id,
        recordTime: undefined,
        content: Buffer.from(JSON.stringify({ id, timestamp: '2026-11-01T00:00:00Z' })),
      });
      const records = ['01A', '01B', '01C'].map(record);
      await storeQuarantine(db, lease, records, undefined);
      await db.query(
        `update zendesk_sync.quarantine set code = 'nonsense', reason = '', record_time = 'never',
           content = convert_to('{"id": "01X", "timestamp": "2026-11-01T00:00:00Z"}', 'UTF8')
         where record_id = '01A'`,
      );
      await db.query(`delete from zendesk_sync.quarantine where record_id = '01B'`);
      const counts = await retryQuarantine(engine, accessLogs, lease, 'all', signal);
      assert.deepEqual(counts, { stored: 1, known: 0, left: 1 });
      const rows = await db.query('select id from zendesk.access_logs');
      assert.deepEqual(rows, [{ id: '01C' }]);
      const left = await db.query('select record_id, code, reason from zendesk_sync.quarantine');
      assert.deepEqual(left, [
        {
          record_id: '01A',
          code: 'record_unreadable',
          reason:
            'Somebody has changed the record in the quarantine, so it is not what Zendesk sent and is not stored.',
        },
      ]);
    });
  });
});
