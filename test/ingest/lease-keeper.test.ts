import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { createLeaseKeeper } from '../../src/ingest/lease-keeper.ts';
import { account, withInstallation } from '../support/installation.ts';

const signal = new AbortController().signal;
const empty = { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0, limits: false };

describe('a lease that is given back', () => {
  it('is free at once, also when its renewal was under way', async () => {
    await withInstallation(empty, { leaseMs: 150 }, async ({ db, url, engine }) => {
      for (let round = 0; round < 3; round += 1) {
        // A pool without connections: the renewal after 50 ms has to make one, the release finds one.
        const fresh = openDatabase({ url });
        const keeper = createLeaseKeeper({ ...engine, db: fresh }, 'audit_logs');
        await keeper.use(() => fresh.query('select pg_sleep(0.05)'), signal, 0);
        // Renewals on their way are answered before the pool has closed.
        await fresh.close();
        const [lease] = await db.query(
          `select expires_at <= clock_timestamp() as free from zendesk_sync.leases where account = $1`,
          [account],
        );
        assert.deepEqual(lease, { free: true }, `round ${round}`);
      }
    });
  });
});
