/**
 * All checks in their order. Read-only: it writes no row, sends no request that changes anything, and does not record its
 * use of the budget.
 */
import type { Config, ConfigOptions } from '../config/config.ts';
import type { Environment } from '../config/texts.ts';
import { isFrom } from '../errors.ts';
import { loadLogin, type LoginFacts } from '../ingest/kept-login.ts';
import { loadBudget } from './diagnosis.ts';
import { createReadOnlyKeeper, findIdleness } from './login.ts';
import { listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import type { Spans } from '../span.ts';
import { checkBackfill, measureOpen, nameBackfill } from './backfill.ts';
import { checkBudget, checkClock } from './budget.ts';
import { skipped, type Check } from './check.ts';
import { checkCredentials, checkToken } from './credentials.ts';
import {
  loadStored,
  withExaminedDatabase,
  type DatabaseExamination,
} from './database-examination.ts';
import { checkOrigin } from './origin.ts';
import { probeZendesk } from './probe.ts';
import { examineAlerts } from './alerts.ts';
import { examineReports } from './scheduled-reports.ts';
import { examineArchive } from './archive.ts';
import { examineEvidence } from './evidence.ts';
import { checkReconciled } from './reconciled.ts';
import { checkRows } from './rows.ts';
import { checkDerivedRows } from './derived-rows.ts';
import { checkVerified } from './verified.ts';
import { createReadOnlyBudget } from './read-only-budget.ts';
import { checkSettings, readKnownSettings } from './settings.ts';
import { checkStream } from './streams.ts';

/** What an examination found. */
export type Examination = {
  /** The account key; undefined if the settings are wrong. */
  readonly account: string | undefined;
  readonly origin: string | undefined;
  /** False if a setting is wrong, so that nothing about Zendesk could be examined. */
  readonly hasSettings: boolean;
  readonly checks: readonly Check[];
};

/** What to examine. */
type ExaminationOptions = ConfigOptions & {
  readonly environment: Environment;
  readonly signal: AbortSignal;
};

/**
 * Examines the installation. Each check is independent; those that need a failed one are skipped.
 *
 * @throws the signal's reason
 */
export async function examine(options: ExaminationOptions): Promise<Examination> {
  const { environment, now, signal, streams } = options;
  const known = readKnownSettings(environment, options);
  const { all: config } = known;
  const origin = config && (await checkOrigin(config.zendesk, now, signal));
  const checks = await withExaminedDatabase(known.local, now, async (database) => {
    const login = config && (await lookAtLogin(config, database));
    const reason = findAbstention(config, origin, login);
    const zendesk =
      config === undefined || reason !== undefined
        ? abstain(streams, reason ?? '')
        : await examineZendesk(config, database, login, options);
    return [
      checkSettings(known),
      origin ?? skipped('origin', 'the settings are wrong'),
      config === undefined
        ? skipped('credentials', 'the settings are wrong')
        : checkCredentials(config.zendesk, now, login),
      ...zendesk.checks,
      checkClock(zendesk.skewMs, database.skewMs),
      ...database.checks,
      ...zendesk.backfills,
      ...(await examineRows(config, database, streams, now)),
      ...(config === undefined || database.db === undefined
        ? []
        : [
            ...(await examineEvidence(config, database.db)),
            ...(await examineAlerts(config, database.db)),
            ...(await examineReports(config, database.db)),
            ...(await examineArchive(config, database.db, signal)),
          ]),
    ];
  });
  signal.throwIfAborted();
  const { account, origin: address } = config?.zendesk ?? {};
  return { account, origin: address, hasSettings: config !== undefined, checks };
}

/** Why nothing is sent to Zendesk; undefined if requests are sent. */
function findAbstention(
  config: Config | undefined,
  origin: Check | undefined,
  login: LoginFacts | undefined,
): string | undefined {
  if (config === undefined) return 'the settings are wrong';
  if (origin?.state === 'problem') return 'Zendesk cannot be reached';
  return config.zendesk.credentials.kind === 'oauth-refresh' ? findIdleness(login) : undefined;
}

/** The login with a refresh token; undefined if there is none of that kind, or no table yet. */
async function lookAtLogin(
  { zendesk: { account, credentials } }: Config,
  { db }: DatabaseExamination,
): Promise<LoginFacts | undefined> {
  if (db === undefined || credentials.kind !== 'oauth-refresh') return undefined;
  try {
    return await loadLogin(db, account, credentials);
  } catch (error) {
    if (isFrom(error, 'database')) return undefined;
    throw error;
  }
}

/** What is wrong with the rows that were stored, and what their verifications and comparisons with Zendesk came to. */
async function examineRows(
  config: Config | undefined,
  { db, absence }: DatabaseExamination,
  streams: readonly Stream[],
  now: Date,
): Promise<readonly Check[]> {
  if (config === undefined) return [skipped('verification', 'the settings are wrong')];
  if (db === undefined) return [skipped('verification', absence)];
  const checks: Check[] = [];
  for (const log of listLogs(streams)) {
    for (const look of [checkRows, checkDerivedRows]) {
      const check = await look(db, config.zendesk.account, log);
      if (check !== undefined) checks.push(check);
    }
  }
  const { account } = config.zendesk;
  const reconciled = await checkReconciled(db, account, listLogs(streams));
  const verified = await checkVerified(db, account, listLogs(streams), now);
  return [...checks, verified, ...(reconciled === undefined ? [] : [reconciled])];
}

/** The checks from Zendesk's answers. */
type ZendeskExamination = {
  readonly checks: readonly Check[];
  readonly backfills: readonly Check[];
  readonly skewMs: number | undefined;
};

function abstain(streams: readonly Stream[], reason: string): ZendeskExamination {
  const skip = (name: string): Check => skipped(name, reason);
  return {
    checks: ['access token', ...streams.map(({ title }) => title), 'budget'].map(skip),
    backfills: listLogs(streams).map(nameBackfill).map(skip),
    skewMs: undefined,
  };
}

async function examineZendesk(
  config: Config,
  database: DatabaseExamination,
  login: LoginFacts | undefined,
  { streams, now: localNow, signal }: ExaminationOptions,
): Promise<ZendeskExamination> {
  const { zendesk } = config;
  const logs = listLogs(streams);
  const stored = new Map<string, Spans>();
  for (const { name } of logs) stored.set(name, await loadStored(database, zendesk.account, name));
  const probe = await probeZendesk({
    config,
    streams,
    budget: openBudget(config, database),
    keeper: login && createReadOnlyKeeper(login),
    isComplete: (name, oldest, until) => measureOpen(stored.get(name) ?? [], oldest, until) === 0,
    signal,
  });
  const { accountLimit, skewMs } = probe;
  const now = new Date(localNow.getTime() + (skewMs ?? 0));
  return {
    checks: [
      checkToken(zendesk, probe.login),
      ...streams.map((stream) => checkStream(stream, probe.streams.get(stream.name), now)),
      checkBudget(config, accountLimit),
    ],
    backfills: logs.map((log) =>
      checkBackfill(log, probe.streams.get(log.name), {
        local: config,
        coverage: stored.get(log.name) ?? [],
        freeBytes: database.freeBytes,
        now,
      }),
    ),
    skewMs,
  };
}

function openBudget(
  { zendesk, budgets }: Config,
  { db }: DatabaseExamination,
): ReturnType<typeof createReadOnlyBudget> {
  return createReadOnlyBudget({
    requestsPerMinute: budgets,
    localNow: Date.now,
    loadShared: async (group) =>
      db &&
      loadBudget(db, zendesk.account, group).catch((error: unknown) => {
        // If there are no tables yet, or none that the user may read, no shared budget is known.
        if (!isFrom(error, 'database')) throw error;
        return undefined;
      }),
  });
}
