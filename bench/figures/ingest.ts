import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createStreamWorker } from '../../src/sync/stream-worker.ts';
import type { LogStream } from '../../src/streams/log-stream.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { SimulatorSettings } from '../../src/simulator/options.ts';
import { renderLine } from '../../src/postgres/copy-text.ts';
import { refreshRollups } from '../../src/postgres/rollups.ts';
import type { Figure, Line } from '../figure.ts';
import { alternate, divide, summarize } from '../samples.ts';
import { clear, createBenchEngine, startRemoteSimulator, withStage, type Stage } from '../stage.ts';
import { readServerSeconds } from './processor-time.ts';

const signal = new AbortController().signal;

/** Connections used by COPY: as many as the product's cursors keep busy on the machine. */
const copyConnections = 2;

/** HTTP to committed rows, against COPY of the same rows into the same tables. */
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
            copy: () => copy(stage, stream, text),
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
  samples: { pull: number[]; copy: number[] },
): Line[] {
  const ratio = summarize(divide(samples.pull, samples.copy));
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
  ];
}

/** Where the processors' time went in one round, in microseconds a row; `rollups` in milliseconds for all days. */
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
  const worker = createStreamWorker(engine, stream.name);
  await worker.follow(signal);
  const serverBefore = await readServerSeconds(stage.db);
  const programBefore = process.cpuUsage();
  const started = performance.now();
  const result = await worker.fill(signal);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(programBefore);
  const server = (await readServerSeconds(stage.db)) - serverBefore;
  const rollupsStarted = performance.now();
  await refreshRollups(stage.db, engine.account);
  const rollups = performance.now() - rollupsStarted;
  engine.zendesk.close();
  if (result?.outcome !== 'complete')
    throw new Error(`The backfill is ${result?.outcome}: ${result?.error}`);
  const rows = result.counts.new;
  spent.push({ program: (user + system) / rows, server: (server * 1e6) / rows, rollups });
  return rows / seconds;
}

async function copy(stage: Stage, stream: LogStream, text: CopyText): Promise<number> {
  await clear(stage.db);
  const pool = new Pool({ connectionString: stage.url, max: copyConnections });
  // The server may end before the pool has quite let its connections go.
  pool.on('error', () => {});
  const share = Math.ceil(text.chunks.length / copyConnections);
  const parts = Array.from({ length: copyConnections }, (_, part) =>
    text.chunks.slice(part * share, (part + 1) * share),
  );
  const statement = `copy ${stream.partitions.table} (account, ${columnsOf(stream).join(', ')}) from stdin`;
  const started = performance.now();
  await Promise.all(
    parts.map(async (chunks) => {
      const client = await pool.connect();
      await pipeline(Readable.from(chunks), client.query(copyFrom(statement)));
      client.release();
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await pool.end();
  return text.rows / seconds;
}

/** The text of all rows, outside of the heap, so that the product's garbage collection does not have to walk it. */
type CopyText = { readonly rows: number; readonly chunks: readonly Buffer[] };

const chunkRows = 250;

async function renderCopyText(stream: LogStream, options: SimulatorSettings): Promise<CopyText> {
  const simulator = await startSimulator(options);
  const columns = columnsOf(stream);
  const chunks: Buffer[] = [];
  let rows = 0;
  let chunk = '';
  for (const record of simulator.records(stream.name, new Date(0), new Date(simulator.now()))) {
    chunk += renderLine('acme', columns, stream.read(record).row);
    rows += 1;
    if (rows % chunkRows !== 0) continue;
    chunks.push(Buffer.from(chunk));
    chunk = '';
  }
  chunks.push(Buffer.from(chunk));
  await simulator.stop();
  return { rows, chunks };
}

function columnsOf(stream: LogStream): string[] {
  const sample =
    stream === auditLogs
      ? { id: 1, created_at: '2026-01-01T00:00:00Z' }
      : { id: 'x', timestamp: '2026-01-01T00:00:00Z' };
  return Object.keys(stream.read(sample).row);
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
