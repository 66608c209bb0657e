import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { createClocks, type Clocks } from '../../src/ingest/clocks.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { unknownClock, type ZendeskClock } from '../../src/zendesk/clock.ts';
import { collectLog } from '../support/collected-log.ts';
import { withDatabase } from '../support/database.ts';
import { freezeDatabaseClock } from '../support/still-time.ts';

const startMs = Date.parse('2026-11-19T15:00:00Z');
const hourMs = 3_600_000;

/** Clocks of an account with local and Zendesk clocks that the test sets. */
function setUp() {
  const hand: { localMs: number[]; zendesk: ZendeskClock } = {
    localMs: [startMs],
    zendesk: unknownClock,
  };
  const log = collectLog();
  const events: SyncEvent[] = [];
  const clocks = createClocks({
    account: 'acme',
    // One after the other, the last one again and again.
    localNow: () => (hand.localMs.length > 1 ? hand.localMs.shift() : hand.localMs[0]) ?? 0,
    readZendesk: () => hand.zendesk,
    log,
    report: (event) => void events.push(event),
  });
  const said = (): unknown[] =>
    log
      .lines()
      .map(({ msg, zendeskSkewMs, databaseSkewMs }) => [
        String(msg).split(':')[0],
        zendeskSkewMs,
        databaseSkewMs,
      ]);
  return { hand, clocks, events, said, log };
}

/** A moment by each clock, in milliseconds from the local clock. */
const seen = (clocks: Clocks, localMs: number) => {
  const { earliest, likely, latest } = clocks.at(localMs);
  return [earliest, likely, latest].map((seconds) => seconds * 1000 - localMs);
};

async function withFrozenDatabase(
  aheadMs: number,
  work: (db: Database) => Promise<void>,
): Promise<void> {
  await withDatabase(async (url) => {
    const db = openDatabase({ url });
    try {
      await freezeDatabaseClock(db, startMs + aheadMs);
      await work(db);
    } finally {
      await db.close();
    }
  });
}

/** Sets the monotonic clock of this process for the time of the work. */
async function withSteadyClock(
  work: (set: (ms: number) => void) => Promise<void> | void,
): Promise<void> {
  const real = performance.now.bind(performance);
  try {
    await work((ms) => (performance.now = () => ms));
  } finally {
    performance.now = real;
  }
}

describe("the database's clock", () => {
  it('is compared with the local one at the moment of its answer', async () => {
    await withFrozenDatabase(hourMs, async (db) => {
      const { clocks, events } = setUp();
      await clocks.readDatabase(db);
      assert.deepEqual(seen(clocks, startMs), [0, hourMs, hourMs]);
      assert.equal(clocks.likelySkewMs(), hourMs);
      assert.deepEqual(events, [{ type: 'clocks', zendeskMs: 0, databaseMs: hourMs }]);
    });
  });

  it('is the same if the time of the request explains the difference, and otherwise differs only by the rest', async () => {
    await withFrozenDatabase(0, async (db) => {
      for (const [sentMs, receivedMs, databaseMs] of [
        [-20_000, 20_000, 0],
        [-30_000, -10_000, 10_000],
        [10_000, 30_000, -10_000],
      ] as const) {
        const { hand, clocks, events } = setUp();
        hand.localMs = [startMs + sentMs, startMs + receivedMs];
        await clocks.readDatabase(db);
        assert.deepEqual(events, [{ type: 'clocks', zendeskMs: 0, databaseMs }]);
      }
    });
  });

  it('does not jump with the local one, but follows it over a few seconds', async () => {
    await withFrozenDatabase(0, (db) =>
      withSteadyClock(async (setSteady) => {
        setSteady(1000);
        const { hand, clocks } = setUp();
        await clocks.readDatabase(db);
        assert.deepEqual(seen(clocks, startMs + 4000), [0, 0, 0]);
        const jumped = startMs + hourMs;
        hand.localMs = [jumped];
        assert.deepEqual(seen(clocks, jumped), [-hourMs, 0, 0]);
        setSteady(3000);
        assert.deepEqual(seen(clocks, jumped), [2000 - hourMs, 0, 0]);
        assert.deepEqual(seen(clocks, startMs - hourMs), [0, 0, 0], 'set back, as far as it goes');
      }),
    );
  });
});

describe('the local clock', () => {
  it('has jumped only if it went on by more than five seconds more than the monotonic one', async () => {
    await withFrozenDatabase(0, (db) =>
      withSteadyClock(async (setSteady) => {
        const { clocks } = setUp();
        setSteady(1000);
        await clocks.readDatabase(db);
        setSteady(1000 + hourMs);
        assert.deepEqual(seen(clocks, startMs + hourMs), [0, 0, 0], 'an hour has passed');
        assert.deepEqual(seen(clocks, startMs + hourMs + 5000), [0, 0, 0]);
        assert.deepEqual(seen(clocks, startMs + hourMs + 6000), [-6000, 0, 0]);
      }),
    );
  });

  it('is the time now, by all clocks', async () => {
    await withFrozenDatabase(hourMs, async (db) => {
      const { clocks } = setUp();
      await clocks.readDatabase(db);
      const now = startMs / 1000;
      assert.deepEqual(clocks.now(), { earliest: now, likely: now + 3600, latest: now + 3600 });
    });
  });
});

describe('clocks that disagree', () => {
  const agreed = (skewMs: number): ZendeskClock => ({ agreedMs: skewMs, doubt: undefined });

  it('are reported once, again when they change by more than a minute, and when they agree again', () => {
    const { hand, clocks, said } = setUp();
    for (const skewMs of [5000, 5001, 65_001, -54_999, 65_002, 5002, 5001, 5000, 0, -7000]) {
      hand.zendesk = agreed(skewMs);
      clocks.compare();
    }
    assert.deepEqual(said(), [
      ['the clocks disagree', 5001, 0],
      ['the clocks disagree', 65_002, 0],
      ['the clocks disagree', 5001, 0],
      ['the clocks agree again', 5000, 0],
      ['the clocks disagree', -7000, 0],
    ]);
  });

  it('are reported with both differences', async () => {
    await withFrozenDatabase(-hourMs, async (db) => {
      const { hand, clocks, log } = setUp();
      hand.zendesk = agreed(90_400);
      await clocks.readDatabase(db);
      await clocks.readDatabase(db);
      await freezeDatabaseClock(db, startMs - 2 * hourMs);
      await clocks.readDatabase(db);
      assert.deepEqual(
        log.lines().map(({ msg }) => msg),
        ['3600', '7200'].map(
          (seconds) =>
            `the clocks disagree: the clock of Zendesk is 90 s ahead of this machine, the clock of the database ${seconds} s behind this machine; nothing newer than the slowest of the three counts as covered`,
        ),
      );
    });
  });

  it('are reported again after an hour', async () => {
    await withSteadyClock((setSteady) => {
      const { hand, clocks, log } = setUp();
      hand.zendesk = agreed(90_000);
      for (const ms of [0, 1, hourMs - 1, hourMs, 2 * hourMs - 1]) {
        setSteady(ms);
        clocks.compare();
      }
      const line =
        'the clocks disagree: the clock of Zendesk is 90 s ahead of this machine, the clock of the database 0 s ahead of this machine; nothing newer than the slowest of the three counts as covered';
      assert.deepEqual(
        log.lines().map(({ msg }) => msg),
        [line, line],
      );
    });
  });
});
