import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadObjects } from '../../src/archive/ledger.ts';
import { openArchive, type ArchiveStore } from '../../src/archive/store.ts';
import type { Database } from '../../src/database/client.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting, type Sealing } from '../../src/evidence/sealed-log.ts';
import { reportTicket } from '../../src/reports/ticket/page.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import type { Figure, Line } from '../figure.ts';
import { summarize } from '../samples.ts';
import {
  createBenchEngine,
  startRemoteSimulator,
  usualClassify,
  withStage,
  type Stage,
} from '../stage.ts';
import { fillYear } from './archived-year.ts';
import { measureBackfill } from './backfill.ts';
import { readServerSeconds } from './processor-time.ts';

const days = 30;
const yearDays = 366;
const account = 'acme';
const leastRows = 100_000;
const leastSaving = 8;
/** Rows of a thousand agents in a month or two; here of a year. */
const yearRows = 100_000_000;
const mostMegabytes = 250;
const mostSeconds = 2;
const cores = 2;
const { signal } = new AbortController();
const proxies = { https: undefined, http: undefined, exceptions: '' };
const origin = 'acme/zendesk-log-sync';
const sealing: Sealing = { account, origin, key: makeSigningKey(origin), logs: [accessLogs] };

/** What it takes to bring rows into the archive, what they take there, and a question about them. */
export const archiveFigure: Figure = {
  name: 'archive',
  async measure(effort) {
    const wanted = effort === 'tiny' ? 3000 : 400_000;
    const simulator = await startRemoteSimulator({
      accessLogDays: days,
      accessLogRowsPerDay: wanted / days,
      auditLogRowsPerDay: 0,
      anchor: new Date(),
      limits: false,
      requestLogSize: 1,
    });
    const folder = await mkdtemp(join(tmpdir(), 'zls-bench-archive-'));
    try {
      return await withStage(async (stage) => {
        const engine = { ...createBenchEngine(stage, simulator.url), seals: true };
        await measureBackfill(stage, engine);
        while ((await sealWaiting(stage.db, sealing)) !== 0);
        return measureArchive(stage, folder, effort === 'tiny' ? 20_000 : yearRows);
      });
    } finally {
      await simulator.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measureArchive({ db, url }: Stage, folder: string, wanted: number): Promise<Line[]> {
  const store = openArchive({ kind: 'directory', path: folder }, proxies, signal);
  const { bytes: hotBytes, ticket, brief } = await measureHot(db);
  const serverBefore = await readServerSeconds(db);
  const { rows, seconds, megabytes, ...program } = await runAlone(url, folder);
  const spent = program.spent + (await readServerSeconds(db)) - serverBefore;
  const objects = await loadObjects(db);
  const coldBytes = objects.reduce((sum, { bytes }) => sum + bytes, 0);
  const asked = await askTicket(db, store, ticket, days);
  const many = await fillYear(db, { store, folder, ticket: brief, rows: wanted });
  const year = await askTicket(db, store, brief, yearDays);
  const what = `${rows.toLocaleString('en-US')} rows`;
  const rate = (rows / spent) * cores;
  const saving = hotBytes / coldBytes;
  return [
    {
      figure: `Archive: rows for each second of processor time of ${cores} cores (${what})`,
      target: `≥ ${leastRows.toLocaleString('en-US')} rows/s`,
      summary: summarize([rate]),
      unit: 'rows/s',
      reached: rate >= leastRows,
    },
    {
      figure: '  as the clock says',
      target: '',
      summary: summarize([rows / seconds]),
      unit: 'rows/s',
    },
    {
      figure: '  bytes in Postgres / in the archive',
      target: `≥ ${leastSaving} ×`,
      summary: summarize([saving]),
      unit: '×',
      reached: saving >= leastSaving,
    },
    { figure: '  bytes a row', target: '', summary: summarize([coldBytes / rows]), unit: 'bytes' },
    {
      figure: '  resident memory of the process',
      target: `≤ ${mostMegabytes} MB`,
      summary: summarize([megabytes]),
      unit: 'MB',
      reached: megabytes <= mostMegabytes,
    },
    {
      figure: `  who opened a ticket (${what} in the archive)`,
      target: `≤ ${mostSeconds} s`,
      summary: summarize([asked.seconds]),
      unit: 's',
      reached: asked.seconds <= mostSeconds,
    },
    {
      figure: `  the same over twelve months (${many.toLocaleString('en-US')} rows in the archive)`,
      target: `≤ ${mostSeconds} s`,
      summary: summarize([year.seconds]),
      unit: 's',
      reached: year.seconds <= mostSeconds,
    },
    {
      figure: '  processor time of that',
      target: '',
      summary: summarize([year.spent]),
      unit: 's',
    },
  ];
}

/** What a process that archives and does nothing else has taken. */
type Taken = {
  readonly rows: number;
  readonly seconds: number;
  /** Seconds of processor time. */
  readonly spent: number;
  readonly megabytes: number;
};

async function runAlone(url: string, folder: string): Promise<Taken> {
  const program = fileURLToPath(new URL('../archive-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, url, folder]);
  return JSON.parse(stdout) as Taken;
}

async function measureHot(
  db: Database,
): Promise<{ readonly bytes: number; readonly ticket: string; readonly brief: string }> {
  await db.query('vacuum analyze zendesk.access_logs');
  const [row] = await db.query<{ bytes: number; ticket: string; brief: string }>(
    `select
       (select sum(pg_total_relation_size(relation))::float8 from zendesk_sync.partitions where log_table = $1) as bytes,
       (select resource_id from zendesk.access_log_resources where resource_type = 'ticket' and resource_id is not null
        group by 1 order by abs(count(*) - 100), 1 limit 1) as ticket,
       (select resource_id from zendesk.access_log_resources where resource_type = 'ticket' and resource_id is not null
        group by 1 order by count(distinct date_trunc('day', timestamp)) > 3, count(*) desc, 1 limit 1) as brief`,
    [accessLogs.table.name],
  );
  if (row === undefined) throw new Error('A statement of sums gave no row.');
  return row;
}

async function askTicket(
  db: Database,
  store: ArchiveStore,
  ticket: string,
  daysAgo: number,
): Promise<{ readonly seconds: number; readonly spent: number }> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const scope = {
    db,
    account,
    now: new Date(),
    timeZone: undefined,
    archive: { store, classify: () => usualClassify },
  };
  const now = new Date();
  const span = { from: new Date(now.getTime() - daysAgo * 86_400_000), to: now };
  const { rows } = await reportTicket(scope, { span, ticket, requests: true, fields: 'usual' });
  let count = 0;
  for await (const row of rows) count += Object.keys(row).length > 0 ? 1 : 0;
  if (count === 0) throw new Error('The ticket was not found in the archive.');
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - startedMs) / 1000, spent: (user + system) / 1e6 };
}
