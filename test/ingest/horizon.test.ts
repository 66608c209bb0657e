/** Where a log begins, as far as no source is needed to know it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { addCoverage } from '../../src/ingest/coverage.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { rescanAgesOf, type Pull } from '../../src/ingest/pull.ts';
import { findHorizon, loadStream, reportCovered } from '../../src/ingest/horizon.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { takeLease, withLedger } from '../support/ledger.ts';

const day = 86_400;
const now = 200 * day;

function createPull(
  db: Database,
  stream: LogStream,
  horizons: Readonly<Record<string, number>>,
  report: (event: SyncEvent) => void = () => {},
): Pull {
  const clocks = { now: () => ({ earliest: now - 1, likely: now, latest: now + 1 }) };
  const settings = { horizons, rescanAges: [3600, 100 * day] };
  return { stream, engine: { account: 'acme', db, clocks, settings, report } } as unknown as Pull;
}

describe('the beginning of a log', () => {
  it('that the source drops is what it keeps, or what the settings want of that', async () => {
    await withLedger(async (db) => {
      const find = (horizons: Readonly<Record<string, number>>) =>
        findHorizon(createPull(db, accessLogs, horizons));
      assert.equal(await find({}), 110 * day);
      assert.equal(await find({ access_logs: 150 * day }), 150 * day);
      assert.equal(await find({ access_logs: 10 * day }), 110 * day);
      assert.equal(await find({ audit_logs: 150 * day }), 110 * day);
    });
  });

  it('that is kept permanently is what the settings want, or what was proved', async () => {
    await withLedger(async (db) => {
      await takeLease(db, auditLogs);
      const key = { account: 'acme', stream: 'audit_logs' };
      assert.deepEqual(await loadStream(db, { ...key, account: 'other' }), {
        horizon: undefined,
        isProved: false,
        followedFrom: undefined,
      });
      const find = (horizons: Readonly<Record<string, number>>) =>
        findHorizon(createPull(db, auditLogs, horizons));
      const known = async () => {
        const { horizon, isProved } = await loadStream(db, key);
        return [horizon, isProved];
      };
      const write = async (): Promise<string> => {
        const [row] = await db.query<{ write: string }>(
          'select xmin::text as write from zendesk_sync.streams',
        );
        return row?.write ?? '';
      };
      assert.equal(await find({ audit_logs: 5 * day }), 5 * day);
      assert.deepEqual(await known(), [5 * day, false]);
      const before = await write();
      assert.equal(await find({ audit_logs: 5 * day }), 5 * day);
      assert.equal(await write(), before, 'what is known is not written again');
      await db.query('update zendesk_sync.streams set horizon_proved_at = now()');
      assert.equal(await find({}), 5 * day);
      assert.deepEqual(await known(), [5 * day, true]);
      assert.equal(await find({ audit_logs: 5 * day }), 5 * day);
      assert.deepEqual(await known(), [5 * day, false], 'a wish is no proof');
      assert.equal(await find({ audit_logs: 6 * day }), 6 * day);
      assert.deepEqual(await known(), [6 * day, false]);
    });
  });
});

describe('the covered share of a log', () => {
  it('is that of the time from its beginning to the newest covered moment, or to now', async () => {
    await withLedger(async (db) => {
      await takeLease(db, accessLogs);
      const told: SyncEvent[] = [];
      const pull = createPull(db, accessLogs, {}, (event) => told.push(event));
      await reportCovered(pull, 150 * day);
      const key = { account: 'acme', stream: 'access_logs' };
      await addCoverage(db, key, { from: 170 * day, to: 190 * day });
      await reportCovered(pull, 150 * day);
      const [type, stream] = ['covered', 'access_logs'];
      assert.deepEqual(told, [
        { type, stream, share: 0, wantedSeconds: 50 * day },
        { type, stream, share: 0.5, wantedSeconds: 40 * day },
      ]);
      assert.deepEqual(rescanAgesOf(pull), [3600, 85 * day]);
    });
  });
});
