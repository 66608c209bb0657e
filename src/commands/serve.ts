import type { Config } from '../config/config.ts';
import type { Database } from '../database/client.ts';
import { awaitDatabase } from '../database/awaiting.ts';
import { hasCode, isFrom } from '../errors.ts';
import { createHeartbeat, createRunWatch } from '../http/heartbeat.ts';
import type { Metrics } from '../http/metrics.ts';
import type { ServedDatabase } from '../http/databases.ts';
import type { HttpServer } from '../http/server.ts';
import type { SyncEvent } from '../ingest/events.ts';
import { keepReconciling } from '../ingest/reconcile/schedule.ts';
import { followAccounts } from '../ingest/service.ts';
import type { Log } from '../logger.ts';
import { createScheduler, type Scheduler } from '../scheduler.ts';
import type { Stream } from '../streams/stream.ts';
import { version } from '../version.ts';
import { watchAccounts } from './alerts/watch.ts';
import type { CommandContext } from './context.ts';
import { groupByDatabase, nameOfDatabase } from './databases.ts';
import { findElsewhere } from './elsewhere.ts';
import { nameCommand } from './npm.ts';
import { createOffers } from './page/offers.ts';
import { createPerformer } from './page/performing.ts';
import { checkAccess, withHttp } from './page/serving.ts';
import { keepArchive } from './schedule/archive.ts';
import { keepReports } from './schedule/keep.ts';
import { keepVerifications } from './schedule/verifications.ts';
import { readSchedule, type ScheduledReport } from './schedule/read.ts';
import { serveEach } from './serve-each.ts';
import { withGroups, withSessions, type OpenGroup, type Session } from './session.ts';
import { createFollowDisplay } from './terminal/following.ts';

/** Follows the streams of all accounts until a signal comes; returns the exit status. */
export async function runServe(context: CommandContext): Promise<number> {
  const configs = context.readConfigs();
  // Settings of the process are the same for all accounts.
  const [common] = configs;
  checkAccess(common);
  const log = context.openLog(common, 'stdout');
  // Only the service needs the metrics library.
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
    await withGroups(groupByDatabase(configs), log, signal, (groups) =>
      // Before the migrations, which may take long: a used port is reported at once, and probes get answers.
      withHttp(
        configs,
        { databases: groups.map(describeServed), metrics, scheduler, streams, signal, log },
        async ({ offer }) => {
          const offerOf = createOffers(offer);
          const serving = { log, report, streams, scheduler, metrics };
          await serveEach(groups, log, signal, async (group, own) => {
            const { configs: all, open } = group;
            const name = nameOfDatabase(all[0]);
            const where = name === undefined ? {} : { database: name };
            const tell = (sentence: string): void =>
              log.warn(where, `waiting for Postgres: ${sentence}`);
            if (await awaitDatabase(open.url, own, tell)) log.info(where, 'Postgres answers');
            tellWaysIn(context, common, open.url, log);
            const served = await listServed(context, all, open.db, log);
            await withSessions(
              context,
              served,
              open,
              { log, report, live: true },
              async (sessions) => {
                display ??= createFollowDisplay(context, common.streams, configs.length, log);
                const following = { ...serving, ...open, sessions, signal: own, name };
                await follow({ ...following, offer: offerOf(accountsOf(served)) }, reports);
              },
            );
          }).finally(() => display?.end());
        },
      ),
    );
  } catch (error) {
    // Without a database there is nothing to finish: stored rows stay.
    if (!signal.aborted || !(isFrom(error, 'database') || hasCode(error, 'stopped'))) throw error;
    log.info({ err: error }, 'stopped while the database was not available');
  } finally {
    heartbeat.close();
  }
  return 0;
}

/** The accounts that are in a database; the others are logged. @throws {KnownError} if there is none */
async function listServed(
  context: CommandContext,
  configs: readonly Config[],
  db: Database,
  log: Log,
): Promise<readonly Config[]> {
  const elsewhere = await findElsewhere(context, configs, db, log);
  for (const [account, reason] of elsewhere) log.error({ account, err: reason }, reason.message);
  const served = configs.filter(({ zendesk }) => !elsewhere.has(zendesk.account));
  for (const reason of served.length === 0 ? elsewhere.values() : []) throw reason;
  return served;
}

function describeServed({ configs, open }: OpenGroup): ServedDatabase {
  return { name: nameOfDatabase(configs[0]), url: open.url, accounts: accountsOf(configs) };
}

function accountsOf(configs: readonly Config[]): readonly string[] {
  return configs.map(({ zendesk }) => zendesk.account);
}

/** Follows the accounts on their schedules, and writes the reports at their times, until the signal. */
async function follow(
  {
    sessions,
    metrics,
    db,
    offer,
    ...rest
  }: {
    readonly sessions: readonly Session[];
    readonly streams: readonly Stream[];
    readonly url: string;
    readonly db: Database;
    readonly scheduler: Scheduler;
    readonly metrics: Metrics;
    readonly log: Log;
    readonly signal: AbortSignal;
    readonly offer: HttpServer['offer'];
    /** The name of the database; undefined for the only one. */
    readonly name: string | undefined;
  },
  every: readonly ScheduledReport[],
): Promise<void> {
  const { scheduler, log, signal } = rest;
  const own = new Set(sessions.map(({ engine }) => engine.account));
  const reports = every.filter(({ account }) => own.has(account));
  for (const { config } of sessions) metrics.introduce(config.zendesk.account, config.streams);
  for (const { account, name } of reports) metrics.introduceReport(account, name);
  const endReports = keepReports(reports, {
    ...rest,
    sessions,
    count: (account, name, outcome) => metrics.countReport(account, name, outcome),
  });
  const endVerifications = keepVerifications({ ...rest, sessions });
  const endAlerts = await watchAccounts(db, rest, sessions);
  // Settings of the process are the same for all accounts.
  const [first] = sessions;
  const endArchive =
    first === undefined ? async () => {} : keepArchive({ ...rest, config: first.config });
  const compared = sessions.map(({ config, ...session }) => ({
    ...session,
    schedule: config.reconcileSchedule,
  }));
  const endReconciling = keepReconciling(compared, scheduler, signal);
  const performer = createPerformer({ ...rest, sessions });
  offer(performer.perform);
  const followed = sessions.map((session) => ({ session, schedules: session.config.schedules }));
  try {
    await followAccounts(followed, scheduler, log, signal);
  } finally {
    offer(undefined);
    await Promise.all([
      performer.end(),
      endReports(),
      endVerifications(),
      endReconciling(),
      endAlerts(),
      endArchive(),
    ]);
  }
}

/** Logs how to connect to the embedded database, because nobody has chosen its address. */
function tellWaysIn({ env }: CommandContext, { database }: Config, url: string, log: Log): void {
  if (database.kind !== 'embedded') return;
  log.info(
    { port: Number(new URL(url).port) },
    `"${nameCommand(env, 'sql')}" queries the database, "${nameCommand(env, 'connection')}" shows how other programs connect to it`,
  );
}
