import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/postgres/client.ts';
import { createBudgetGate } from '../../src/sync/budget-gate.ts';
import { priorities } from '../../src/sync/engine.ts';
import type { Budget } from '../../src/zendesk/client.ts';
import { withLedger } from '../support/ledger.ts';

const limit = 10;

/** A gate whose budget has nothing left but the reserve. */
async function openSpentGate(db: Database, signal: AbortSignal): Promise<Budget> {
  const requestsPerMinute = { support: limit, access_logs: limit };
  const report = (): void => {};
  const gate = createBudgetGate({ db, account: 'acme', requestsPerMinute, reserve: 1, report });
  for (let request = 1; request < limit; request += 1)
    await gate.take('access_logs', priorities.live, signal);
  return gate;
}

/** Asks for a backfill request and, while Postgres still thinks about it, does something else. */
async function whileAsking(db: Database, ask: () => Promise<void>, act: () => void): Promise<void> {
  let asked: Promise<void> = Promise.resolve();
  await db.transaction(async (tx) => {
    await tx.query('select 1 from zendesk_sync.budgets for update');
    asked = ask();
    asked.catch(() => {});
    const waiting = `select 1 from pg_locks where not granted and locktype in ('tuple', 'transactionid')`;
    while ((await tx.query(waiting)).length === 0) await sleep(2);
    act();
  });
}

describe('the gate of the budget', () => {
  it('lets an urgent request pass from the reserve that came while a less urgent one was being refused', async () => {
    await withLedger(async (db) => {
      const stop = new AbortController();
      const gate = await openSpentGate(db, stop.signal);
      let live: Promise<string> = Promise.resolve('');
      await whileAsking(
        db,
        () => gate.take('access_logs', priorities.backfill, stop.signal),
        () => {
          live = gate.take('access_logs', priorities.live, stop.signal).then(() => 'granted');
        },
      );
      assert.equal(
        await Promise.race([live, sleep(5000, 'kept waiting', { ref: false })]),
        'granted',
      );
      stop.abort();
    });
  });

  it('serves the next request at once when the one it was asking for has gone', async () => {
    await withLedger(async (db) => {
      const [stop, gone] = [new AbortController(), new AbortController()];
      const gate = await openSpentGate(db, stop.signal);
      await whileAsking(
        db,
        () => gate.take('access_logs', priorities.backfill, gone.signal),
        () => gone.abort(new Error('gone')),
      );
      const live = gate.take('access_logs', priorities.live, stop.signal).then(() => 'granted');
      assert.equal(
        await Promise.race([live, sleep(5000, 'kept waiting', { ref: false })]),
        'granted',
      );
    });
  });
});
