import { createStreamWorker } from '../../src/ingest/worker.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import type { Figure, Line } from '../figure.ts';
import { alternate, divide, summarize } from '../samples.ts';
import { clear, createBenchEngine, startRemoteSimulator, withStage, type Stage } from '../stage.ts';
import { copyConnections, copyRows, renderCopyText } from './copy-rows.ts';
import { readOnly } from './read-only.ts';
import { readServerSeconds } from './processor-time.ts';

const signal = new AbortController().signal;

/** HTTP to committed rows, compared with COPY of the same rows into the same tables. */
export function createIngestFigure(
  stream: LogStream,
  share: number,
  settings: (rows: number) => SimulatorSettings,
): Figure {
  return {
    name: `ingest-${stream.name}`,
    async measure(effort) {
      const wanted = effort === 'tiny' ? 3000 : stream === accessLogs ? 500_000 : 150_000;
      const anchor = new Date();
      const options = { ...settings(wanted), anchor, limits: false, requestLogSize: 1 };
      const simulator = await startRemoteSimulator(options);
      const text = await renderCopyText(stream, options);
      try {
        return await withStage(async (stage) => {
          const spent: Spent[] = [];
          const samples = await alternate(effort === 'tiny' ? 0 : 3, {
            pull: () => pull(stage, simulator.url, stream, spent),
            copy: () => copyRows(stage, text),
            read: () => readOnly(simulator.url, stream, text.rows),
          });
          return [...describe(stream, share, text.rows, samples), ...describeSpent(spent)];
        });
      } finally {
        await simulator.stop();
      }
    },
  };
}

function describe(
  stream: LogStream,
  share: number,
  rows: number,
  samples: { pull: number[]; copy: number[]; read: number[] },
): Line[] {
  const ratio = summarize(divide(samples.pull, samples.copy));
  // The rate of one after the other on processors that each of them keeps busy: the times for a row add up.
  const both = samples.copy.map((rate, round) => 1 / (1 / rate + 1 / (samples.read[round] ?? NaN)));
  const what = `${stream.name}, ${rows.toLocaleString('en-US')} rows`;
  return [
    {
      figure: `HTTP to committed rows / COPY on ${copyConnections} connections (${what})`,
      target: `≥ ${share.toFixed(2)} ×`,
      summary: ratio,
      unit: '×',
      reached: ratio.median >= share,
    },
    {
      figure: `  the product (${what})`,
      target: '',
      summary: summarize(samples.pull),
      unit: 'rows/s',
    },
    { figure: `  COPY (${what})`, target: '', summary: summarize(samples.copy), unit: 'rows/s' },
    {
      figure: `  HTTP and reading alone, nothing stored (${what})`,
      target: '',
      summary: summarize(samples.read),
      unit: 'rows/s',
    },
    {
      figure: '  bound: time a row of reading alone and of COPY added up, / COPY',
      target: '',
      summary: summarize(divide(both, samples.copy)),
      unit: '×',
    },
  ];
}

/** The processor time of one round, in microseconds a row; `rollups` in milliseconds for all days. */
type Spent = { readonly program: number; readonly server: number; readonly rollups: number };

function describeSpent(spent: readonly Spent[]): Line[] {
  const line = (figure: string, key: keyof Spent, unit: string): Line => ({
    figure,
    target: '',
    summary: summarize((spent.length > 1 ? spent.slice(1) : spent).map((sample) => sample[key])),
    unit,
  });
  return [
    line('  processor time of the program', 'program', 'µs a row'),
    line('  processor time of Postgres', 'server', 'µs a row'),
    line('  making the rollups of all days afterwards', 'rollups', 'ms'),
  ];
}

async function pull(stage: Stage, url: string, stream: LogStream, spent: Spent[]): Promise<number> {
  await clear(stage.db);
  const engine = createBenchEngine(stage, url);
  const worker = createStreamWorker(engine, stream);
  await worker.follow(signal);
  const serverBefore = await readServerSeconds(stage.db);
  const programBefore = process.cpuUsage();
  const started = performance.now();
  const result = await worker.fill(signal);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(programBefore);
  const server = (await readServerSeconds(stage.db)) - serverBefore;
  const rollupsStarted = performance.now();
  await refreshRollups(stage.db, engine.account, [stream]);
  const rollups = performance.now() - rollupsStarted;
  await engine.zendesk.close();
  if (result?.outcome !== 'complete')
    throw new Error(`The backfill is ${result?.outcome}: ${result?.error}`);
  const rows = result.counts.new;
  spent.push({ program: (user + system) / rows, server: (server * 1e6) / rows, rollups });
  return rows / seconds;
}

/** Both logs: 30 days of the rows wanted. */
export const ingestFigures = [
  createIngestFigure(accessLogs, 0.8, (rows) => ({
    accessLogDays: 30,
    accessLogRowsPerDay: rows / 30,
    auditLogRowsPerDay: 0,
  })),
  createIngestFigure(auditLogs, 0.5, (rows) => ({
    auditLogDays: 300,
    auditLogRowsPerDay: rows / 300,
    accessLogRowsPerDay: 0,
  })),
];
