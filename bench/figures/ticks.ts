import type { Database, Queryable } from '../../src/database/client.ts';
import type { RequestCounts, SimulatorSettings } from '../../src/simulator/simulator.ts';
import { streams } from '../../src/streams/registry.ts';
import { runPass } from '../../src/ingest/service.ts';
import { createStreamWorker, type StreamWorker } from '../../src/ingest/worker.ts';
import type { Figure, Line } from '../figure.ts';
import { summarize } from '../samples.ts';
import { clear, createBenchEngine, startRemoteSimulator, withStage, type Stage } from '../stage.ts';

const signal = new AbortController().signal;
const mostRequests = 10;
const mostDatabaseMs = 10;

/** If there is little to do, it must cost little: an empty account, and a tick that finds nothing new. */
export const ticksFigure: Figure = {
  name: 'ticks',
  measure: (effort) =>
    withStage(async (stage) => [
      await measureEmptyAccount(stage),
      ...(await measureQuietTicks(stage, effort === 'tiny' ? 2 : 20)),
    ]),
};

async function measureEmptyAccount(stage: Stage): Promise<Line> {
  const settings = { accessLogDays: 90, accessLogRowsPerDay: 0, auditLogRowsPerDay: 0 };
  return withAccount(stage, stage.db, settings, async (workers, count) => {
    const before = await count();
    await passOnce(workers);
    const requests = sum(await count()) - sum(before);
    return {
      figure: 'Requests for the first pass over an account of 90 empty days, all streams',
      target: `≤ ${mostRequests}`,
      summary: summarize([requests]),
      unit: '',
      reached: requests <= mostRequests,
    };
  });
}

async function measureQuietTicks(stage: Stage, rounds: number): Promise<Line[]> {
  const clock = { ms: 0 };
  const settings = {
    accessLogDays: 30,
    accessLogRowsPerDay: 20,
    auditLogDays: 60,
    auditLogRowsPerDay: 5,
  };
  return withAccount(stage, timeDatabase(stage.db, clock), settings, async (workers, count) => {
    await passOnce(workers);
    const lines: Line[] = [];
    for (const worker of workers) {
      const { name } = worker.stream;
      const requests: number[] = [];
      const databaseMs: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const before = await count();
        clock.ms = 0;
        await worker.follow(signal);
        await worker.fill(signal);
        databaseMs.push(clock.ms);
        requests.push(((await count())[name] ?? 0) - (before[name] ?? 0));
      }
      lines.push(...describe(name, requests, databaseMs));
    }
    return lines;
  });
}

function describe(name: string, requests: number[], databaseMs: number[]): Line[] {
  const asked = summarize(requests);
  const spent = summarize(databaseMs);
  return [
    {
      figure: `Requests of a tick with nothing new (${name})`,
      target: '1',
      summary: asked,
      unit: '',
      reached: asked.high === 1,
    },
    {
      figure: `  time in the database, waiting included (${name})`,
      target: `≤ ${mostDatabaseMs} ms`,
      summary: spent,
      unit: 'ms',
      reached: spent.median <= mostDatabaseMs,
    },
  ];
}

type Counts = Readonly<Record<string, number>>;

async function withAccount<T>(
  stage: Stage,
  db: Database,
  settings: SimulatorSettings,
  work: (workers: readonly StreamWorker[], count: () => Promise<Counts>) => Promise<T>,
): Promise<T> {
  await clear(stage.db);
  const simulator = await startRemoteSimulator({ ...settings, limits: false });
  const engine = createBenchEngine({ ...stage, db }, simulator.url);
  try {
    const workers = streams.map((stream) => createStreamWorker(engine, stream));
    return await work(workers, () => countRequests(simulator.url));
  } finally {
    await engine.zendesk.close();
    await simulator.stop();
  }
}

async function passOnce(workers: readonly StreamWorker[]): Promise<void> {
  const passes = await runPass(workers, signal);
  const failed = passes.filter(({ complete }) => !complete).map(({ stream }) => stream);
  if (failed.length > 0) throw new Error(`The first pass is not complete: ${failed.join(', ')}`);
}

async function countRequests(url: string): Promise<Counts> {
  const answer = await fetch(`${url}/simulator/counts`);
  const { byStream } = (await answer.json()) as RequestCounts;
  const sumUp = (counts: object): number =>
    Object.values(counts).reduce((total, part) => total + Number(part), 0);
  return Object.fromEntries(
    Object.entries(byStream).map(([stream, counts]) => [stream, sumUp(counts)]),
  );
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** The database, with a clock that adds up the waits for its statements and transactions. */
function timeDatabase(db: Database, clock: { ms: number }): Database {
  async function time<T>(work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      clock.ms += performance.now() - started;
    }
  }
  const query: Queryable['query'] = (text, values) => time(() => db.query(text, values));
  return { ...db, query, transaction: (work) => time(() => db.transaction(work)) };
}
