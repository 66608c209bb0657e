import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLeaseKeeper } from '../../src/sync/lease-keeper.ts';
import { account, withInstallation } from '../support/installation.ts';

const signal = new AbortController().signal;
const empty = { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0, limits: false };

describe('a lease that is given back', () => {
  it('is free at once, also when it was just being renewed', async () => {
    await withInstallation(empty, { leaseMs: 30 }, async ({ db, engine }) => {
      const keeper = createLeaseKeeper(engine, 'audit_logs');
      for (let round = 0; round < 40; round += 1) {
        await keeper.use(() => db.query('select pg_sleep(0.011)'), signal, 1000);
        await db.query('select 1');
        const [lease] = await db.query(
          `select expires_at <= clock_timestamp() as free from zendesk_sync.leases where account = $1`,
          [account],
        );
        assert.deepEqual(lease, { free: true }, `round ${round}`);
      }
    });
  });

  it('is taken again by the same process, which never meets itself', async () => {
    await withInstallation(empty, {}, async ({ engine }) => {
      const keeper = createLeaseKeeper(engine, 'audit_logs');
      const { promise: second, resolve } = Promise.withResolvers<unknown>();
      const first = await keeper.use(
        async () => {
          // By then the work is done and the release is on its way to the database.
          setImmediate(() => resolve(keeper.use(async () => 'second', signal, 0)));
          return 'first';
        },
        signal,
        0,
      );
      assert.deepEqual([first, await second], ['first', 'second']);
    });
  });
});
