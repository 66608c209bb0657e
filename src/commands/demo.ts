import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConfig } from '../config/config.ts';
import { openEmbeddedPostgres } from '../database/embedded.ts';
import { loadStatus } from '../ingest/status.ts';
import { startSimulator, type Simulator } from '../simulator/simulator.ts';
import { followAccounts, runPass } from '../ingest/service.ts';
import { withConnections, type Connections } from '../ingest/session.ts';
import type { SyncEvent } from '../ingest/events.ts';
import { createLogger } from '../logger.ts';
import { createConfigOptions, type CommandContext } from './context.ts';
import { answerExamples } from './demo-questions.ts';
import { createProgressDisplay } from './progress-display.ts';
import { formatNumber, renderPasses, renderStatus } from './report.ts';
import { withSession, type Session } from './session.ts';

const account = 'demo';

/** `demo`: everything on this machine, then the live tail until Ctrl-C. */
export async function runDemo(context: CommandContext, once: boolean): Promise<number> {
  const { database } = context.readLocalConfig();
  const parent = database.kind === 'embedded' ? database.dataDirectory : './data';
  const directory = join(parent, 'demo');
  await rm(directory, { recursive: true, force: true });
  const postgres = await openEmbeddedPostgres({ dataDir: directory, durable: false });
  const simulator = await startSimulator({
    subdomain: account,
    // The lively tail begins at the anchor's next full minute: nobody is to wait for it.
    anchor: new Date(Date.now() - 60_000),
    agents: 60,
    accessLogDays: 90,
    accessLogRowsPerDay: 1000,
    accessLogLiveRowsPerMinute: 40,
    auditLogDays: 120,
    auditLogRowsPerDay: 50,
  });
  context.print(
    `PostgreSQL and a simulated Zendesk account with 90 days of history run on this machine.\n`,
  );
  try {
    return await withConnections(postgres.url, context.signal, (open) =>
      pullAll(context, { open, simulator, once }),
    );
  } finally {
    await simulator.stop();
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

type Stage = { open: Connections; simulator: Simulator; once: boolean };

async function pullAll(context: CommandContext, stage: Stage): Promise<number> {
  const { open, simulator, once } = stage;
  const { url, db } = open;
  const { credentials } = simulator.options;
  const config = parseConfig(
    {
      ZENDESK_SUBDOMAIN: account,
      ZENDESK_BASE_URL: simulator.url,
      ZENDESK_CLIENT_ID: credentials.clientId,
      ZENDESK_CLIENT_SECRET: credentials.clientSecret,
    },
    { ...createConfigOptions(context.streams), needs: { zendesk: true } },
  );
  const log = createLogger({
    level: 'warn',
    format: 'auto',
    fileDescriptor: 2,
    isTerminal: context.stderr.isTTY === true,
  });
  const display = createProgressDisplay(context, config.streams);
  let shown = display.report;
  const options = { log, report: (event: SyncEvent) => shown(event) };
  return withSession(context, config, open, options, async (session) => {
    const startedMs = Date.now();
    const passes = await runPass(session.workers, context.signal).finally(() => display.end());
    shown = () => {};
    if (context.signal.aborted) return 1;
    context.print(`\nFirst complete pass in ${((Date.now() - startedMs) / 1000).toFixed(1)} s.\n`);
    context.print(renderPasses(passes));
    context.print(
      renderStatus(await loadStatus(db, context.streams, account), context.streams, new Date()),
    );
    context.print(await answerExamples(db, account));
    context.print(`Ask your own questions while the demo runs:\n\n  psql '${url}'\n`);
    if (!passes.every(({ complete }) => complete)) return 1;
    if (!once) await followTail(context, session);
    return 0;
  });
}

/** Follows the live tail every few seconds and says what came. */
async function followTail(context: CommandContext, session: Session): Promise<void> {
  const { engine } = session;
  context.print('Following the live tail. Ctrl-C ends the demo and removes its data.');
  const schedules = Object.fromEntries(
    context.streams.map(({ name, schedule }) => [name, schedule.demoCron]),
  );
  const timer = setInterval(() => {
    loadStatus(engine.db, context.streams, account)
      .then((rows) => {
        const counts = rows
          .map(({ stream, rows: stored }) => `${stream} ${formatNumber(stored)}`)
          .join('   ');
        context.print(`${new Date().toISOString().slice(11, 19)}   ${counts}`);
      })
      .catch(() => {});
  }, 10_000);
  await followAccounts([{ session, schedules }], engine.log, context.signal).finally(() =>
    clearInterval(timer),
  );
}
