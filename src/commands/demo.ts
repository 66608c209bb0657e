import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfig } from '../config/config.ts';
import { examine } from '../ingest/findings/examine.ts';
import { refreshRollups } from '../ingest/rollups.ts';
import { followAccounts, runPass, type StreamPass } from '../ingest/service.ts';
import { withConnections, type Connections } from '../ingest/session.ts';
import { loadStatus } from '../ingest/status.ts';
import { createLogger, type Log } from '../logger.ts';
import { createScheduler, type Scheduler } from '../scheduler.ts';
import { listLogs } from '../streams/registry.ts';
import type { CommandContext } from './context.ts';
import { answerQuestions, showNewest } from './demo/answers.ts';
import { withPage } from './demo/page.ts';
import { account, openStage, type Stage } from './demo/stage.ts';
import { createWatch, type Watch } from './demo/watch.ts';
import { nameCommand } from './npm.ts';
import { verifyAtTime } from './schedule/verifications.ts';
import { createConfigOptions } from './settings.ts';
import { withSession, type Session } from './session.ts';
import { showLines } from './terminal/display.ts';
import { createPullDisplay } from './terminal/pulling.ts';
import { renderPasses, renderStatus } from './terminal/streams.ts';
import { widthOf } from './terminal/text.ts';
import { formatNumber } from './terminal/words.ts';

/** After a signal it waits for nothing: running work is thrown away with the database. */
const graceMs = 300;

/** Runs everything on this machine, then follows. @returns the exit status: Ctrl-C is the normal end of the demo, except with `--once` */
export async function runDemo(context: CommandContext, once: boolean): Promise<number> {
  const { signal } = context;
  const { database } = context.readLocalConfig();
  const parent = database.kind === 'embedded' ? database.dataDirectory : './data';
  const stopped = (): number => {
    context.print('The demo was stopped, and its data was deleted.');
    return once ? 1 : 0;
  };
  context.print('Starting PostgreSQL and a simulated Zendesk account on this machine.');
  let stage: Stage;
  try {
    stage = await openStage(parent, signal);
  } catch (error) {
    if (signal.aborted) return stopped();
    throw error;
  }
  const { promise: cut, resolve: end } = Promise.withResolvers<number>();
  const cutShort = (): void => {
    void Promise.all([stage.close(), sleep(graceMs)]).then(() => end(1));
  };
  if (signal.aborted) cutShort();
  signal.addEventListener('abort', cutShort, { once: true });
  try {
    const status = await Promise.race([play(context, stage, once), cut]);
    if (!signal.aborted) return status;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', cutShort);
    await stage.close();
  }
  return stopped();
}

async function play(context: CommandContext, stage: Stage, once: boolean): Promise<number> {
  const { credentials } = stage.simulator.options;
  const parsed = parseConfig(
    {
      ...(context.env['HTTP_PORT'] === undefined ? {} : { HTTP_PORT: context.env['HTTP_PORT'] }),
      // The key that signs goes with the database.
      DATA_DIR: stage.directory,
      ZENDESK_SUBDOMAIN: account,
      ZENDESK_BASE_URL: stage.simulator.url,
      ZENDESK_CLIENT_ID: credentials.clientId,
      ZENDESK_CLIENT_SECRET: credentials.clientSecret,
    },
    { ...createConfigOptions(context.streams), needs: { zendesk: true } },
  );
  const { signal, streams } = context;
  const config = {
    ...parsed,
    schedules: Object.fromEntries(streams.map(({ name, schedule }) => [name, schedule.demoCron])),
  };
  const log = openQuietLog(context);
  const watch = createWatch();
  return withConnections(stage.url, signal, (open) =>
    withSession(context, config, open, { log, report: watch.report }, async (session) =>
      once
        ? show(context, { stage, open, session, watch, log, once }, createScheduler())
        : withPage(context, { stage, session, log }, (scheduler) =>
            show(context, { stage, open, session, watch, log, once }, scheduler),
          ),
    ),
  );
}

/** What is shown, and on which stage. */
type Scene = {
  readonly stage: Stage;
  readonly open: Connections;
  readonly session: Session;
  readonly watch: Watch;
  readonly log: Log;
  readonly once: boolean;
};

async function show(
  context: CommandContext,
  { stage, open, session, watch, log, once }: Scene,
  scheduler: Scheduler,
): Promise<number> {
  const { signal, streams } = context;
  const startedMs = Date.now();
  const passes = await pull(context, open, session, watch);
  await sumUp(context, open);
  if (signal.aborted) return 1;
  context.print(`\nFirst complete pass in ${((Date.now() - startedMs) / 1000).toFixed(1)} s.\n`);
  context.print(renderPasses(passes, context));
  context.print(
    renderStatus(await loadStatus(open.db, streams, account), streams, new Date(), context),
  );
  context.print(await answerQuestions(open.db, widthOf(context.stdout)));
  const complete = passes.every((pass) => pass.complete);
  if (once || !complete) return complete ? 0 : 1;
  context.print(
    `Run your own queries from another terminal while the demo runs:\n\n  ${nameAccess(context, stage)}\n`,
  );
  await verifyAtTime(
    open.db,
    { key: { account, depth: 'quick' }, config: session.config },
    undefined,
    { streams, log, signal },
  );
  await followTail(context, session, scheduler);
  return 0;
}

/** How another process connects to the database: this has priority over the settings. */
function nameAccess({ env, readLocalConfig }: CommandContext, { directory, url }: Stage): string {
  const isOverridden = readLocalConfig().database.kind === 'server';
  const setting = isOverridden ? `DATABASE_URL='${url}'` : `DATA_DIR='${resolve(directory)}'`;
  return `${setting} ${nameCommand(env, 'sql')}`;
}

function openQuietLog({ stderr }: CommandContext): Log {
  return createLogger({
    level: 'warn',
    format: 'auto',
    fileDescriptor: 2,
    isTerminal: stderr.isTTY === true,
  });
}

/** One complete pass. The newest rows are shown as soon as they are stored. */
async function pull(
  context: CommandContext,
  { db }: Connections,
  { workers, config }: Session,
  watch: Watch,
): Promise<readonly StreamPass[]> {
  const passing = runPass(workers, context.signal);
  await Promise.race([watch.firstRows, passing]);
  context.print(`\nThese are the newest requests of the access log. 90 days follow.\n`);
  context.print(`${await showNewest(db, widthOf(context.stdout))}\n`);
  const display = createPullDisplay(context, config.streams);
  watch.pass(display.report);
  const passes = await passing.finally(() => display.end());
  watch.pass(() => {});
  return passes;
}

/** Makes the rollups, of both logs at once, and then the findings. */
async function sumUp({ signal, ...outputs }: CommandContext, { db }: Connections): Promise<void> {
  const logs = listLogs(outputs.streams);
  const sums = logs.map(() => ({ done: 0, total: 0 }));
  const count = (key: 'done' | 'total'): number => sums.reduce((sum, part) => sum + part[key], 0);
  const patience = { terminalMs: 150, plainMs: 1000 };
  let findings = '';
  const endLines = showLines(outputs, patience, () => [
    `rollups     ${formatNumber(count('done'))} of ${formatNumber(count('total'))} days${findings}`,
  ]);
  try {
    await Promise.all(
      logs.map((log, place) =>
        refreshRollups(db, account, [log], signal, (done, total) => {
          sums[place] = { done, total };
        }),
      ),
    );
    await examine(db, account, logs, {
      signal,
      report(done, total) {
        findings = `, findings ${formatNumber(done)} of ${formatNumber(total)} parts`;
      },
    });
  } finally {
    endLines();
  }
}

/** Follows the logs every few seconds and shows what was stored. */
async function followTail(
  context: CommandContext,
  session: Session,
  scheduler: Scheduler,
): Promise<void> {
  const { engine, config } = session;
  context.print('Following the live tail. Press Ctrl-C to end the demo and delete its data.');
  const timer = setInterval(() => {
    loadStatus(engine.db, context.streams, account)
      .then((rows) => {
        if (context.signal.aborted) return;
        const counts = rows
          .map(({ stream, rows: stored }) => `${stream} ${formatNumber(stored)}`)
          .join('   ');
        context.print(`${new Date().toISOString().slice(11, 19)}   ${counts}`);
      })
      .catch(() => {});
  }, 10_000);
  const followed = [{ session, schedules: config.schedules }];
  await followAccounts(followed, scheduler, engine.log, context.signal).finally(() =>
    clearInterval(timer),
  );
}
