/** A simulated account and an empty database of this program, for tests that start the program itself. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type SimulatorSettings,
  startSimulator,
  type Simulator,
} from '../../src/simulator/simulator.ts';
import { createTestDatabase } from './database.ts';
import { patienceMs } from './patience.ts';
import { settingsFor, type Environment } from './program.ts';
import { withClient, type Query } from './query.ts';

/** What a test has at hand; `settings` make a program pull the one into the other. */
export type PulledAccount = {
  readonly simulator: Simulator;
  readonly databaseUrl: string;
  readonly settings: Environment;
  readonly query: Query;
};

/** A small account: quick to pull, and with more than a page of each log. */
export const smallAccount: SimulatorSettings = {
  accessLogDays: 20,
  accessLogRowsPerDay: 300,
  auditLogDays: 40,
  auditLogRowsPerDay: 20,
};

/** Runs `work` with an account and a database of its own. Stop the programs before its end. */
export async function withAccount(
  simulatorSettings: SimulatorSettings,
  work: (account: PulledAccount) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase();
  const simulator = await startSimulator(simulatorSettings);
  try {
    await withClient(database.url, (query) =>
      work({
        simulator,
        databaseUrl: database.url,
        settings: settingsFor(simulator, database.url),
        query,
      }),
    );
  } finally {
    await simulator.stop();
    await database.drop();
  }
}

const logTables = { audit_logs: 'created_at', access_logs: 'timestamp' } as const;

/**
 * The ids of a log in its table, and those of the records that the simulator shows, both sorted. Without a span: all that
 * had happened when the last complete run of the live tail began.
 */
export async function compareLog(
  { simulator, query }: Pick<PulledAccount, 'simulator' | 'query'>,
  stream: keyof typeof logTables,
  span?: { from: Date; until: Date },
): Promise<{ stored: string[]; shown: string[] }> {
  const [last] = await query<{ began: Date | null }>(
    `select date_trunc('second', max(started_at)) as began from zendesk_sync.runs
     where stream = $1 and task = 'live' and outcome = 'complete'`,
    [stream],
  );
  const { from, until } = span ?? {
    from: new Date(0),
    until: last?.began ?? assert.fail('no run'),
  };
  const time = logTables[stream];
  const rows = await query<{ id: string }>(
    `select id::text as id from zendesk.${stream} where ${time} >= $1 and ${time} < $2`,
    [from, until],
  );
  // Records that Zendesk has dropped since because of their age are still in the table.
  const records = [...simulator.records(stream, from, until, { includeInvisible: true })];
  return {
    stored: rows.map(({ id }) => id).toSorted(),
    shown: records.map((record) => String(record['id'])).toSorted(),
  };
}

/** Fails unless every covered span of a log holds exactly what the simulator shows there. Returns how many rows that is. */
export async function assertCoverageTrue(
  account: Pick<PulledAccount, 'simulator' | 'query'>,
  stream: keyof typeof logTables,
): Promise<number> {
  const spans = await account.query<{ from: Date; until: Date }>(
    'select covered_from as from, covered_until as until from zendesk_sync.coverage where stream = $1',
    [stream],
  );
  let rows = 0;
  for (const span of spans) {
    const { stored, shown } = await compareLog(account, stream, span);
    assert.deepEqual(stored, shown, `${stream} from ${span.from.toISOString()}`);
    rows += stored.length;
  }
  return rows;
}

/** Waits for a fact without an event. */
export async function waitUntil(fact: () => Promise<boolean> | boolean): Promise<void> {
  const late = sleep(patienceMs, undefined, { ref: false }).then(() =>
    assert.fail(`still not so after ${patienceMs / 1000} s: ${String(fact)}`),
  );
  late.catch(() => {});
  while (!(await Promise.race([late, fact()]))) await sleep(15);
}
