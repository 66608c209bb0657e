import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { Engine } from '../../src/ingest/engine.ts';
import { createLeaseKeeper, isBusy } from '../../src/ingest/lease-keeper.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { withBarrier } from '../support/barrier.ts';
import { collectLog } from '../support/collected-log.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { waitUntil } from '../support/pulled-account.ts';

const signal = new AbortController().signal;
const empty = { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0, limits: false };
const renewal = {
  before: 'update',
  table: 'zendesk_sync.leases',
  like: 'with held%make_interval%',
} as const;

describe('a released lease', () => {
  it('is free at once, also when its renewal was in progress and arrives late', async () => {
    await withInstallation(empty, { leaseMs: 3000 }, async ({ db, url, engine }) => {
      await withBarrier(url, renewal, async (barrier) => {
        const keeper = createLeaseKeeper(engine, 'audit_logs');
        let givenBack = false;
        const use = keeper
          .use(() => barrier.waiting(1), signal, 0)
          .then(() => void (givenBack = true));
        await barrier.waiting(1);
        // A release that did not wait for the renewal would have an answer by now.
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
  it('makes the process wait, and the log says once for whom and until when', async () => {
    await withInstallation(empty, { leaseMs: 60_000 }, async ({ engine }) => {
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
      assert.ok(events.length > 0 && events.every((waitMs) => waitMs >= 0 && waitMs <= 700));
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

describe('the lease of a stream', { concurrency: 2 }, () => {
  const free = async ({ db }: Installation): Promise<boolean | undefined> => {
    const [row] = await db.query<{ free: boolean }>(
      'select expires_at <= clock_timestamp() as free from zendesk_sync.leases',
    );
    return row?.free;
  };
  const take = `update zendesk_sync.leases set token = token + 1, mark = gen_random_uuid(), holder = 'other:1', expires_at = clock_timestamp() + interval '1 minute'`;

  it('is one for all works at the same time, is released after the last, and taken again by the next', async () => {
    await withInstallation(empty, { leaseMs: 60_000 }, async (installation) => {
      const keeper = createLeaseKeeper(installation.engine, 'audit_logs');
      const first = Promise.withResolvers<void>();
      const leases: Lease[] = [];
      const use = (until: Promise<void>): Promise<unknown> =>
        keeper.use(
          async (lease, work) => {
            leases.push(lease);
            await until;
            assert.equal(work.aborted, false);
            return 'done';
          },
          signal,
          0,
        );
      const long = use(first.promise);
      assert.equal(await use(Promise.resolve()), 'done');
      assert.equal(await free(installation), false, 'the first one is still working');
      first.resolve();
      assert.equal(await long, 'done');
      assert.equal(await free(installation), true);
      assert.equal(leases[0], leases[1]);
      // Right after a release, and once more: neither finds the lease of this process taken.
      const again = [use(Promise.resolve()), use(Promise.resolve())];
      assert.deepEqual(await Promise.all(again), ['done', 'done']);
      assert.notEqual(leases[2]?.token, leases[0]?.token);
      assert.equal(await free(installation), true);
    });
  });

  it('ends the work when it is lost, and does not end work that begins after that', async () => {
    await withInstallation(empty, { leaseMs: 60_000 }, async (installation) => {
      const { db, engine } = installation;
      const keeper = createLeaseKeeper(engine, 'audit_logs');
      const begun = Promise.withResolvers<void>();
      const first = keeper.use(
        async (_lease, work) => {
          const ended = once(work, 'abort');
          begun.resolve();
          await ended;
          return (work.reason as { code: string }).code;
        },
        signal,
        0,
      );
      await begun.promise;
      await db.query(take);
      // The next work asks whether the lease is still held: another process has it.
      const busy = await keeper.use(() => Promise.resolve('not reached'), signal, 0);
      assert.deepEqual([busy, isBusy(busy)], [{ busy: true, holder: 'other:1' }, true]);
      assert.equal(await first, 'lease_lost');
      await db.query(`update zendesk_sync.leases set expires_at = clock_timestamp()`);
      const answer = await keeper.use((_lease, work) => Promise.resolve(work.aborted), signal, 0);
      assert.deepEqual(
        [answer, isBusy(answer), isBusy(null), isBusy({})],
        [false, false, false, false],
      );
    });
  });

  it('is renewed while a work lasts, and an unavailable database does not end the work', async () => {
    await withInstallation(empty, { leaseMs: 600 }, async (installation) => {
      const { db, engine } = installation;
      let fails = true;
      let failures = 0;
      const failing: Engine['db'] = {
        ...engine.db,
        query: (...question) => {
          if (fails && question[0].startsWith('with held')) {
            failures += 1;
            return Promise.reject(new Error('no connection'));
          }
          return engine.db.query(...question);
        },
      };
      const keeper = createLeaseKeeper({ ...engine, db: failing }, 'audit_logs');
      await keeper.use(
        async (lease, work) => {
          await waitUntil(() => Promise.resolve(failures > 0));
          assert.equal(work.aborted, false);
          fails = false;
          await waitUntil(async () => {
            const [row] = await db.query<{ renewed: boolean }>(
              `select expires_at > clock_timestamp() and token = $1::bigint as renewed from zendesk_sync.leases`,
              [lease.token],
            );
            return row?.renewed === true;
          });
        },
        signal,
        0,
      );
      assert.equal(await free(installation), true);
    });
  });

  it('that cannot be released is reported, and the work is done all the same', async () => {
    await withInstallation(empty, {}, async ({ engine }) => {
      const log = collectLog();
      let fails = false;
      const db: Engine['db'] = {
        ...engine.db,
        query: (...question) =>
          fails ? Promise.reject(new Error('no connection')) : engine.db.query(...question),
      };
      const keeper = createLeaseKeeper({ ...engine, db, log }, 'audit_logs');
      const answer = await keeper.use(
        () => {
          fails = true;
          return Promise.resolve(7);
        },
        signal,
        0,
      );
      assert.equal(answer, 7);
      assert.deepEqual(
        log.lines().map(({ level, account: of, stream, msg }) => [level, of, stream, msg]),
        [['info', account, 'audit_logs', 'a lease could not be released; it will expire']],
      );
      await assert.rejects(
        keeper.use(() => Promise.resolve(), signal, 0),
        /no connection/,
      );
      fails = false;
    });
  });

  it('is waited for, and taken as soon as the other process gives it back', async () => {
    await withInstallation(empty, {}, async ({ engine }) => {
      const other = createLeaseKeeper({ ...engine, holder: 'other:1' }, 'audit_logs');
      const waits = Promise.withResolvers<void>();
      const report: Engine['report'] = ({ type }) => {
        if (type === 'waiting-for-lease') waits.resolve();
      };
      const keeper = createLeaseKeeper({ ...engine, report }, 'audit_logs');
      const done = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const held = other.use(
        () => {
          begun.resolve();
          return done.promise;
        },
        signal,
        0,
      );
      await begun.promise;
      const waiting = keeper.use(() => Promise.resolve('mine'), signal, 600_000);
      await waits.promise;
      done.resolve();
      await held;
      assert.equal(await waiting, 'mine');
    });
  });
});
