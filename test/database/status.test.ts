import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Database } from '../../src/database/client.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { openDatabase } from '../../src/database/client.ts';
import { addCoverage, findGaps } from '../../src/ingest/coverage.ts';
import { releaseLease } from '../../src/ingest/lease.ts';
import { closeRun, openRun } from '../../src/ingest/run-record.ts';
import { loadStatus, type StreamStatus } from '../../src/ingest/status.ts';
import { measure, normalizeSpans, toSeconds } from '../../src/span.ts';
import { streams } from '../../src/streams/registry.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { findContiguous, findLost, measureHeadroom } from '../support/coverage-model.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { freezeDatabaseClock } from '../support/still-time.ts';

const counts = { requests: 1, new: 0, changed: 0, late: 0 };
const access = { account: 'acme', stream: 'access_logs' };
const day = 86_400;

async function statusOf(
  db: Database,
  account = 'acme',
  stream = 'access_logs',
): Promise<StreamStatus> {
  const row = (await loadStatus(db, streams, account)).find((status) => status.stream === stream);
  assert.ok(row);
  return row;
}

describe('the status view', () => {
  it('gives the same answers about completeness as the pure functions', async () => {
    await withLedger(async (db) => {
      const now = toSeconds(new Date());
      await freezeDatabaseClock(db, now * 1000);
      const horizon = now - 90 * day;
      const from = fc.integer({ min: -20, max: 85 }).map((days) => horizon + days * day + 7200);
      const span = fc
        .tuple(from, fc.integer({ min: 1, max: 5 * day }))
        .map(([start, length]) => ({ from: start, to: start + length }));
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(span, { minLength: 1, maxLength: 6 }), async (spans) => {
          const key = { account: `run-${(run += 1)}`, stream: 'access_logs' };
          await db.query(
            `insert into zendesk_sync.streams (account, stream, retention_days) values ($1, $2, 90)`,
            [key.account, key.stream],
          );
          for (const added of spans) await addCoverage(db, key, added);
          const coverage = normalizeSpans(spans);
          const status = await statusOf(db, key.account);
          const gaps = findGaps(coverage, horizon);
          const contiguous = findContiguous(coverage, horizon);
          assert.equal(status.gaps, gaps.length);
          assert.equal(status.gap_seconds, measure(gaps));
          assert.equal(status.lost_seconds, measure(findLost(coverage, horizon)));
          assert.equal(status.headroom_seconds, measureHeadroom(coverage, horizon, now, 90 * day));
          assert.deepEqual(
            status.covered_from,
            contiguous === undefined ? null : new Date(contiguous.from * 1000),
          );
          assert.deepEqual(
            status.covered_until,
            contiguous === undefined ? null : new Date(contiguous.to * 1000),
          );
        }),
        { numRuns: 60 },
      );
    });
  });

  it('has the streams of each account in the order in which they are shown, unknown ones last', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk_sync.streams (account, stream)
         select account, stream from unnest($1::text[]) as account, unnest($2::text[]) as stream`,
        [
          ['west', 'acme'],
          ['users', 'a_former_log', 'access_logs', 'audit_logs'],
        ],
      );
      const order = ['audit_logs', 'access_logs', 'users', 'a_former_log'];
      const rows = await loadStatus(db, streams);
      assert.deepEqual(
        rows.map(({ account, stream }) => `${account} ${stream}`),
        ['acme', 'west'].flatMap((account) => order.map((stream) => `${account} ${stream}`)),
      );
    });
  });

  it('is failed after a failed run, until the same task completes', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      await releaseLease(db, lease);
      assert.equal((await statusOf(db)).state, 'ok');
      const backfill = await openRun(db, access, 'backfill', 'test');
      await closeRun(db, backfill, 'failed', counts, {
        code: 'no_usable_answer',
        error: 'Zendesk does not answer.',
      });
      const live = await openRun(db, access, 'live', 'test');
      await closeRun(db, live, 'complete', counts, undefined);
      const failed = await statusOf(db);
      assert.equal(failed.state, 'failed');
      assert.equal(failed.last_error, 'Zendesk does not answer.');
      assert.equal(failed.last_error_code, 'no_usable_answer');
      assert.ok(failed.last_success !== null);
      const again = await openRun(db, access, 'backfill', 'test');
      await closeRun(db, again, 'complete', counts, undefined);
      assert.equal((await statusOf(db)).state, 'ok');
    });
  });

  it('is running while a lease is held, and failed when the process of an unfinished run is gone', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      await openRun(db, access, 'live', 'test');
      assert.equal((await statusOf(db)).state, 'running');
      await releaseLease(db, lease);
      const left = await statusOf(db);
      assert.equal(left.state, 'failed');
      assert.equal(
        left.last_error,
        'The last run ended without a word: its process died. The next run goes on where it stopped.',
      );
      assert.equal(left.last_error_code, 'process_died');
    });
  });

  it('says that a process with connections that cannot renew its lease is alive', async () => {
    await withLedger(async (db, url) => {
      const lease = await takeLease(db, accessLogs, 'pod-1:7');
      await openRun(db, access, 'live', 'pod-1:7');
      await releaseLease(db, lease);
      const living = openDatabase({ url, purpose: 'pod-1:7' });
      try {
        await living.query('select 1');
        const found = await statusOf(db);
        assert.equal(found.state, 'failed');
        assert.equal(found.last_error_code, 'process_cannot_write');
        assert.match(found.last_error ?? '', /^The process pod-1:7 lives, but could not renew/);
      } finally {
        await living.close();
      }
      await waitUntil(async () => (await statusOf(db)).last_error_code === 'process_died');
    });
  });

  it('is unavailable with the reason while Zendesk refuses the stream', async () => {
    await withLedger(async (db) => {
      await releaseLease(db, await takeLease(db, accessLogs));
      assert.equal((await statusOf(db)).last_error_code, null);
      await db.query(
        `update zendesk_sync.streams set unavailable_since = now(), unavailable_code = 'add_on_missing',
           unavailable_reason = 'The add-on is missing.'`,
      );
      const refused = await statusOf(db);
      assert.equal(refused.state, 'unavailable');
      assert.equal(refused.last_error, 'The add-on is missing.');
      assert.equal(refused.last_error_code, 'add_on_missing');
      await db.query(
        `update zendesk_sync.streams set unavailable_since = null, unavailable_code = null, unavailable_reason = null`,
      );
      assert.equal((await statusOf(db)).state, 'ok');
    });
  });

  it('has no headroom for a log that is kept permanently, and counts gaps from its oldest record', async () => {
    await withLedger(async (db) => {
      await takeLease(db, auditLogs);
      const key = { account: 'acme', stream: 'audit_logs' };
      await db.query('update zendesk_sync.streams set horizon = to_timestamp(1500000000)');
      await addCoverage(db, key, { from: 1_500_001_000, to: 1_500_002_000 });
      const status = await statusOf(db, 'acme', 'audit_logs');
      assert.equal(status.headroom_seconds, null);
      assert.equal(status.gaps, 1);
      assert.equal(status.gap_seconds, 1000);
      assert.equal(status.covered_until, null);
      await addCoverage(db, key, { from: 1_500_000_000, to: 1_500_001_000 });
      assert.deepEqual(
        (await statusOf(db, 'acme', 'audit_logs')).covered_until,
        new Date(1_500_002_000_000),
      );
    });
  });
});
