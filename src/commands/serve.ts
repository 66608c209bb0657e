import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { findNearest } from '../config/nearest.ts';
import { awaitDatabase } from '../database/awaiting.ts';
import { hasCode, isFrom } from '../errors.ts';
import { createHeartbeat, createRunWatch } from '../http/heartbeat.ts';
import type { Metrics } from '../http/metrics.ts';
import { startHttpServer } from '../http/server.ts';
import type { SyncEvent } from '../ingest/events.ts';
import { followAccounts } from '../ingest/service.ts';
import type { Log } from '../logger.ts';
import { createScheduler, type Scheduler } from '../scheduler.ts';
import type { Stream } from '../streams/stream.ts';
import { version } from '../version.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { nameCommand } from './npm.ts';
import { keepReports } from './schedule/keep.ts';
import { readSchedule, type ScheduledReport } from './schedule/read.ts';
import { withDatabase, withSessions, type Session } from './session.ts';
import { createFollowDisplay } from './terminal/following.ts';

/** `serve`: follows the streams of all accounts on their schedules until a signal comes. */
export function addServe(program: Command, context: CommandContext): void {
  const command = program
    .command('serve', { isDefault: true })
    .description('follow the logs on their schedules until you stop it; the default command')
    // What names no command arrives here, as an argument of the default command.
    .allowExcessArguments()
    .action(async (_flags: object, { args }: Command) => {
      if (args[0] !== undefined) refuseCommand(program, args[0]);
      context.finish(await runServe(context));
    });
  addExample(
    command,
    'ZENDESK_SUBDOMAIN=acme ZENDESK_OAUTH_TOKEN_FILE=token zendesk-log-sync serve',
  );
}

function refuseCommand(program: Command, name: string): never {
  const nearest = findNearest(
    name,
    program.commands.map((command) => command.name()),
  );
  const advice = nearest === undefined ? '' : `\n(Did you mean ${nearest}?)`;
  return program.error(`error: unknown command '${name}'${advice}`);
}

async function runServe(context: CommandContext): Promise<number> {
  const configs = context.readConfigs();
  // What concerns the process is the same for all accounts.
  const [common] = configs;
  const log = context.openLog(common, 'stdout');
  // The library of the metrics is for the service alone.
  const { createMetrics } = await import('../http/metrics.ts');
  const accounts = configs.map(({ zendesk }) => zendesk.account);
  const reports = await readSchedule(context, common.reportsFile, accounts);
  const scheduler = createScheduler();
  const metrics = createMetrics({ version, nodeVersion: process.versions.node }, scheduler);
  const heartbeat = createHeartbeat(common.heartbeatUrl, common.proxies, log);
  const watchRun = createRunWatch(heartbeat);
  const report = (event: SyncEvent, account: string): void => {
    metrics.count(account, event);
    watchRun(account, event);
    display?.report(event, account);
  };
  let display: ReturnType<typeof createFollowDisplay> | undefined;
  const { signal, streams } = context;
  try {
    await withDatabase(common, log, signal, (open) =>
      // Before the migrations, which may take long: a port that is taken is said at once, and probes are answered.
      withHttp(
        common.http,
        { databaseUrl: open.url, metrics, scheduler, streams, signal, log },
        async () => {
          const tell = (sentence: string): void =>
            log.warn({}, `waiting for Postgres: ${sentence}`);
          if (await awaitDatabase(open.url, signal, tell)) log.info({}, 'Postgres answers');
          tellWaysIn(context, common, open.url, log);
          await withSessions(
            context,
            configs,
            open,
            { log, report, live: true },
            async (sessions) => {
              display = createFollowDisplay(context, common.streams, configs.length, log);
              const following = { sessions, url: open.url, scheduler, metrics, log, signal };
              await follow(following, reports).finally(() => display?.end());
            },
          );
        },
      ),
    );
  } catch (error) {
    // Without a database there is nothing to end in good order: what was stored stays.
    if (!signal.aborted || !(isFrom(error, 'database') || hasCode(error, 'stopped'))) throw error;
    log.info({ err: error }, 'stopped while the database was not available');
  } finally {
    heartbeat.close();
  }
  return 0;
}

/** Follows the accounts on their schedules, and writes the reports at their times, until the signal. */
async function follow(
  {
    sessions,
    metrics,
    ...rest
  }: {
    readonly sessions: readonly Session[];
    readonly url: string;
    readonly scheduler: Scheduler;
    readonly metrics: Metrics;
    readonly log: Log;
    readonly signal: AbortSignal;
  },
  reports: readonly ScheduledReport[],
): Promise<void> {
  const { scheduler, log, signal } = rest;
  for (const { config } of sessions) metrics.introduce(config.zendesk.account, config.streams);
  for (const { account, name } of reports) metrics.introduceReport(account, name);
  const endReports = keepReports(reports, {
    ...rest,
    sessions,
    count: (account, name, outcome) => metrics.countReport(account, name, outcome),
  });
  const followed = sessions.map((session) => ({ session, schedules: session.config.schedules }));
  try {
    await followAccounts(followed, scheduler, log, signal);
  } finally {
    await endReports();
  }
}

/** Says how to get at the embedded database, whose address nobody has chosen. */
function tellWaysIn({ env }: CommandContext, { database }: Config, url: string, log: Log): void {
  if (database.kind !== 'embedded') return;
  log.info(
    { port: Number(new URL(url).port) },
    `"${nameCommand(env, 'sql')}" queries the database, "${nameCommand(env, 'connection')}" shows how other programs connect to it`,
  );
}

/** Answers over HTTP, if that is wanted, for the time of `work`. */
async function withHttp(
  place: Config['http'],
  options: {
    readonly databaseUrl: string;
    readonly metrics: Metrics;
    readonly scheduler: Scheduler;
    readonly streams: readonly Stream[];
    readonly signal: AbortSignal;
    readonly log: Log;
  },
  work: () => Promise<void>,
): Promise<void> {
  if (place === undefined) return work();
  const server = await startHttpServer({ ...place, ...options });
  try {
    options.log.info({ host: server.host, port: server.port }, 'answering over HTTP');
    await work();
  } finally {
    await server.close();
  }
}
