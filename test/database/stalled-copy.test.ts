import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { acquireLease, checkLease } from '../../src/database/leases.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// Postgres tells by it how long a statement has been running.
returnToMachineClock();

describe('a process that stands still in the middle of COPY', () => {
  it('does not block a take-over: its transaction is ended, and another process gets the lease', async () => {
    await withLedger(async (db, url) => {
      const key = { account: 'acme', stream: 'access_logs' };
      const lease = await takeLease(db, 'access_logs');
      await db.query(`update zendesk_sync.leases set expires_at = now()`);
      const stalled = new Client({ connectionString: url });
      await stalled.connect();
      await stalled.query('begin');
      await checkLease(
        { query: async (text, values) => (await stalled.query(text, [...(values ?? [])])).rows },
        lease,
      );
      const copy = stalled.query(copyFrom('copy zendesk.access_logs (account, id) from stdin'));
      copy.on('error', () => {});
      copy.write('acme\t');
      await waitUntil(async () => {
        const waiting = await db.query(
          `select from pg_stat_activity where query like 'copy zendesk.access_logs%' and wait_event = 'ClientRead'`,
        );
        return waiting.length === 1;
      });
      const ended = once(stalled, 'error');
      // Nobody waits for the page that stands still: a pooler may have few connections.
      const first = await acquireLease(db, key, 'the other', 60_000);
      assert.deepEqual(first, { holder: 'test', expiresInMs: 0 });
      let taken: Awaited<ReturnType<typeof acquireLease>> = first;
      await waitUntil(async () => {
        taken = await acquireLease(db, key, 'the other', 60_000);
        return 'token' in taken;
      });
      assert.deepEqual(taken, { ...key, holder: 'the other', token: '2' });
      const [error] = (await ended) as [Error];
      assert.equal(error.message, 'Connection terminated unexpectedly');
    });
  });
});
