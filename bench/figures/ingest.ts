import { once } from 'node:events';
import { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createStreamWorker } from '../../src/sync/stream-worker.ts';
import type { LogStream } from '../../src/streams/log-stream.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { SimulatorSettings } from '../../src/simulator/options.ts';
import type { Figure, Line } from '../figure.ts';
import { alternate, divide, summarize } from '../samples.ts';
import { clear, createBenchEngine, startRemoteSimulator, withStage, type Stage } from '../stage.ts';

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
      const lines = await renderCopyLines(stream, options);
      try {
        return await withStage(async (stage) => {
          const samples = await alternate(effort === 'tiny' ? 0 : 3, {
            pull: () => pull(stage, simulator.url, stream),
            copy: () => copy(stage, stream, lines),
          });
          return describe(stream, share, lines.length, samples);
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

async function pull(stage: Stage, url: string, stream: LogStream): Promise<number> {
  await clear(stage.db);
  const engine = createBenchEngine(stage, url);
  const worker = createStreamWorker(engine, stream.name);
  await worker.follow(signal);
  const started = performance.now();
  const result = await worker.fill(signal);
  const seconds = (performance.now() - started) / 1000;
  engine.zendesk.close();
  if (result?.outcome !== 'complete')
    throw new Error(`The backfill is ${result?.outcome}: ${result?.error}`);
  return result.counts.new / seconds;
}

async function copy(stage: Stage, stream: LogStream, lines: readonly string[]): Promise<number> {
  await clear(stage.db);
  const pool = new Pool({ connectionString: stage.url, max: copyConnections });
  // The server may end before the pool has quite let its connections go.
  pool.on('error', () => {});
  const share = Math.ceil(lines.length / copyConnections);
  const parts = Array.from({ length: copyConnections }, (_, part) =>
    lines.slice(part * share, (part + 1) * share).join(''),
  );
  const columns = columnsOf(stream);
  const started = performance.now();
  await Promise.all(
    parts.map(async (text) => {
      const client = await pool.connect();
      const target = client.query(
        copyFrom(`copy ${stream.partitions.table} (${columns.join(', ')}) from stdin`),
      );
      target.end(text);
      await once(target, 'finish');
      client.release();
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await pool.end();
  return lines.length / seconds;
}

async function renderCopyLines(stream: LogStream, options: SimulatorSettings): Promise<string[]> {
  const simulator = await startSimulator(options);
  const columns = columnsOf(stream);
  const lines: string[] = [];
  for (const record of simulator.records(stream.name, new Date(0), new Date(simulator.now()))) {
    const { row } = stream.read(record);
    lines.push(
      `${columns.map((name) => renderValue(name === 'account' ? 'acme' : row[name])).join('\t')}\n`,
    );
  }
  await simulator.stop();
  return lines;
}

function columnsOf(stream: LogStream): string[] {
  const sample =
    stream === auditLogs
      ? { id: 1, created_at: '2026-01-01T00:00:00Z' }
      : { id: 'x', timestamp: '2026-01-01T00:00:00Z' };
  return ['account', ...Object.keys(stream.read(sample).row)];
}

function renderValue(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
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
