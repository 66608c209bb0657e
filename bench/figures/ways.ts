import { drizzle } from 'drizzle-orm/node-postgres';
import { Client } from 'pg';
import { openFetch, type Fetch } from '../../src/ingest/fetch.ts';
import { acquireLease, type Lease } from '../../src/ingest/lease.ts';
import { storePage } from '../../src/ingest/page.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { accessLogs as accessLogTable } from '../../src/database/schema/logs.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { toSeconds, type Span } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import type { Effort, Figure, Line } from '../figure.ts';
import { alternate, divide, summarize } from '../samples.ts';
import { clear, usualClassify, withStage, type Stage } from '../stage.ts';
import { readPlainly, type PlainRow } from './plain-row.ts';

const account = 'acme';
const pageSize = 2500;

/** Storing the same pages: the product's page transaction compared with the most obvious ways. */
export const waysFigure: Figure = {
  name: 'ways',
  async measure(effort) {
    const pages = await makePages(effort === 'tiny' ? 1 : 20);
    const rows = pages.reduce((sum, page) => sum + page.length, 0);
    return withStage(async (stage) => {
      const moments = pages.flat().map((record) => accessLogs.read(record).timeMs);
      await createPartitionKeeper(stage.db)(accessLogs.table, moments);
      const timed = (work: () => Promise<void>) => () => measureRate(stage, rows, work);
      const samples = await alternate(roundsOf(effort), {
        product: timed(() => storeAsProduct(stage, pages)),
        single: timed(() => insertSingly(stage, pages)),
        builder: timed(() => insertByBuilder(stage, pages)),
      });
      const what = `${rows.toLocaleString('en-US')} access-log rows in pages of ${pageSize.toLocaleString('en-US')}`;
      return [
        {
          figure: `Storing ${what}: the product, with classification and ledger`,
          target: '',
          summary: summarize(samples.product),
          unit: 'rows/s',
        },
        ...compare('one insert a row', samples.product, samples.single),
        ...compare("drizzle's insert builder, one a page", samples.product, samples.builder),
      ];
    });
  },
};

function compare(way: string, product: readonly number[], other: readonly number[]): Line[] {
  return [
    { figure: `  ${way}`, target: '', summary: summarize(other), unit: 'rows/s' },
    {
      figure: `  the product / ${way}`,
      target: '',
      summary: summarize(divide(product, other)),
      unit: '×',
    },
  ];
}

function roundsOf(effort: Effort): number {
  return effort === 'tiny' ? 0 : 5;
}

async function makePages(count: number): Promise<Record<string, unknown>[][]> {
  const days = 30;
  const simulator = await startSimulator({
    accessLogDays: days,
    // The real number of rows differs a little from the requested mean.
    accessLogRowsPerDay: (count * pageSize * 1.2) / days,
    auditLogRowsPerDay: 0,
  });
  const records = simulator.records('access_logs', new Date(0), new Date(simulator.now()));
  const taken = [...records.take(count * pageSize)];
  await simulator.stop();
  return Array.from({ length: count }, (_, page) =>
    taken.slice(page * pageSize, (page + 1) * pageSize),
  );
}

async function measureRate(
  { db }: Stage,
  rows: number,
  work: () => Promise<void>,
): Promise<number> {
  await clear(db);
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const [stored] = await db.query<{ rows: number }>(
    'select count(*)::float8 as rows from zendesk.access_logs',
  );
  if (stored?.rows !== rows) throw new Error(`${stored?.rows} rows are stored instead of ${rows}.`);
  return rows / seconds;
}

async function storeAsProduct(
  { db }: Stage,
  pages: readonly (readonly unknown[])[],
): Promise<void> {
  const now = toSeconds(new Date());
  const { lease, fetch: opened } = await openSpan(db, { from: 0, to: now });
  let fetch = opened;
  const store = { db, ensurePartitions: createPartitionKeeper(db) };
  for (const [index, page] of pages.entries()) {
    const last = index === pages.length - 1;
    const stored = await storePage(store, lease, accessLogs, {
      fetch,
      rows: readRecords(accessLogs, usualClassify, page),
      pageSize,
      askedAt: now,
      covered: [],
      end: last
        ? { kind: 'complete', coverage: [fetch.span], rescans: [] }
        : { kind: 'more', nextCursor: String(index) },
    });
    fetch = stored.fetch;
  }
}

async function openSpan(db: Stage['db'], span: Span): Promise<{ lease: Lease; fetch: Fetch }> {
  const key = { account, stream: accessLogs.name };
  await registerStream(db, account, accessLogs);
  const lease = await acquireLease(db, key, 'bench', 600_000);
  if (!('token' in lease)) throw new Error('The lease is not to be had.');
  const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize });
  return { lease, fetch };
}

async function insertSingly(
  stage: Stage,
  pages: readonly (readonly Record<string, unknown>[])[],
): Promise<void> {
  await withClient(stage, async (client) => {
    for (const page of pages) {
      await client.query('begin');
      for (const record of page) {
        const row = readPlainly(record, account);
        const names = Object.keys(row) as (keyof PlainRow)[];
        const places = names.map((_, index) => `$${index + 1}`);
        await client.query(
          `insert into zendesk.access_logs (${names.join(', ')}) values (${places.join(', ')})
           on conflict do nothing`,
          names.map((name) => row[name]),
        );
      }
      await client.query('commit');
    }
  });
}

/** Nineteen parameters a row: a page stays below the 65,535 that a statement may have. */
async function insertByBuilder(
  stage: Stage,
  pages: readonly (readonly Record<string, unknown>[])[],
): Promise<void> {
  await withClient(stage, async (client) => {
    const db = drizzle({ client });
    for (const page of pages) {
      await db
        .insert(accessLogTable)
        .values(page.map((record) => readPlainly(record, account)))
        .onConflictDoNothing();
    }
  });
}

async function withClient({ url }: Stage, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
