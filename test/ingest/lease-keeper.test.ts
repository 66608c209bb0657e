import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLeaseKeeper } from '../../src/ingest/lease-keeper.ts';
import { withBarrier } from '../support/barrier.ts';
import { collectLog } from '../support/collected-log.ts';
import { account, withInstallation } from '../support/installation.ts';

const signal = new AbortController().signal;
const empty = { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0, limits: false };
const renewal = {
  before: 'update',
  table: 'zendesk_sync.leases',
  like: 'update%make_interval%',
} as const;

describe('a lease that is given back', () => {
  it('is free at once, also when its renewal was under way and arrives late', async () => {
    await withInstallation(empty, { leaseMs: 3000 }, async ({ db, url, engine }) => {
      await withBarrier(url, renewal, async (barrier) => {
        const keeper = createLeaseKeeper(engine, 'audit_logs');
        let givenBack = false;
        const use = keeper
          .use(() => barrier.waiting(1), signal, 0)
          .then(() => void (givenBack = true));
        await barrier.waiting(1);
        // A release that did not wait for the renewal would be answered by now.
        for (let answers = 0; answers < 20; answers += 1) await db.query('select');
        assert.equal(givenBack, false);
        await barrier.open();
        await use;
      });
      const [lease] = await db.query(
        `select expires_at <= clock_timestamp() as free from zendesk_sync.leases where account = $1`,
        [account],
      );
      assert.deepEqual(lease, { free: true });
    });
  });
});

describe('a lease that another process holds', () => {
  it('is waited for, and the log says once for whom and until when', async () => {
    await withInstallation(empty, {}, async ({ engine }) => {
      const log = collectLog();
      const holder = createLeaseKeeper({ ...engine, holder: 'other:1' }, 'audit_logs');
      const events: number[] = [];
      const keeper = createLeaseKeeper(
        {
          ...engine,
          log,
          report(event) {
            if (event.type === 'waiting-for-lease') events.push(event.waitMs);
          },
        },
        'audit_logs',
      );
      await holder.use(
        async () => {
          assert.deepEqual(await keeper.use(() => Promise.resolve(), signal, 700), {
            busy: true,
            holder: 'other:1',
          });
        },
        signal,
        0,
      );
      assert.ok(events.length > 0 && events.every((waitMs) => waitMs > 0 && waitMs <= 700));
      const lines = log.lines().filter(({ level }) => level === 'warn');
      assert.deepEqual(
        lines.map(({ until, ...rest }) => ({ ...rest, until: typeof until })),
        [
          {
            level: 'warn',
            account,
            stream: 'audit_logs',
            holder: 'other:1',
            waitMs: events[0],
            msg: 'waiting for another process to finish with the stream',
            until: 'string',
          },
        ],
      );
      assert.match(String(lines[0]?.['until']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    });
  });
});
