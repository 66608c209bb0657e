import { openFetch } from '../../src/ingest/fetch.ts';
import { acquireLease } from '../../src/ingest/lease.ts';
import { storePage } from '../../src/ingest/page.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { toSeconds } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { requestOf } from '../../src/streams/stream.ts';
import { measureBackfill } from './backfill.ts';
import type { Figure, Line } from '../figure.ts';
import { alternate, divide, summarize } from '../samples.ts';
import { clear, createBenchEngine, startRemoteSimulator, withStage, type Stage } from '../stage.ts';

const signal = new AbortController().signal;
/** As long as Zendesk keeps the log: both the product and the loop read that whole time. */
const days = 90;

/** The product's backfill compared with a plain loop that requests a page, stores it in the same way and requests the next. */
export const aheadFigure: Figure = {
  name: 'ways-ahead',
  async measure(effort) {
    const rows = effort === 'tiny' ? 5000 : 100_000;
    const rounds = effort === 'tiny' ? 0 : 3;
    return withStage(async (stage) => {
      const lines: Line[] = [];
      for (const answerMs of effort === 'tiny' ? [0] : [0, 200]) {
        const simulator = await startRemoteSimulator({
          accessLogDays: days,
          accessLogRowsPerDay: rows / days,
          auditLogRowsPerDay: 0,
          anchor: new Date(),
          limits: false,
          requestLogSize: 1,
          answerMs,
        });
        const samples = await alternate(rounds, {
          product: () => pull(stage, simulator.url),
          loop: () => loop(stage, simulator.url),
        });
        await simulator.stop();
        lines.push(...describe(rows, answerMs, samples));
      }
      return lines;
    });
  },
};

function describe(
  rows: number,
  answerMs: number,
  samples: { product: number[]; loop: number[] },
): Line[] {
  const what = `about ${rows.toLocaleString('en-US')} access-log rows, answers after ${answerMs} ms`;
  return [
    {
      figure: `Backfill / page after page (${what})`,
      target: '',
      summary: summarize(divide(samples.product, samples.loop)),
      unit: '×',
    },
    {
      figure: `  the product (${what})`,
      target: '',
      summary: summarize(samples.product),
      unit: 'rows/s',
    },
    {
      figure: `  page after page (${what})`,
      target: '',
      summary: summarize(samples.loop),
      unit: 'rows/s',
    },
  ];
}

function pull(stage: Stage, url: string): Promise<number> {
  return measureBackfill(stage, createBenchEngine(stage, url));
}

async function loop(stage: Stage, url: string): Promise<number> {
  const { db } = stage;
  await clear(db);
  const engine = createBenchEngine(stage, url);
  const key = { account: engine.account, stream: accessLogs.name };
  await registerStream(db, engine.account, accessLogs);
  const lease = await acquireLease(db, key, 'bench', 600_000);
  if (!('token' in lease)) throw new Error('The lease is not to be had.');
  const now = toSeconds(new Date());
  const span = { from: now - days * 86_400, to: now };
  let { fetch } = await openFetch(db, lease, {
    kind: 'backfill',
    span,
    pageSize: accessLogs.source.pageSize,
  });
  const started = performance.now();
  do {
    const page = await engine.zendesk.readPage(
      {
        ...requestOf(accessLogs),
        priority: 0,
        parameters: accessLogs.source.spanParameters(span),
        pageSize: accessLogs.source.pageSize,
        cursor: fetch.cursor,
      },
      signal,
    );
    const { nextCursor, pageSize } = page;
    const stored = await storePage(engine, lease, accessLogs, {
      fetch,
      rows: readRecords(accessLogs, engine.classify, page.records),
      pageSize,
      askedAt: now,
      covered: [],
      end:
        nextCursor === undefined
          ? { kind: 'complete', coverage: [span], rescans: [] }
          : { kind: 'more', nextCursor },
    });
    fetch = stored.fetch;
  } while (fetch.cursor !== undefined);
  const seconds = (performance.now() - started) / 1000;
  await engine.zendesk.close();
  return fetch.new / seconds;
}
