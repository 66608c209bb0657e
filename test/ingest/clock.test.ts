import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addCoverage, addRescan, loadCoverage, loadRescans } from '../../src/ingest/coverage.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { fromSeconds } from '../../src/span.ts';
import { collectLog, type CollectedLog } from '../support/collected-log.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  storedLines,
  trueLines,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { listFetches } from '../support/ledger-facts.ts';
import { createStillTime, freezeDatabaseClock } from '../support/still-time.ts';

const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];
const hour = 3600;
const day = 24 * hour;
const signal = new AbortController().signal;

/** An account that writes several rows a minute into one log. */
function busyAccount(stream: Log) {
  const busy = (other: Log): number => (other === stream ? 4000 : 0);
  return {
    auditLogDays: 0.3,
    accessLogDays: 0.3,
    auditLogRowsPerDay: busy('audit_logs'),
    accessLogRowsPerDay: busy('access_logs'),
  };
}

/** By how many seconds a clock is ahead of the real time. */
type Wrong = { local: number; database: number; zendesk: number };

/** An installation with three clocks that the test sets. */
type Clocked = Installation & {
  readonly wrong: Wrong;
  readonly log: CollectedLog;
  /** Called with the engine's events. */
  readonly told: { report: (event: SyncEvent) => void };
  /** The real time, whole seconds since 1970. */
  readonly now: () => number;
  /** Lets time pass, and sets the clocks again. */
  readonly pass: (seconds: number) => Promise<void>;
};

async function withClocks(stream: Log, work: (clocked: Clocked) => Promise<void>): Promise<void> {
  const time = createStillTime();
  const wrong = { local: 0, database: 0, zendesk: 0 };
  const log = collectLog();
  const told: { report: (event: SyncEvent) => void } = { report: () => {} };
  const settings = {
    localNow: () => time.localNow() + wrong.local * 1000,
    report: (event: SyncEvent) => told.report(event),
    log,
  };
  const busy = { ...time.simulator, ...busyAccount(stream) };
  await withInstallation(busy, settings, async (installation) => {
    const { db, simulator } = installation;
    async function pass(seconds: number): Promise<void> {
      await time.pass(installation, seconds);
      await freezeDatabaseClock(db, time.localNow() + wrong.database * 1000);
      // A lease ends by the database's clock, which may have been set back.
      await db.query('delete from zendesk_sync.leases');
      simulator.clearFaults();
      if (wrong.zendesk !== 0)
        simulator.addFault({ kind: 'wrong-date', seconds: wrong.zendesk, times: Infinity });
    }
    await pass(0);
    await work({ ...installation, wrong, log, told, now: () => time.seconds(), pass });
  });
}

/** The end of the coverage; it must be one span. */
async function coveredUntil({ db }: Clocked, stream: Log): Promise<number> {
  const coverage = await loadCoverage(db, { account, stream });
  assert.equal(coverage.length, 1);
  return coverage[0]?.to ?? 0;
}

/** Fails unless everything that Zendesk shows is stored, and everything that counts as covered. */
async function assertAllStored(clocked: Clocked, stream: Log): Promise<void> {
  const stored = new Set(await storedLines(clocked.db, stream));
  const shown = trueLines(clocked.simulator, stream);
  assert.ok(shown.length > 100);
  const missing = shown.filter((line) => !stored.has(line));
  assert.deepEqual(missing, [], 'what Zendesk shows is stored up to its present');
  await assertTrue(clocked, stream);
}

function messages({ log }: Clocked): unknown[] {
  return log
    .lines()
    .map(({ msg }) => msg)
    .filter((msg) => typeof msg === 'string' && msg.startsWith('the clocks'));
}

describe('a clock that is wrong', { concurrency: 2 }, () => {
  for (const stream of logs)
    for (const [clock, words, seconds] of [
      ['local', 'an hour early', hour],
      ['local', 'an hour late', -hour],
      ['local', 'a minute early', 60],
      ['database', 'an hour early', hour],
      ['database', 'an hour late', -hour],
      ['database', 'four hours late', -4 * hour],
      ['zendesk', 'a day early', day],
      ['zendesk', 'an hour late', -hour],
    ] as const)
      it(`${clock}, ${words}: ${stream} is read to the present, and covered up to the earliest of the three`, async () => {
        await withClocks(stream, async (clocked) => {
          const { now, pass, wrong } = clocked;
          wrong[clock] = seconds;
          await pass(0);
          await pullCompletely(clocked, stream);
          for (let tick = 0; tick < 3; tick += 1) {
            await pass(300);
            await pullCompletely(clocked, stream);
          }
          assert.equal(await coveredUntil(clocked, stream), now() + Math.min(0, seconds) - 300);
          const [said] = messages(clocked);
          assert.match(String(said), /^the clocks disagree: /);

          wrong[clock] = 0;
          for (let tick = 0; tick < 3; tick += 1) {
            await pass(300);
            await pullCompletely(clocked, stream);
          }
          await assertAllStored(clocked, stream);
          assert.equal(await coveredUntil(clocked, stream), now() - 300);
          assert.equal(messages(clocked).at(-1), 'the clocks agree again');
        });
      });

  for (const stream of logs) {
    it(`does not keep the newest rows of ${stream} from being read`, async () => {
      await withClocks(stream, async (clocked) => {
        const { pass, wrong } = clocked;
        await pullCompletely(clocked, stream);
        for (const clock of ['local', 'database', 'zendesk'] as const)
          for (const seconds of [hour, -hour, 30 * day, -30 * day]) {
            Object.assign(wrong, { local: 0, database: 0, zendesk: 0, [clock]: seconds });
            await pass(300);
            await pullCompletely(clocked, stream);
            await assertAllStored(clocked, stream);
          }
      });
    });

    it(`says by how much, once: ${stream}`, async () => {
      await withClocks(stream, async (clocked) => {
        const { pass, wrong } = clocked;
        wrong.database = -7200;
        for (let tick = 0; tick < 3; tick += 1) {
          await pass(60);
          await pullCompletely(clocked, stream);
        }
        assert.deepEqual(messages(clocked), [
          'the clocks disagree: the clock of Zendesk is 0 s ahead of this machine, the clock of the database 7200 s behind this machine; nothing newer than the slowest of the three counts as covered',
        ]);
      });
    });
  }
});

describe('a single answer with a wrong time', { concurrency: 2 }, () => {
  for (const stream of logs) {
    for (const [words, seconds] of [
      ['a day', day],
      ['an hour', hour],
    ] as const)
      it(`that is ${words} ahead covers nothing in the future, and the rows of the next pause are read: ${stream}`, async () => {
        await withClocks(stream, async (clocked) => {
          const { simulator, now, pass, worker } = clocked;
          await pullCompletely(clocked, stream);
          await pass(300);
          simulator.addFault({ kind: 'wrong-date', seconds, stream });
          assert.equal((await worker(stream).follow(signal)).outcome, 'complete');
          assert.equal(await coveredUntil(clocked, stream), now() - 300);
          await pass(2 * hour);
          await pullCompletely(clocked, stream);
          await assertAllStored(clocked, stream);
        });
      });

    it(`that comes from a cache covers no more than it contains: ${stream}`, async () => {
      await withClocks(stream, async (clocked) => {
        const { simulator, now, pass, worker } = clocked;
        await pullCompletely(clocked, stream);
        await pass(300);
        simulator.addFault({ kind: 'cached', seconds: 240, stream });
        assert.equal((await worker(stream).follow(signal)).outcome, 'complete');
        assert.equal(await coveredUntil(clocked, stream), now() - 240 - 300);
        await pass(60);
        await pullCompletely(clocked, stream);
        assert.equal(await coveredUntil(clocked, stream), now() - 300);
        await assertAllStored(clocked, stream);
      });
    });
  }
});

describe('a local clock that jumps', { concurrency: 2 }, () => {
  for (const stream of logs) {
    it(`by an hour between two ticks does no harm: ${stream}`, async () => {
      await withClocks(stream, async (clocked) => {
        const { db, now, pass, wrong } = clocked;
        await pullCompletely(clocked, stream);
        // Three answers must agree before the previous difference is forgotten.
        for (const seconds of [0, hour, -hour, 0, -hour, hour, 0, 0, 0]) {
          wrong.local = seconds;
          await pass(300);
          await pullCompletely(clocked, stream);
          await assertAllStored(clocked, stream);
        }
        assert.equal(await coveredUntil(clocked, stream), now() - 300);
        const early = (await listFetches(db, stream)).filter(
          ({ kind, to, askedAt }) => kind === 'rescan' && to > (askedAt ?? 0) - hour,
        );
        assert.deepEqual(early, [], 'nothing was read again before its time');
      });
    });

    it(`by an hour after the database was asked for its time covers nothing in the future: ${stream}`, async () => {
      await withClocks(stream, async (clocked) => {
        const { simulator, now, pass, told, worker, wrong } = clocked;
        await pullCompletely(clocked, stream);
        await pass(300);
        // Zendesk's clock changes with the local one, so that only the database's is right.
        simulator.addFault({ kind: 'wrong-date', seconds: hour, times: Infinity });
        told.report = ({ type }) => {
          if (type === 'clocks') wrong.local = hour;
        };
        assert.equal((await worker(stream).follow(signal)).outcome, 'complete');
        assert.ok((await coveredUntil(clocked, stream)) <= now() - 300);
      });
    });
  }
});

describe('coverage in the future', { concurrency: 2 }, () => {
  for (const stream of logs) {
    it(`is withdrawn from where the fetch that claims it began, and read again: ${stream}`, async () => {
      await withClocks(stream, async (clocked) => {
        const { db, log, now, pass } = clocked;
        await pullCompletely(clocked, stream);
        const asked = now();
        await claimFuture(clocked, stream, day);
        await pass(2 * hour);
        await pullCompletely(clocked, stream);
        await assertAllStored(clocked, stream);
        assert.equal(await coveredUntil(clocked, stream), now() - 300);
        const said = log.lines().find(({ msg }) => /in the future was withdrawn/.test(String(msg)));
        assert.deepEqual(
          [said?.['from'], said?.['until']],
          [asked - 300, asked + day - 300].map((seconds) => fromSeconds(seconds).toISOString()),
        );
        for (const [age, spans] of await loadRescans(db, { account, stream }))
          assert.ok((spans.at(-1)?.to ?? Infinity) <= now() - age);
      });
    });

    it(`without a fetch that claims it is withdrawn from where the fetches end: ${stream}`, async () => {
      await withClocks(stream, async (clocked) => {
        const { db, now, pass } = clocked;
        await pullCompletely(clocked, stream);
        const key = { account, stream };
        await addCoverage(db, key, { from: now() - hour, to: now() + day });
        await addRescan(db, key, hour, { from: now() - 2 * hour, to: now() + day });
        await pass(2 * hour);
        await pullCompletely(clocked, stream);
        await assertAllStored(clocked, stream);
        assert.equal(await coveredUntil(clocked, stream), now() - 300);
        const again = (await loadRescans(db, key)).get(hour);
        assert.ok((again?.at(-1)?.to ?? Infinity) <= now() - hour);
      });
    });

    it(`is not made by a fetch that was requested in the future and continues now: ${stream}`, async () => {
      await withClocks(stream, async (clocked) => {
        const { db, now, pass, worker } = clocked;
        await pullCompletely(clocked, stream);
        await pass(300);
        await db.query(
          `update zendesk_sync.fetches set outcome = null, asked_at = $2 where stream = $1 and kind = 'live'`,
          [stream, fromSeconds(now() + day)],
        );
        await worker(stream).follow(signal);
        await pullCompletely(clocked, stream);
        assert.equal(await coveredUntil(clocked, stream), now() - 300);
      });
    });
  }
});

/** Does what a program did that trusted a single Date header: the newest fetch seems to have been requested so much later. */
async function claimFuture({ db, now }: Clocked, stream: Log, seconds: number): Promise<void> {
  const asked = now() + seconds;
  await db.query(
    `update zendesk_sync.fetches set asked_at = $2, span_until = $3
     where id = (select max(id) from zendesk_sync.fetches where stream = $1 and kind = 'live')`,
    [stream, fromSeconds(asked), fromSeconds(asked + 1)],
  );
  const key = { account, stream };
  await addCoverage(db, key, { from: now() - hour, to: asked - 300 });
  for (const age of [hour, day]) await addRescan(db, key, age, { from: 0, to: asked - age });
}
