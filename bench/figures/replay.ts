import { createStreamWorker } from '../../src/ingest/worker.ts';
import { toSeconds } from '../../src/span.ts';
import { startSimulator, type SimulatorSettings } from '../../src/simulator/simulator.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import type { PageRow } from '../../src/ingest/rows/copy.ts';
import { writeRows } from '../../src/ingest/rows/rows.ts';
import { copyUnstored, findStored, foundNothing } from '../../src/ingest/rows/unstored.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import type { Database } from '../../src/database/client.ts';
import type { Figure, Line } from '../figure.ts';
import { alternate, divide, summarize } from '../samples.ts';
import {
  clear,
  createBenchEngine,
  startRemoteSimulator,
  usualClassify,
  withStage,
  type Stage,
} from '../stage.ts';

const signal = new AbortController().signal;
const leastRatio = 2;
const mostBytes = 1;
const days = 30;

/** The same rows a second time: how fast it is, and how much is written to the write-ahead log. */
export const replayFigure: Figure = {
  name: 'replay',
  async measure(effort) {
    const wanted = effort === 'tiny' ? 5000 : 300_000;
    const options: SimulatorSettings = {
      accessLogDays: days,
      accessLogRowsPerDay: wanted / days,
      auditLogRowsPerDay: 0,
      anchor: new Date(),
      limits: false,
      requestLogSize: 1,
    };
    const pages = await readPages(options);
    return withStage(async (stage) => {
      const rounds = effort === 'tiny' ? 0 : 3;
      const written = await alternate(rounds, {
        first: () => clear(stage.db).then(() => writePages(stage.db, pages)),
        again: () => writePages(stage.db, pages),
      });
      return [
        ...describeSpeed(written, pages.flat().length),
        ...(await measureBackfill(stage, options)),
      ];
    });
  },
};

function describeSpeed(
  { first, again }: { first: number[]; again: number[] },
  rows: number,
): Line[] {
  const ratio = summarize(divide(again, first));
  return [
    {
      figure: `Storing the same pages again / for the first time (${rows.toLocaleString('en-US')} access-log rows)`,
      target: `≥ ${leastRatio} ×`,
      summary: ratio,
      unit: '×',
      reached: ratio.median >= leastRatio,
    },
    { figure: '  for the first time', target: '', summary: summarize(first), unit: 'rows/s' },
    { figure: '  again', target: '', summary: summarize(again), unit: 'rows/s' },
  ];
}

async function readPages(options: SimulatorSettings): Promise<PageRow[][]> {
  const simulator = await startSimulator(options);
  const pages: PageRow[][] = [[]];
  for (const record of simulator.records('access_logs', new Date(0), new Date(simulator.now()))) {
    if (pages.at(-1)?.length === accessLogs.source.pageSize) pages.push([]);
    pages.at(-1)?.push(...readRecords(accessLogs, usualClassify, [record]));
  }
  await simulator.stop();
  return pages;
}

/** Rows per second of only the write path, one transaction for each page. */
async function writePages(db: Database, pages: readonly PageRow[][]): Promise<number> {
  const ensurePartitions = createPartitionKeeper(db);
  const started = performance.now();
  for (const rows of pages) {
    await ensurePartitions(
      accessLogs.table,
      rows.map(({ timeMs }) => timeMs),
    );
    await db.transaction(async (tx) => {
      const [stored] = await tx.queryAll([findStored(accessLogs.table, 'acme', rows)]);
      if (foundNothing(stored)) await copyUnstored(tx, accessLogs.table, 'acme', rows);
      else await writeRows(tx, accessLogs, 'acme', rows, { covered: [] });
    });
  }
  return (pages.flat().length * 1000) / (performance.now() - started);
}

/** The whole path, including HTTP, and the write-ahead log with the ledger's part. */
async function measureBackfill(stage: Stage, options: SimulatorSettings): Promise<Line[]> {
  const { db } = stage;
  await clear(db);
  const simulator = await startRemoteSimulator(options);
  const engine = createBenchEngine(stage, simulator.url);
  const worker = createStreamWorker(engine, accessLogs);
  await worker.follow(signal);
  const firstStarted = performance.now();
  const first = await worker.fill(signal);
  const firstMs = performance.now() - firstStarted;
  // As autovacuum does sooner or later: the first reader of new rows marks them as committed, once.
  await db.query('vacuum zendesk.access_logs');
  await db.query('checkpoint');
  const rows = first?.counts.new ?? 0;
  const before = await readPosition(db);
  const now = toSeconds(new Date());
  const againStarted = performance.now();
  const again = await worker.read({ from: now - days * 86_400, to: now - 1000 }, signal);
  const againMs = performance.now() - againStarted;
  const bytes = (await readPosition(db)) - before;
  await engine.zendesk.close();
  await simulator.stop();
  if (again.outcome !== 'complete' || again.counts.new + again.counts.changed > 0)
    throw new Error(`The second reading is ${again.outcome} with ${again.counts.new} new rows.`);
  return [
    {
      figure: '  a whole backfill again / for the first time, HTTP included',
      target: '',
      summary: summarize([firstMs / againMs]),
      unit: '×',
    },
    {
      figure: 'Write-ahead log of reading everything again, the ledger included',
      target: `≤ ${mostBytes} byte a row`,
      summary: summarize([bytes / rows]),
      unit: 'bytes a row',
      reached: bytes / rows <= mostBytes,
    },
  ];
}

async function readPosition(db: Database): Promise<number> {
  const [found] = await db.query<{ bytes: number }>(
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as bytes`,
  );
  return found?.bytes ?? NaN;
}
