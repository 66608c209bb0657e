/** The queue of requests before the budget: who is granted, in what order, and what is reported. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it, mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/database/client.ts';
import { createBudgetGate } from '../../src/ingest/budget-gate.ts';
import { priorities } from '../../src/ingest/engine.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { createLearnedLimits, type LearnedLimits } from '../../src/ingest/learned-limits.ts';
import type { Budget } from '../../src/zendesk/request.ts';
import { whileAsking } from '../support/asked-budget.ts';
import { withLedger } from '../support/ledger.ts';

// A grant that comes late is given back and asked for again: here no time passes.
mock.method(performance, 'now', () => 1000);

const limit = 10;
const group = 'access_logs';
const { live, listing, backfill } = priorities;

type Opened = {
  readonly gate: Budget;
  readonly events: readonly SyncEvent[];
  /** How often the limit was looked up: once for each question to the database. */
  readonly questions: () => number;
  readonly states: readonly string[];
};

function open(db: Database, reserve = 0): Opened {
  const events: SyncEvent[] = [];
  const states: string[] = [];
  let questions = 0;
  const numbers = { [group]: limit };
  const limits: LearnedLimits = {
    ...createLearnedLimits(numbers, {}),
    of() {
      questions += 1;
      return limit;
    },
    noteState: (name) => void states.push(name),
  };
  const report = (event: SyncEvent): void => void events.push(event);
  const gate = createBudgetGate({
    db,
    account: 'acme',
    requestsPerMinute: numbers,
    limits,
    reserve,
    report,
  });
  return { gate, events, states, questions: () => questions };
}

async function countSpent(db: Database): Promise<number> {
  const [row] = await db.query<{ spent: number }>(
    `select coalesce(sum((entry ->> 1)::integer), 0)::integer as spent
     from zendesk_sync.budgets, jsonb_array_elements(spent::jsonb) as entry`,
  );
  return row?.spent ?? 0;
}

/** A signal, and what remains to be done with it at the end. */
function createStop(): AbortController {
  return new AbortController();
}

describe('the requests that wait for the budget', () => {
  it('are granted in the order in which they came, each once, and leave no listener', async () => {
    await withLedger(async (db) => {
      const { gate, events, states } = open(db);
      const { signal } = createStop();
      const order: number[] = [];
      const taken: Promise<unknown>[] = [];
      const take = (number: number): unknown =>
        taken.push(gate.take(group, live, signal).then(() => order.push(number)));
      await whileAsking(
        db,
        () => take(0),
        () => [1, 2, 3, 4].forEach(take),
      );
      await Promise.all(taken);
      assert.deepEqual(order, [0, 1, 2, 3, 4]);
      assert.equal(await countSpent(db), 5);
      assert.deepEqual(getEventListeners(signal, 'abort'), []);
      assert.deepEqual(
        events.map((event) => event.type === 'budget' && [event.group, event.left]),
        [
          [group, limit - 1],
          [group, limit - 5],
        ],
      );
      assert.deepEqual(states, [group, group]);
    });
  });

  it('are not granted any more when they were given up meanwhile', async () => {
    await withLedger(async (db) => {
      const { gate } = open(db);
      const { signal } = createStop();
      const gone = createStop();
      const taken: Promise<void>[] = [];
      let left: Promise<void> = Promise.resolve();
      await whileAsking(
        db,
        () => taken.push(gate.take(group, live, signal)),
        () => {
          left = gate.take(group, live, gone.signal);
          left.catch(() => {});
          taken.push(gate.take(group, live, signal));
          gone.abort(new Error('gone'));
        },
      );
      await assert.rejects(left, { message: 'gone' });
      await Promise.all(taken);
      await gate.take(group, live, signal);
      assert.equal(await countSpent(db), 3);
    });
  });

  it('have the reserve if they follow the log or list people, and wait quietly otherwise', async () => {
    await withLedger(async (db) => {
      const { gate, questions } = open(db, 2);
      const { signal } = createStop();
      const stop = createStop();
      for (let number = 2; number < limit; number += 1) await gate.take(group, backfill, signal);
      const refused = gate.take(group, backfill, stop.signal);
      refused.catch(() => {});
      const before = questions();
      // A request that waits is not asked for again and again.
      await sleep(300);
      assert.ok(questions() - before <= 2, `${questions() - before} questions`);
      await gate.take(group, listing, signal);
      await gate.take(group, live, signal);
      assert.equal(await countSpent(db), limit);
      stop.abort(new Error('stopped'));
      await assert.rejects(refused, { message: 'stopped' });
    });
  });

  it('continue at the end of a short pause', async () => {
    await withLedger(async (db) => {
      const { gate, events } = open(db);
      const { signal } = createStop();
      await gate.pause(group, 400, 'Zendesk answered 429');
      await gate.take(group, live, signal);
      assert.deepEqual(events, [
        { type: 'pause', group, waitMs: 400, reason: 'Zendesk answered 429' },
        { type: 'budget', group, left: limit - 1 },
      ]);
    });
  });

  it('are all refused with the error of the database, and are served again afterwards', async () => {
    await withLedger(async (db) => {
      const { gate } = open(db);
      const { signal } = createStop();
      await gate.take(group, live, signal);
      await db.query('alter table zendesk_sync.budgets rename to away');
      const refused = await Promise.allSettled([1, 2].map(() => gate.take(group, live, signal)));
      assert.deepEqual(
        refused.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
      await db.query('alter table zendesk_sync.away rename to budgets');
      await gate.take(group, live, signal);
      assert.equal(await countSpent(db), 2);
    });
  });

  it('need a budget that exists', async () => {
    await withLedger(async (db) => {
      await assert.rejects(open(db).gate.take('tickets', live, createStop().signal), {
        name: 'TypeError',
        message: 'There is no budget for tickets.',
      });
    });
  });
});
