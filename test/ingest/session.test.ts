/** What a process opens to pull accounts, what it does at the end, and what it says meanwhile. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncEvent } from '../../src/ingest/events.ts';
import {
  describeHolder,
  usualLeaseMs,
  withConnections,
  withSessions,
  type Connections,
  type Session,
} from '../../src/ingest/session.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { streams } from '../../src/streams/registry.ts';
import { request, storeRequests } from '../support/access-requests.ts';
import { collectLog, type CollectedLog } from '../support/collected-log.ts';
import { withDatabase } from '../support/database.ts';
import { findFreePort } from '../support/free-port.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { usualClassify } from '../support/stored-records.ts';

const never = new AbortController().signal;
const accountOf = (account: string, settings = {}) => ({
  account,
  zendesk: {
    origin: 'http://127.0.0.1:9',
    credentials: { kind: 'oauth-client', clientId: 'a', clientSecret: 'b' } as const,
    scope: 'read',
  },
  settings: {
    settleSeconds: 300,
    rescanAges: [],
    horizons: {},
    requestsPerMinute: {},
    pageSizes: {},
    ...settings,
  },
  pulled: [accessLogs, auditLogs],
});

/** The sessions of a database with a request that no rollup counts yet; what closed and what was reported. */
async function withOpened(
  work: (parts: {
    readonly open: Connections;
    readonly log: CollectedLog;
    readonly events: string[];
    readonly closed: string[];
    readonly run: (
      act: (sessions: readonly Session[]) => Promise<string>,
      more?: object,
      signal?: AbortSignal,
    ) => Promise<string>;
    readonly countDays: () => Promise<number>;
  }) => Promise<void>,
): Promise<void> {
  await withDatabase((url) =>
    withConnections(url, never, async (open) => {
      const log = collectLog();
      const events: string[] = [];
      const closed: string[] = [];
      const report = (event: SyncEvent, account: string): void => {
        if (event.type === 'examining')
          events.push(`${account} ${event.what} ${event.done}/${event.total}`);
        else events.push(`${account} ${event.type}`);
      };
      await storeRequests(open.db, [request('a', '2026-11-10T10:00:00Z', '/api/v2/tickets/7')]);
      const accounts = [
        accountOf('acme', { requestsPerMinute: { support: 7 }, pageSizes: { audit_logs: 20 } }),
        accountOf('beta'),
      ];
      await work({
        open,
        log,
        events,
        closed,
        run: (act, more = {}, signal = never) =>
          withSessions(
            accounts,
            { ...open, signal },
            { streams, classify: usualClassify, log, report, ...more },
            (sessions) => {
              for (const { engine } of sessions)
                Object.assign(engine.zendesk, {
                  close: async () => void closed.push(engine.account),
                });
              return act(sessions);
            },
          ),
        countDays: async () => (await open.db.query('select from zendesk.agent_day')).length,
      });
    }),
  );
}

describe('the sessions of a process', { concurrency: 2 }, () => {
  it('have the settings of their account, share what the accounts share, and are named by the process', async () => {
    await withOpened(async ({ open, run, closed, events, countDays }) => {
      const answer = await run(async ([acme = assert.fail(), beta = assert.fail()]) => {
        const [one, other] = [acme.engine, beta.engine];
        assert.deepEqual(
          [acme, beta].map(({ workers }) => workers.map(({ stream }) => stream.name)),
          [
            ['access_logs', 'audit_logs'],
            ['access_logs', 'audit_logs'],
          ],
        );
        const facts = (engine: typeof one): unknown[] => [
          engine.account,
          engine.requestsPerMinute('support'),
          engine.requestsPerMinute('access_logs'),
          engine.settings.requestsPerMinute,
          engine.pageSizes.next('audit_logs'),
          engine.pageSizes.next('access_logs'),
        ];
        const budgets = { support: 100, access_logs: 50 };
        assert.deepEqual(facts(one), ['acme', 7, 50, { ...budgets, support: 7 }, 20, 2500]);
        assert.deepEqual(facts(other), ['beta', 100, 50, budgets, 100, 2500]);
        for (const part of ['cursorShare', 'abandonedWork', 'db', 'bulk', 'holder'] as const)
          assert.equal(one[part], other[part], part);
        assert.notEqual(one.zendesk, other.zendesk);
        assert.notEqual(one.db, one.bulk);
        assert.deepEqual(
          [one.db, one.bulk, one.seals, one.leaseMs, one.holder],
          [open.db, open.bulk, true, usualLeaseMs, describeHolder()],
        );
        return 'done';
      });
      assert.deepEqual([answer, closed, await countDays()], ['done', ['acme', 'beta'], 1]);
      assert.deepEqual(events, [
        'acme rollups 0/1',
        'acme rollups 1/1',
        'acme findings 0/1',
        'acme findings 1/1',
      ]);
      assert.deepEqual(await open.db.query('select from zendesk_sync.stale_days'), []);
    });
  });

  it('leave rollups to those who follow, and are closed also after an error', async () => {
    await withOpened(async ({ run, closed, events, countDays }) => {
      await run(async () => 'followed', { live: true });
      assert.deepEqual([await countDays(), closed, events], [0, ['acme', 'beta'], []]);
      const failing = run(async () => {
        throw new Error('ours');
      });
      await assert.rejects(failing, new Error('ours'));
      assert.deepEqual([closed.length, await countDays()], [4, 0]);
    });
  });

  it('end with what was done when a signal ends the rollups, and with the error when they fail', async () => {
    await withOpened(async ({ open, run, closed, countDays }) => {
      const stopping = new AbortController();
      const stopped = await run(
        async () => {
          stopping.abort();
          return 'stopped';
        },
        {},
        stopping.signal,
      );
      assert.deepEqual([stopped, await countDays(), closed.length], ['stopped', 0, 2]);
      await open.db.query('alter table zendesk.agent_day rename to elsewhere');
      await assert.rejects(run(async () => 'done'));
      assert.equal(closed.length, 4);
    });
  });

  it('say what requests wait for, and until when', async () => {
    await withOpened(async ({ run, log, events }) => {
      const [pause, waiting] = [
        { type: 'pause', group: 'support', waitMs: 60_000, reason: '429' },
        { type: 'waiting-for-budget', group: 'support', waitMs: 0, isPaused: true, reason: 'x' },
      ] as const;
      const before = Date.now();
      await run(
        async ([{ engine } = assert.fail()]) => {
          for (const event of [
            pause,
            waiting,
            { type: 'budget', group: 'support', left: 1 } as const,
          ])
            engine.report(event);
          return 'done';
        },
        { live: true },
      );
      assert.deepEqual(events, ['acme pause', 'acme waiting-for-budget', 'acme budget']);
      const lines = log.lines().map(({ until, ...line }) => {
        const waitMs = Date.parse(String(until)) - before;
        return { ...line, waits: waitMs >= Number(line['waitMs']) && waitMs < 3_600_000 };
      });
      assert.deepEqual(lines, [
        { level: 'warn', account: 'acme', ...pause, waits: true, msg: 'requests paused' },
        {
          level: 'warn',
          account: 'acme',
          ...waiting,
          waits: true,
          msg: 'waiting before the next request',
        },
      ]);
    });
  });
});

describe('the connections of a process', { concurrency: 2 }, () => {
  it('bear its name, except those of backfills, and are closed at the end', async () => {
    await withDatabase(async (url) => {
      let opened: Connections | undefined;
      const work = withConnections(url, never, async (open) => {
        opened = open;
        const name = `select current_setting('application_name') as name`;
        const names = [await open.db.query(name), await open.bulk.query(name)];
        assert.deepEqual(names, [
          [{ name: `zendesk-log-sync ${describeHolder()}` }],
          [{ name: 'zendesk-log-sync' }],
        ]);
        throw new Error('ours');
      });
      await assert.rejects(work, new Error('ours'));
      for (const each of [opened?.db, opened?.bulk])
        await assert.rejects(async () => each?.query('select'));
    });
  });

  it('tell once that they wait for Postgres, and until when', async () => {
    const log = collectLog();
    const stopping = new AbortController();
    const url = `postgres://nobody@127.0.0.1:${await findFreePort()}/none`;
    const work = withConnections(
      url,
      stopping.signal,
      async ({ db, bulk }) => {
        const asking = [db, bulk, db].map((each) => each.query('select'));
        await waitUntil(() => log.lines().length > 0);
        stopping.abort();
        await Promise.allSettled(asking);
      },
      undefined,
      log,
    );
    await work;
    const [{ waitMs, until, err, ...line } = assert.fail(), ...others] = log.lines();
    assert.deepEqual(line, { level: 'warn', msg: 'waiting for Postgres, trying again' });
    assert.deepEqual(others, []);
    assert.ok(Number(waitMs) > 0 && Number.isInteger(waitMs), String(waitMs));
    assert.ok(Date.parse(String(until)) > Date.now() - 60_000);
    assert.notEqual(err, undefined);
  });
});
