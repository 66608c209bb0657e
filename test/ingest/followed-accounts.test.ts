/** Following accounts on their schedules: what begins when, and what is taken over from others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { followAccounts } from '../../src/ingest/service.ts';
import { collectLog, type CollectedLog } from '../support/collected-log.ts';
import { createHandScheduler, type HandScheduler } from '../support/hand-scheduler.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';

const now = Math.floor(Date.now() / 1000);
const start = now - 86_400;
const schedules = { access_logs: '1 * * * *' };
const streamNames = ['audit_logs', 'access_logs', 'users'] as const;

type Followed = Installation & {
  readonly server: RawLogServer;
  readonly log: CollectedLog;
  readonly scheduler: HandScheduler;
  /** The ends of runs: stream, task and outcome. */
  readonly ends: string[];
  readonly stop: () => void;
  /** Follows some streams until `stop`. */
  readonly follow: (...names: readonly (typeof streamNames)[number][]) => Promise<void>;
};

/** Two logs that begin a day ago, without records, and a team without people. */
async function withFollowed(work: (followed: Followed) => Promise<void>): Promise<void> {
  const server = await startRawLogServer();
  const log = collectLog();
  const ends: string[] = [];
  const scheduler = createHandScheduler();
  const stopping = new AbortController();
  const options = {
    origin: server.origin,
    log,
    rescanAges: [],
    horizons: { access_logs: start, audit_logs: start },
    localNow: () => now * 1000,
    report(event: SyncEvent) {
      if (event.type === 'run') ends.push(`${event.stream} ${event.task} ${event.outcome}`);
    },
  };
  try {
    await withInstallation({}, options, async (installation) => {
      const { engine, worker } = installation;
      await work({
        ...installation,
        server,
        log,
        scheduler,
        ends,
        stop: () => stopping.abort(),
        follow: (...names) => {
          const session = { engine, workers: names.map((name) => worker(name)) };
          return followAccounts([{ session, schedules }], scheduler, log, stopping.signal);
        },
      });
    });
  } finally {
    stopping.abort();
    server.close();
  }
}

/** Keeps what the program wants to do every so many milliseconds, to be done when the test says so. */
function keepIntervals(everyMs: number): { readonly run: () => void; readonly end: () => void } {
  const usual = globalThis.setInterval;
  const kept: (() => void)[] = [];
  const keep = (work: () => void, ms: number) => {
    if (ms !== everyMs) return usual(work, ms);
    kept.push(work);
    return usual(() => {}, 2 ** 30);
  };
  Object.assign(globalThis, { setInterval: keep });
  return {
    run: () => kept.forEach((work) => work()),
    end: () => void Object.assign(globalThis, { setInterval: usual }),
  };
}

describe('accounts that are followed', () => {
  it('have each stream pulled at once and at its times, until they are stopped', async () => {
    await withFollowed(async ({ follow, scheduler, ends, stop, log, db }) => {
      const following = follow(...streamNames);
      assert.deepEqual(scheduler.started, [
        'rollups */5 * * * *',
        `${account} audit_logs */5 * * * *`,
        `${account} access_logs 1 * * * *`,
        `${account} users 0 * * * *`,
      ]);
      await waitUntil(() => ends.length === 5);
      assert.deepEqual(ends.toSorted(), [
        'access_logs backfill complete',
        'access_logs live complete',
        'audit_logs backfill complete',
        'audit_logs live complete',
        'users listing complete',
      ]);
      ends.length = 0;
      scheduler.tick(`${account} access_logs`);
      await waitUntil(() => ends.length > 0);
      stop();
      await following;
      assert.deepEqual(ends, ['access_logs live complete']);
      assert.deepEqual(scheduler.running(), []);
      const told = log.lines().filter(({ msg }) => msg === 'started' || msg === 'stopped');
      assert.deepEqual(told, [
        { level: 'info', account, streams: streamNames, schedules, msg: 'started' },
        { level: 'info', account, msg: 'stopped' },
      ]);
      assert.deepEqual(
        await db.query(`select from zendesk_sync.runs where outcome is distinct from 'complete'`),
        [],
      );
    });
  });

  it('have their people listed again after a fill has brought rows, and nothing else', async () => {
    await withFollowed(async ({ follow, ends, stop, server }) => {
      const timestamp = new Date((start + 3600) * 1000).toISOString();
      server.records.access_logs = [
        { second: start + 3600, content: JSON.stringify({ id: '01M1', timestamp }) },
      ];
      // The fill ends after the first listing.
      let listed = false;
      server.answerOddly = (request, response) => {
        if (listed || !(request.url ?? '').startsWith('/api/v2/access_logs')) return false;
        void waitUntil(() => ends.includes('users listing complete')).then(() => {
          listed = true;
          response.statusCode = 503;
          response.end();
        });
        return true;
      };
      const following = follow('access_logs', 'users');
      await waitUntil(() => ends.filter((end) => end.startsWith('users')).length === 2);
      stop();
      await following;
      assert.deepEqual(ends, [
        'users listing complete',
        'access_logs live complete',
        'access_logs backfill complete',
        'users listing complete',
      ]);
    });
  });

  it('have work taken over that another process has left, and no other', async () => {
    const intervals = keepIntervals(3000);
    try {
      await withFollowed(async ({ follow, ends, stop, db, worker, log }) => {
        const following = follow('access_logs');
        await waitUntil(() => ends.length === 2);
        const asks = async (): Promise<boolean> => {
          intervals.run();
          return worker('access_logs').isAbandoned();
        };
        assert.equal(await asks(), false);
        assert.equal(ends.length, 2);
        await db.query(
          `insert into zendesk_sync.runs (account, stream, task, holder) values ($1, 'access_logs', 'live', 'other')`,
          [account],
        );
        // What is abandoned is looked up every few seconds.
        await waitUntil(async () => (await asks()) || ends.length > 2);
        await waitUntil(() => ends.length > 2);
        stop();
        await following;
        assert.equal(ends[2], 'access_logs live complete');
        assert.deepEqual(
          log.lines().filter(({ level }) => level === 'error'),
          [],
        );
      });
    } finally {
      intervals.end();
    }
  });

  it('have schedules that do not tick named in the log, once', async () => {
    const intervals = keepIntervals(15_000);
    try {
      await withFollowed(async ({ follow, stop, scheduler, log }) => {
        const following = follow();
        const told = () =>
          log
            .lines()
            .filter(({ msg }) => msg === 'schedules are overdue')
            .map(({ level, schedules: named }) => [level, named]);
        for (const overdue of [[], ['a', 'b'], ['a', 'b'], [], ['a', 'b'], ['b']]) {
          scheduler.overdue = overdue;
          intervals.run();
        }
        assert.deepEqual(told(), [
          ['error', ['a', 'b']],
          ['error', ['a', 'b']],
          ['error', ['b']],
        ]);
        stop();
        await following;
      });
    } finally {
      intervals.end();
    }
  });
});
