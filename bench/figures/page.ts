import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { parseConfig } from '../../src/config/config.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { startHttpServer } from '../../src/http/server.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { createLogger } from '../../src/logger.ts';
import { isSchedule } from '../../src/scheduler.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import type { Figure, Line } from '../figure.ts';
import { summarize } from '../samples.ts';
import { withStage, type Stage } from '../stage.ts';

const executablePath = '/usr/bin/chromium';
const mostMs = 1000;

/** How long a browser takes from the address to the first view, with many accounts and years of days. */
export const pageFigure: Figure = {
  name: 'page',
  async measure(effort) {
    if (!existsSync(executablePath)) {
      console.error('page is left out: there is no Chromium (apt-get install chromium).');
      return [];
    }
    const [accounts, years, rounds] = effort === 'tiny' ? [2, 1, 1] : [50, 3, 7];
    const what = `${accounts} accounts × ${streams.length} streams × ${years} years of days`;
    return withStage(async (stage) => {
      await fill(stage, accounts, years);
      const samples = await measure(stage, accounts, rounds);
      return (['painted', 'bytes'] as const).map((part): Line => {
        const summary = summarize(samples.map((sample) => sample[part]));
        const full = effort === 'full';
        return part === 'painted'
          ? {
              figure: `The page: from its address to the overview (${what})`,
              target: full ? `≤ ${mostMs} ms` : '',
              summary,
              unit: 'ms',
              ...(full ? { reached: summary.median <= mostMs } : {}),
            }
          : { figure: `  transferred (${what})`, target: '', summary, unit: 'bytes' };
      });
    });
  },
};

/** A ledger as years of pulling leave it: each log with a gap, and a count for each day. */
async function fill({ db }: Stage, accounts: number, years: number): Promise<void> {
  for (let place = 0; place < accounts; place += 1)
    for (const stream of streams) await registerStream(db, `account-${place}`, stream);
  const days = years * 365;
  const moments = Array.from({ length: days }, (_, day) => Date.now() - day * 86_400_000);
  for (const log of listLogs(streams)) await createPartitionKeeper(db)(log.table, moments);
  await db.query(
    `update zendesk_sync.streams set horizon = now() - interval '${days} days' where stream = 'audit_logs'`,
  );
  await db.query(
    `insert into zendesk_sync.coverage (account, stream, covered_from, covered_until)
     select s.account, s.stream, date_trunc('second', now()) - make_interval(days => span.first), date_trunc('second', now()) - make_interval(days => span.last)
     from zendesk_sync.streams s
     cross join (values (${days}, 40), (39, 0)) as span (first, last)
     where s.kind = 'log'`,
  );
  await db.query(
    `insert into zendesk_sync.stored_rows (account, stream, day, rows)
     select s.account, s.stream, (now() - make_interval(days => day))::date, 1000
     from zendesk_sync.streams s cross join generate_series(1, ${days}) as day where s.kind = 'log'`,
  );
  await db.query(
    `insert into zendesk_sync.runs (account, stream, task, holder, ended_at, outcome)
     select account, stream, case kind when 'log' then 'live' else 'listing' end, 'bench', now(), 'complete'
     from zendesk_sync.streams cross join generate_series(1, 100)`,
  );
  await db.query('analyze');
}

type Sample = { readonly painted: number; readonly bytes: number };

async function measure(stage: Stage, accounts: number, rounds: number): Promise<readonly Sample[]> {
  const environment = (account: string) => ({
    ZENDESK_SUBDOMAIN: account,
    ZENDESK_OAUTH_TOKEN: 'token',
    DATABASE_URL: stage.url,
  });
  const options = { streams, readFile: () => '', isSchedule, now: new Date() };
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    databases: [{ name: undefined, url: stage.url, accounts: [] }],
    metrics: createMetrics({ version: 'bench', nodeVersion: process.versions.node }),
    scheduler: { listOverdue: () => [] },
    streams,
    signal: new AbortController().signal,
    log: createLogger({ level: 'warn', format: 'json', fileDescriptor: 2, isTerminal: false }),
    page: {
      access: { kind: 'local' },
      service: {
        streams,
        accounts: Array.from({ length: accounts }, (_, place) => {
          const account = `account-${place}`;
          const config = parseConfig(environment(account), {
            ...options,
            needs: { zendesk: true },
          });
          return { account, config };
        }),
      },
    },
  });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round += 1)
      samples.push(await visit(browser, `http://127.0.0.1:${server.port}/`));
    return samples;
  } finally {
    await browser.close();
    await server.close();
  }
}

/** One visit with nothing cached; the overview is asked for again each time. */
async function visit(browser: Browser, url: string): Promise<Sample> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto(url);
    await page.locator('tbody tr').first().waitFor();
    const painted = await page.evaluate<number>(
      'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now()))))',
    );
    return { painted, bytes };
  } finally {
    await context.close();
  }
}
