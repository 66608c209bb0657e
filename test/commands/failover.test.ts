/** The database goes back to an earlier state under the program itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { createTestDatabase } from '../support/database.ts';
import { replicate, type Failover } from '../support/lagging-replica.ts';
import { runProgram, settingsFor, startProgram, type Environment } from '../support/program.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient, type Query } from '../support/query.ts';
import { assertAllStored, storeTruth } from '../support/truth.ts';

const page = /update zendesk_sync\.fetches\s+set cursor/;
const failover: Failover = {
  lagsFrom: { statement: page, place: 6, when: 'before' },
  takesOver: { statement: page, place: 4, when: 'after' },
};
const settleSeconds = 300;

type Place = {
  readonly settings: Environment;
  readonly failOver: () => void;
  readonly hasFailedOver: () => boolean;
  /** Asks whichever database is the primary. */
  readonly ask: <T>(work: (query: Query) => Promise<T>) => Promise<T>;
  readonly assertAll: () => Promise<void>;
};

async function withReplica(work: (place: Place) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  const simulator = await startSimulator({
    limits: false,
    accessLogDays: 6,
    accessLogRowsPerDay: 5000,
    auditLogDays: 6,
    auditLogRowsPerDay: 300,
  });
  const replicated = await replicate(database.url);
  const begun = new Date();
  const ask = <T>(question: (query: Query) => Promise<T>): Promise<T> =>
    withClient(database.url, question);
  try {
    await work({
      settings: settingsFor(simulator, replicated.url),
      failOver: () => replicated.failOver(failover),
      hasFailedOver: replicated.hasFailedOver,
      ask,
      assertAll: () =>
        ask(async (query) => {
          await storeTruth(query, simulator, new Date(0), begun);
          await assertAllStored(query, new Date(begun.getTime() - settleSeconds * 1000));
        }),
    });
  } finally {
    await replicated.close();
    await simulator.stop();
    await database.drop();
  }
}

describe('a failover to a replica that lacks the last transactions', () => {
  it('under sync: it ends with status 0, and everything is stored', async () => {
    await withReplica(async ({ settings, failOver, hasFailedOver, assertAll, ask }) => {
      failOver();
      const { status, stderr } = await runProgram(['sync'], settings);
      assert.equal(status, 0, stderr);
      assert.equal(hasFailedOver(), true);
      await assertAll();
      const [told] = await ask((query) =>
        query<{ runs: number }>(
          `select count(*)::integer as runs from zendesk_sync.runs where error_code = 'history_changed' and outcome = 'failed'`,
        ),
      );
      assert.ok((told?.runs ?? 0) > 0, 'the run that met it says so');
      assert.match(stderr, /went back to an earlier state/);
    });
  });

  it('under serve: it reads what was lost without a restart', async () => {
    await withReplica(async ({ settings, failOver, hasFailedOver, assertAll, ask }) => {
      failOver();
      const program = startProgram(['serve'], settings);
      await waitUntil(() => hasFailedOver());
      await waitUntil(() =>
        ask(async (query) => {
          const streams = await query<{ gaps: number; state: string }>(
            `select gaps, state from zendesk_sync.status where stream <> 'users'`,
          );
          return (
            streams.length === 2 && streams.every(({ gaps, state }) => gaps === 0 && state === 'ok')
          );
        }),
      );
      await assertAll();
      program.kill('SIGTERM');
      assert.equal((await program.ended).status, 0);
    });
  });
});
