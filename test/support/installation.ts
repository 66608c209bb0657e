import assert from 'node:assert/strict';
import type { Database } from '../../src/database/client.ts';
import {
  startSimulator,
  type Simulator,
  type SimulatorSettings,
} from '../../src/simulator/simulator.ts';
import { fromSeconds, type Spans } from '../../src/span.ts';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import type { Engine } from '../../src/ingest/engine.ts';
import { createStreamWorker, type LogWorker, type StreamWorker } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { users } from '../../src/streams/users.ts';
import { withDatabase } from './database.ts';
import { account, createEngine, type EngineOptions } from './engine.ts';

export { account };

/** An installation of the program in this process: a database, the simulator, and the engine between them. */
export type Installation = {
  readonly simulator: Simulator;
  readonly db: Database;
  readonly url: string;
  readonly engine: Engine;
  readonly worker: WorkerOf;
  /** A second process on the same database and account, as far as the database can tell. */
  readonly another: (settings?: InstallationSettings) => Engine;
};

/** The worker of a stream, always the same. */
export type WorkerOf = {
  (name: LogName): LogWorker;
  (name: StreamName): StreamWorker;
};

export type InstallationSettings = EngineOptions & {
  /** Where the engine reaches the database; default: directly. */
  readonly databaseUrl?: string;
  /** Where the engine reaches Zendesk; default: the simulator. */
  readonly origin?: string;
};

/** Starts the simulator and sets up the engine on a separate database, for the duration of `work`. */
export async function withInstallation(
  simulatorSettings: SimulatorSettings,
  settings: InstallationSettings,
  work: (installation: Installation) => Promise<void>,
): Promise<void> {
  await withDatabase(async (url) => {
    const simulator = await startSimulator({ subdomain: account, ...simulatorSettings });
    const stopping = new AbortController();
    const opened: { db: Database; close: () => void }[] = [];
    const open = (own: InstallationSettings): Engine => {
      const place = {
        databaseUrl: own.databaseUrl ?? url,
        origin: own.origin ?? simulator.url,
        ...simulator.options.credentials,
      };
      const engine = createEngine(place, own, stopping.signal);
      opened.push({ db: engine.db, close: () => engine.zendesk.close() });
      return engine;
    };
    try {
      const engine = open(settings);
      const workers = {
        audit_logs: createStreamWorker(engine, auditLogs),
        access_logs: createStreamWorker(engine, accessLogs),
        users: createStreamWorker(engine, users),
      };
      await work({
        simulator,
        db: engine.db,
        url,
        engine,
        worker: ((name: StreamName) => workers[name]) as WorkerOf,
        another: (own = {}) => open({ ...settings, ...own }),
      });
    } finally {
      stopping.abort();
      for (const { db, close } of opened) {
        close();
        await db.close();
      }
      await simulator.stop();
    }
  });
}

const logTables = {
  audit_logs: { table: 'zendesk.audit_logs', time: 'created_at', words: 'change_description' },
  access_logs: { table: 'zendesk.access_logs', time: 'timestamp', words: 'url' },
} as const;

type LogName = keyof typeof logTables;
export type StreamName = LogName | 'users';

/** Every stored row of a log as one line: time, id and one column of text. */
export async function storedLines(db: Database, stream: LogName): Promise<string[]> {
  const { table, time, words } = logTables[stream];
  const rows = await db.query<{ line: string }>(
    `select concat_ws(' ', extract(epoch from ${time})::bigint, id, ${words}) as line from ${table} where account = $1`,
    [account],
  );
  return rows.map(({ line }) => line).toSorted();
}

/** Every record that the simulator shows between two moments, in the same form. */
export function trueLines(
  simulator: Simulator,
  stream: LogName,
  span = { from: 0, to: 4_000_000_000 },
): string[] {
  const { time, words } = logTables[stream];
  const lines: string[] = [];
  for (const record of simulator.records(stream, fromSeconds(span.from), fromSeconds(span.to))) {
    const text = record[words];
    const second = Date.parse(String(record[time])) / 1000;
    lines.push(
      [second, String(record['id']), ...(typeof text === 'string' ? [text] : [])].join(' '),
    );
  }
  return lines.toSorted();
}

/** Fails unless the table has exactly what the simulator shows within the covered spans, and nothing that it never had. */
export async function assertTrue(installation: Installation, stream: LogName): Promise<Spans> {
  const { simulator, db } = installation;
  const coverage = await loadCoverage(db, { account, stream });
  const stored = new Set(await storedLines(db, stream));
  for (const span of coverage) {
    const missing = trueLines(simulator, stream, span).filter((line) => !stored.has(line));
    assert.deepEqual(
      missing,
      [],
      `rows of ${stream} are missing in a span that is said to be covered`,
    );
  }
  const truth = new Set(trueLines(simulator, stream));
  const invented = [...stored].filter((line) => !truth.has(line));
  assert.deepEqual(invented, [], `rows of ${stream} that Zendesk does not have`);
  return coverage;
}

/** Follows a stream and fills its gaps; fails unless both complete. */
export async function pullCompletely(
  installation: Pick<Installation, 'worker'>,
  name: StreamName,
): Promise<void> {
  const worker = installation.worker(name);
  const signal = new AbortController().signal;
  const followed = await worker.follow(signal);
  assert.equal(followed.outcome, 'complete', followed.error);
  const filled = await worker.fill(signal);
  assert.equal(filled?.outcome ?? 'complete', 'complete', filled?.error);
}
