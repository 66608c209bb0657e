import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../src/logger.ts';
import { createRoutine } from '../../src/ingest/service.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import type { Effort, Figure, Line } from '../figure.ts';
import { summarize } from '../samples.ts';
import { createBenchEngine, startRemoteSimulator, withStage, type Stage } from '../stage.ts';
import { readServerSeconds } from './processor-time.ts';

const rowsPerSecond = 20;
/** The number requested from the simulator to get the above: its scenes are shorter than it assumes. */
const askedRowsPerMinute = 1360;
const settleSeconds = 300;
const lookEveryMs = 1000;

type Size = { readonly accounts: number; readonly tickSeconds: number; readonly ticks: number };
type Load = {
  readonly lags: readonly number[];
  readonly program: number;
  readonly server: number;
  /** Rows a second of each account in ten covered minutes. */
  readonly rowRate: number;
};

/**
 * One process follows many accounts at once, and a schedule makes all of them tick at the same moment, with the default
 * SETTLE: each tick reads the last five minutes again. The accounts are one simulated account under many keys: for the
 * program and the database they are different.
 */
export const fiftyAccountsFigure: Figure = {
  name: 'fifty-accounts',
  async measure(effort) {
    const size = sizeOf(effort);
    const simulator = await startRemoteSimulator({
      // The additional live rows have existed for longer than a live fetch reaches back.
      anchor: new Date(Date.now() - 30 * 60_000),
      accessLogDays: 1,
      accessLogRowsPerDay: 0,
      accessLogLiveRowsPerMinute: askedRowsPerMinute,
      auditLogRowsPerDay: 0,
      limits: false,
      requestLogSize: 1,
    });
    try {
      return await withStage(async (stage) =>
        describe(effort, size, await follow(stage, simulator.url, size)),
      );
    } finally {
      await simulator.stop();
    }
  },
};

function sizeOf(effort: Effort): Size {
  return effort === 'tiny'
    ? { accounts: 2, tickSeconds: 1, ticks: 1 }
    : { accounts: 50, tickSeconds: 60, ticks: 2 };
}

async function follow(
  stage: Stage,
  url: string,
  { accounts, tickSeconds, ticks }: Size,
): Promise<Load> {
  const { signal } = new AbortController();
  const log = createLogger({ level: 'warn', format: 'json', fileDescriptor: 2, isTerminal: false });
  const engines = Array.from({ length: accounts }, (_, index) =>
    createBenchEngine(stage, url, `account-${index}`),
  );
  const routines = engines.map((engine) =>
    createRoutine(createStreamWorker(engine, accessLogs), log, signal),
  );
  const settle = () => Promise.all(routines.map((routine) => routine.settle()));
  // The first tick of each finds an empty table and fills the gap before it.
  for (const routine of routines) routine.tick();
  await settle();

  const lags: number[] = [];
  const startedMs = performance.now();
  const programBefore = process.cpuUsage();
  const serverBefore = process.platform === 'linux' ? await readServerSeconds(stage.db) : NaN;
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const routine of routines) routine.tick();
    const untilMs = startedMs + (tick + 1) * tickSeconds * 1000;
    while (performance.now() < untilMs) {
      await sleep(Math.min(lookEveryMs, Math.max(0, untilMs - performance.now())));
      lags.push(await measureLag(stage, accounts));
    }
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(programBefore);
  const share = (used: number): number => (used / seconds / availableParallelism()) * 100;
  const program = share((user + system) / 1e6);
  const server =
    process.platform === 'linux' ? share((await readServerSeconds(stage.db)) - serverBefore) : NaN;
  await settle();
  for (const engine of engines) await engine.zendesk.close();
  return { lags, program, server, rowRate: await measureRowRate(stage, accounts) };
}

async function measureRowRate({ db }: Stage, accounts: number): Promise<number> {
  const [stored] = await db.query<{ rows: number }>(
    `select count(*)::float8 as rows from zendesk.access_logs
     where timestamp >= now() - interval '16 minutes' and timestamp < now() - interval '6 minutes'`,
  );
  return (stored?.rows ?? 0) / 600 / accounts;
}

/** How far the slowest account is behind what could be covered now, in seconds. */
async function measureLag({ db }: Stage, accounts: number): Promise<number> {
  const rows = await db.query<{ until: number }>(
    `select extract(epoch from max(covered_until))::float8 as until
     from zendesk_sync.coverage where stream = 'access_logs' group by account`,
  );
  if (rows.length !== accounts) throw new Error(`Only ${rows.length} accounts are covered.`);
  return Date.now() / 1000 - settleSeconds - Math.min(...rows.map(({ until }) => until));
}

function describe(
  effort: Effort,
  { accounts, tickSeconds, ticks }: Size,
  { lags, program, server, rowRate }: Load,
): Line[] {
  const lag = summarize(lags);
  const what = `${accounts} accounts of ${rowsPerSecond} rows/s, a tick every ${tickSeconds} s, ${ticks} of them`;
  const full = effort === 'full';
  return [
    {
      figure: `Lag of the slowest account behind now − SETTLE (${what})`,
      target: full ? `< ${2 * tickSeconds} s, two ticks` : '',
      summary: lag,
      unit: 's',
      ...(full ? { reached: lag.high < 2 * tickSeconds } : {}),
    },
    {
      figure: `  rows stored of each account (${what})`,
      target: '',
      summary: summarize([rowRate]),
      unit: 'rows/s',
    },
    {
      figure: `  processor time of the program, of ${availableParallelism()} cores (${what})`,
      target: '',
      summary: summarize([program]),
      unit: '%',
    },
    {
      figure: `  processor time of PostgreSQL, of ${availableParallelism()} cores (${what})`,
      target: '',
      summary: summarize([server]),
      unit: '%',
    },
  ];
}
