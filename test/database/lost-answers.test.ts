/** A statement is done, and the connection is lost before its answer: what begins something begins it once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { takeArchiveTurn } from '../../src/archive/turn.ts';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { takeVerification } from '../../src/evidence/verification/due.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import { acquireLease } from '../../src/ingest/lease.ts';
import { createLoginKeeper } from '../../src/ingest/kept-login.ts';
import { openReconciliation } from '../../src/ingest/reconcile/ledger.ts';
import { openRun } from '../../src/ingest/run-record.ts';
import { registerReport, takeReport } from '../../src/reports/schedule/ledger.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { takeLease, withLedger } from '../support/ledger.ts';

const key = { account: 'acme', stream: 'audit_logs' };
const span = { from: 1000, to: 2000 };
/** A statement of its own, not the name of a setting or of an isolation level. */
const commit = /^Q[^]{4}commit/;
const due = new Date('2026-11-19T03:00:00Z');

type Lost = {
  /** Without losses. */
  readonly direct: Database;
  /** Loses the first answer to a statement that matches. */
  readonly losing: (statement: RegExp) => Database;
};

/** Runs `work`, and sees to it that answers were lost. */
async function withLostAnswers(work: (lost: Lost) => Promise<void>): Promise<void> {
  await withLedger(async (direct, url) => {
    let wanted: RegExp | undefined;
    const proxy = await startDatabaseProxy(url, async (sent) => {
      if (wanted?.test(sent) !== true) return undefined;
      wanted = undefined;
      return async () => {};
    });
    const db = openDatabase({ url: proxy.url });
    try {
      await work({
        direct,
        losing(statement) {
          wanted = statement;
          return db;
        },
      });
      assert.equal(wanted, undefined, 'an answer was lost');
    } finally {
      await db.close();
      await proxy.close();
    }
  });
}

describe('a lost answer to the statement that', () => {
  it('opens a fetch leaves one fetch', async () => {
    await withLostAnswers(async ({ direct, losing }) => {
      const lease = await takeLease(direct, auditLogs);
      const { fetch } = await openFetch(losing(/insert into zendesk_sync\.fetches/), lease, {
        kind: 'backfill',
        span,
        pageSize: 100,
      });
      assert.deepEqual(
        await direct.query(
          'select id::text as fetch, mark::text as mark from zendesk_sync.fetches',
        ),
        [{ fetch: fetch.fetch, mark: fetch.mark }],
      );
    });
  });

  it('opens a run leaves one run, and the next run is another', async () => {
    await withLostAnswers(async ({ direct, losing }) => {
      const db = losing(/insert into zendesk_sync\.runs/);
      const run = await openRun(db, key, 'backfill', 'test');
      const next = await openRun(db, key, 'backfill', 'test');
      assert.deepEqual(
        await direct.query(
          'select id::text as run, mark::text as mark from zendesk_sync.runs order by id',
        ),
        [run, next].map(({ run: number, mark }) => ({ run: number, mark })),
      );
    });
  });

  it('takes a lease leaves it taken', async () => {
    await withLostAnswers(async ({ direct, losing }) => {
      const { holder, ...lease } = await takeLease(direct, auditLogs);
      await direct.query(`update zendesk_sync.leases set expires_at = now()`);
      const answer = await acquireLease(losing(/update zendesk_sync\.leases/), key, holder, 60_000);
      assert.ok('token' in answer && answer.token !== lease.token);
    });
  });

  it('takes the turn of the archive leaves it taken', async () => {
    await withLostAnswers(async ({ direct, losing }) => {
      const turn = { holder: 'test', due };
      assert.equal(await takeArchiveTurn(losing(commit), turn, async () => 7), 'worked');
      assert.deepEqual(
        await direct.query('select rows::integer as rows from zendesk_sync.archive_runs'),
        [{ rows: 7 }],
      );
    });
  });

  it('takes a verification that is due leaves it taken, whether it is new or was stopped', async () => {
    await withLostAnswers(async ({ direct, losing }) => {
      const origin = 'acme/log';
      await sealWaiting(direct, {
        account: 'acme',
        origin,
        key: makeSigningKey(origin),
        logs: [auditLogs],
      });
      const take = async () =>
        takeVerification(losing(commit), { account: 'acme', depth: 'deep' }, due, 'test');
      const taken = await take();
      assert.ok(typeof taken === 'object');
      await direct.query(
        `update zendesk_sync.verifications set outcome = 'stopped', ended_at = now()`,
      );
      assert.deepEqual(await take(), taken);
      assert.deepEqual(
        await direct.query('select id::text as id, outcome from zendesk_sync.verifications'),
        [{ id: taken.id, outcome: null }],
      );
    });
  });

  it('takes the turn to renew a login leaves it taken', async () => {
    await withLostAnswers(async ({ direct, losing }) => {
      const keeper = createLoginKeeper(losing(/update zendesk_sync\.oauth_logins/), 'acme', {
        kind: 'oauth-refresh',
        clientId: 'client',
        clientSecret: 'secret',
        firstToken: 'first',
      });
      const turn = await keeper?.takeTurn();
      assert.deepEqual(
        await direct.query('select turn::text as id from zendesk_sync.oauth_logins'),
        [{ id: turn?.id }],
      );
    });
  });

  it('takes the writing of a report leaves it taken', async () => {
    await withLostAnswers(async ({ direct, losing }) => {
      const report = { account: 'acme', report: 'weekly' };
      const next = new Date('2026-11-26T03:00:00Z');
      const taking = { due, next, holder: 'test' };
      await registerReport(direct, report, '0 3 * * 4', new Date('2026-11-12T03:00:00Z'), due);
      const db = losing(/update zendesk_sync\.scheduled_reports/);
      assert.equal(await takeReport(db, report, taking), 'taken');
      assert.equal(await takeReport(db, report, { ...taking, holder: 'another' }), 'busy');
    });
  });

  it('opens a reconciliation that is due leaves it to this process, and to no other', async () => {
    await withLostAnswers(async ({ direct, losing }) => {
      const open = (db: Database, holder: string) =>
        openReconciliation(db, key, { span, sample: undefined, dueAt: due, holder });
      const id = await open(losing(/insert into zendesk_sync\.reconciliations/), 'test');
      assert.deepEqual(
        await direct.query('select id::text as id, holder from zendesk_sync.reconciliations'),
        [{ id, holder: 'test' }],
      );
      assert.equal(await open(direct, 'another'), undefined);
    });
  });
});
