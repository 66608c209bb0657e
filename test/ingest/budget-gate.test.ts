import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/database/client.ts';
import { createBudgetGate } from '../../src/ingest/budget-gate.ts';
import { priorities } from '../../src/ingest/engine.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import type { Budget } from '../../src/zendesk/request.ts';
import { whileAsking } from '../support/asked-budget.ts';
import { withLedger } from '../support/ledger.ts';

const limit = 10;

/** A gate whose budget has only the reserve left. */
async function openSpentGate(db: Database, signal: AbortSignal): Promise<Budget> {
  const requestsPerMinute = { support: limit, access_logs: limit };
  const report = (): void => {};
  const gate = createBudgetGate({ db, account: 'acme', requestsPerMinute, reserve: 1, report });
  for (let request = 1; request < limit; request += 1)
    await gate.take('access_logs', priorities.live, signal);
  return gate;
}

describe('the gate of the budget', () => {
  it('grants an urgent request from the reserve when it comes while a less urgent one is being refused', async () => {
    await withLedger(async (db) => {
      const stop = new AbortController();
      const gate = await openSpentGate(db, stop.signal);
      let live: Promise<void> = Promise.resolve();
      await whileAsking(
        db,
        () => void gate.take('access_logs', priorities.backfill, stop.signal).catch(() => {}),
        () => {
          live = gate.take('access_logs', priorities.live, stop.signal);
        },
      );
      await live;
      assert.equal(
        await countSpent(db),
        limit,
        'granted from the reserve, not from the next minute',
      );
      stop.abort();
    });
  });

  it('serves the next request at once when the one before it was cancelled', async () => {
    await withLedger(async (db) => {
      const [stop, gone] = [new AbortController(), new AbortController()];
      const gate = await openSpentGate(db, stop.signal);
      await whileAsking(
        db,
        () => void gate.take('access_logs', priorities.backfill, gone.signal).catch(() => {}),
        () => gone.abort(new Error('gone')),
      );
      await gate.take('access_logs', priorities.live, stop.signal);
      assert.equal(
        await countSpent(db),
        limit,
        'granted from the reserve, not from the next minute',
      );
    });
  });

  it('says what it waits for when a pause was recorded earlier, and does not keep a pause of sixty days', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk_sync.budgets (account, budget_group, spent, paused_until)
         values ('acme', 'access_logs', '[]', clock_timestamp() + interval '1440 hours')`,
      );
      const stop = new AbortController();
      const told = Promise.withResolvers<SyncEvent>();
      const gate = createBudgetGate({
        db,
        account: 'acme',
        requestsPerMinute: { support: limit, access_logs: limit },
        reserve: 0,
        report: told.resolve,
      });
      const waiting = gate.take('access_logs', priorities.live, stop.signal);
      waiting.catch(() => {});
      const event = await told.promise;
      assert.ok(event.type === 'waiting-for-budget' && event.isPaused);
      assert.ok(event.waitMs <= 3_600_000);
      const [row] = await db.query<{ hours: number }>(
        'select extract(epoch from paused_until - clock_timestamp())::float8 / 3600 as hours from zendesk_sync.budgets',
      );
      assert.ok((row?.hours ?? Infinity) <= 1);
      stop.abort(new Error('stopped'));
      await assert.rejects(waiting);
    });
  });

  it('reports a short pause that another process recorded, and its own only once', async () => {
    await withLedger(async (db) => {
      const stop = new AbortController();
      const events: SyncEvent[] = [];
      const open = (report: (event: SyncEvent) => void) =>
        createBudgetGate({
          db,
          account: 'acme',
          requestsPerMinute: { support: limit, access_logs: limit },
          reserve: 0,
          report,
        });
      const told = Promise.withResolvers<SyncEvent>();
      const own = open((event) => events.push(event));
      await own.pause('access_logs', 30_000, 'Zendesk answered 429');
      const other = open(told.resolve);
      const waiting = [own, other].map((gate) =>
        gate.take('access_logs', priorities.live, stop.signal),
      );
      for (const each of waiting) each.catch(() => {});
      const event = await told.promise;
      assert.ok(event.type === 'waiting-for-budget' && event.isPaused);
      assert.ok(event.waitMs > 1_000 && event.waitMs <= 30_000);
      assert.equal(event.reason, 'Zendesk answered 429');
      stop.abort(new Error('stopped'));
      await Promise.allSettled(waiting);
      assert.deepEqual(
        events.map(({ type }) => type),
        ['pause'],
      );
    });
  });

  it('asks again for a request whose grant has become too old, and returns the old one', async () => {
    await withLedger(async (db) => {
      const { signal } = new AbortController();
      // The first two answers take longer than a grant is valid, as when the process is frozen.
      let slow = 2;
      const hesitant: Database = {
        ...db,
        query: async <Row>(text: string, values?: readonly unknown[]) => {
          const rows = await db.query<Row>(text, values);
          if (text.includes('update zendesk_sync.budgets') && slow > 0) {
            slow -= 1;
            await sleep(350);
          }
          return rows;
        },
      };
      const gate = createBudgetGate({
        db: hesitant,
        account: 'acme',
        requestsPerMinute: { support: limit, access_logs: limit },
        reserve: 0,
        report: () => {},
      });
      const askedMs = await readClock(db);
      await gate.take('access_logs', priorities.live, signal);
      const spent = await loadSpent(db);
      // The first answer was late, and so was that to returning it: only the second grant counts.
      assert.equal(slow, 0);
      assert.deepEqual(
        spent.map(([, requests]) => requests),
        [1],
      );
      assert.ok((spent[0]?.[0] ?? 0) >= askedMs + 450, 'counted from when it was granted again');
    });
  });
});

/** The requests that count in the current minute: when they were granted, and how many. */
async function loadSpent(db: Database): Promise<[number, number][]> {
  const [row] = await db.query<{ spent: [number, number][] }>(
    'select spent from zendesk_sync.budgets',
  );
  return row?.spent ?? [];
}

async function countSpent(db: Database): Promise<number> {
  return (await loadSpent(db)).reduce((sum, [, requests]) => sum + requests, 0);
}

/** The database's clock in milliseconds since 1970. */
async function readClock(db: Database): Promise<number> {
  const [row] = await db.query<{ now: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
  );
  return row?.now ?? 0;
}
