/** All checks in their order. Reads only: no row, no request that changes anything, no share of the budget noted down. */
import type { Config, ConfigOptions } from '../config.ts';
import type { Environment } from '../config/texts.ts';
import { isFrom } from '../errors.ts';
import { loadBudget } from '../database/diagnosis.ts';
import { streamNames, type StreamName } from '../streams/names.ts';
import type { Spans } from '../span.ts';
import { checkBackfill, measureOpen } from './backfill.ts';
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
import { createReadOnlyBudget } from './read-only-budget.ts';
import { checkSettings, readKnownSettings } from './settings.ts';
import { checkStream, streamTitles } from './streams.ts';

/** What an examination found. */
export type Examination = {
  /** The account key; undefined when the settings are not right. */
  readonly account: string | undefined;
  readonly origin: string | undefined;
  /** False when a setting is wrong, so that nothing of Zendesk could be examined. */
  readonly hasSettings: boolean;
  readonly checks: readonly Check[];
};

/** What is to be examined. */
export type ExaminationOptions = ConfigOptions & {
  readonly environment: Environment;
  readonly signal: AbortSignal;
};

const logNames = ['audit_logs', 'access_logs'] as const;
const zendeskChecks = ['access token', ...streamNames.map((name) => streamTitles[name]), 'budget'];
const backfillChecks = logNames.map((name) => `${streamTitles[name]} backfill`);

/**
 * Examines the installation. Each check stands for itself; those that rest on a failed one are skipped.
 *
 * @throws the signal's reason
 */
export async function examine(options: ExaminationOptions): Promise<Examination> {
  const { environment, now, signal } = options;
  const known = readKnownSettings(environment, options);
  const { all: config } = known;
  const origin = config && (await checkOrigin(config.zendesk.origin, now, signal));
  const checks = await withExaminedDatabase(known.local, now, async (database) => {
    const zendesk =
      config === undefined || origin?.state === 'problem'
        ? abstain(config === undefined ? 'the settings are not right' : 'Zendesk cannot be reached')
        : await examineZendesk(config, database, now, signal);
    return [
      checkSettings(known),
      origin ?? skipped('origin', 'the settings are not right'),
      config === undefined
        ? skipped('credentials', 'the settings are not right')
        : checkCredentials(config.zendesk, now),
      ...zendesk.checks,
      checkClock(zendesk.skewMs, database.skewMs),
      ...database.checks,
      ...zendesk.backfills,
    ];
  });
  signal.throwIfAborted();
  const { account, origin: address } = config?.zendesk ?? {};
  return { account, origin: address, hasSettings: config !== undefined, checks };
}

/** What Zendesk's answers brought. */
type ZendeskExamination = {
  readonly checks: readonly Check[];
  readonly backfills: readonly Check[];
  readonly skewMs: number | undefined;
};

function abstain(reason: string): ZendeskExamination {
  const skip = (name: string): Check => skipped(name, reason);
  return {
    checks: zendeskChecks.map(skip),
    backfills: backfillChecks.map(skip),
    skewMs: undefined,
  };
}

async function examineZendesk(
  config: Config,
  database: DatabaseExamination,
  localNow: Date,
  signal: AbortSignal,
): Promise<ZendeskExamination> {
  const { zendesk } = config;
  const stored = new Map<StreamName, Spans>();
  for (const name of logNames) stored.set(name, await loadStored(database, zendesk.account, name));
  const { login, streams, accountLimit, skewMs } = await probeZendesk({
    config,
    budget: openBudget(config, database),
    isComplete: (name, oldest, until) => measureOpen(stored.get(name) ?? [], oldest, until) === 0,
    signal,
  });
  const now = new Date(localNow.getTime() + (skewMs ?? 0));
  return {
    checks: [
      checkToken(zendesk, login),
      ...streamNames.map((name) => checkStream(name, streams.get(name), now)),
      checkBudget(config, accountLimit),
    ],
    backfills: logNames.map((name) =>
      checkBackfill(name, streams.get(name), {
        local: config,
        coverage: stored.get(name) ?? [],
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
        // Where there are no tables yet, or none that may be read, nobody shares the budget through them.
        if (!isFrom(error, 'database')) throw error;
        return undefined;
      }),
  });
}
