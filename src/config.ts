/** Environment to trusted settings. After this nobody checks a setting again. */
import { z } from 'zod';
import type { AccessRule } from './classification/access-rule.ts';
import { collectAccessRules } from './config/access-rules.ts';
import { refuseInput } from './errors.ts';
import { settings, type SettingName } from './config/settings.ts';
import {
  collectTexts,
  describeText,
  isGiven,
  type Environment,
  type SettingTexts,
} from './config/texts.ts';
import * as values from './config/values.ts';
import type { LogFormat, LogLevel } from './config/values.ts';
import type { StreamName } from './streams/names.ts';
import {
  buildZendeskConfig,
  findCredentialsProblem,
  zendeskSchema,
  type ZendeskConfig,
} from './config/zendesk.ts';

/** Where the rows go: a server of the operator, or the embedded one in a directory. `url` is secret. */
export type DatabaseConfig =
  { kind: 'server'; url: string } | { kind: 'embedded'; dataDirectory: string };

/** The settings that need no Zendesk account. */
export type LocalConfig = {
  database: DatabaseConfig;
  streams: {
    /** What this installation pulls, in the order of the setting. */
    names: StreamName[];
    /** How far back the audit log is pulled; undefined: from the account's oldest record. */
    auditLogsStart: Date | undefined;
  };
  /** Cron expressions, UTC. */
  schedules: Record<StreamName, string>;
  /** Requests per minute of each group of endpoints. */
  budgets: { access_logs: number; support: number };
  settleMs: number;
  /** Ages at which a covered span is read again: ascending, each longer than `settleMs`, possibly none. */
  rescanAfterMs: number[];
  /** What requests of the access log are about: the rules of the operator's file, then the built-in ones. */
  accessRules: readonly AccessRule[];
  /** Where `serve` answers over HTTP; undefined when it does not. */
  http: { host: string; port: number } | undefined;
  /** Is told of runs; secret. */
  heartbeatUrl: string | undefined;
  /** Where traces go, without the path of the protocol; undefined for no traces. */
  collectorEndpoint: string | undefined;
  log: { level: LogLevel; format: LogFormat };
};

/** All settings of a program that talks to Zendesk. */
export type Config = LocalConfig & { zendesk: ZendeskConfig };

/** What the parsing needs from outside. */
export type ConfigOptions = {
  /** Reads the file that a setting names as text; throws when it cannot. */
  readFile: (path: string) => string;
  /** True for a cron expression that the scheduler accepts. */
  isSchedule: (text: string) => boolean;
  now: Date;
};

const allNames = settings.map((setting) => setting.name);
const isZendeskName = (name: SettingName): boolean => name.startsWith('ZENDESK_');

/**
 * Reads all settings. Without the need for Zendesk its settings are not looked at, so that `migrate` and `status` run
 * where the credentials are absent.
 * @throws {KnownError} `bad_input` with every problem of every setting, one sentence each, never with a secret's value
 */
export function parseConfig(
  environment: Environment,
  options: ConfigOptions & { needs: { zendesk: true } },
): Config;
export function parseConfig(
  environment: Environment,
  options: ConfigOptions & { needs: { zendesk: false } },
): LocalConfig;
export function parseConfig(
  environment: Environment,
  options: ConfigOptions & { needs: { zendesk: boolean } },
): LocalConfig | Config {
  const problems: string[] = [];
  const report = (problem: string): void => void problems.push(problem);
  const collect = (names: readonly SettingName[]): SettingTexts =>
    collectTexts(environment, names, options.readFile, report);

  const local = readLocal(
    collect(allNames.filter((name) => !isZendeskName(name))),
    options,
    report,
  );
  if (!options.needs.zendesk) {
    if (local === undefined || problems.length > 0) throw refuseInput(problems);
    return local;
  }

  const given = check(zendeskSchema, collect(allNames.filter(isZendeskName)), report);
  const credentialsProblem = findCredentialsProblem((name) => isGiven(environment, name));
  if (credentialsProblem !== undefined) report(credentialsProblem);
  if (local === undefined || given === undefined || problems.length > 0)
    throw refuseInput(problems);
  const pulled = { streams: local.streams.names, accessLogsPerMinute: local.budgets.access_logs };
  return { ...local, zendesk: buildZendeskConfig(given, pulled, options.now) };
}

function readLocal(
  texts: SettingTexts,
  options: ConfigOptions,
  report: (problem: string) => void,
): LocalConfig | undefined {
  const schedule = values.scheduleAcceptedBy(options.isSchedule);
  const schema = z.object({
    DATABASE_URL: values.databaseUrl.optional(),
    DATA_DIR: z.string(),
    AUDIT_LOGS_SCHEDULE: schedule,
    ACCESS_LOGS_SCHEDULE: schedule,
    USERS_SCHEDULE: schedule,
    STREAMS: values.streams,
    AUDIT_LOGS_START: values.startNotAfter(options.now).optional(),
    ACCESS_LOGS_REQUESTS_PER_MINUTE: values.requestsPerMinute,
    SUPPORT_REQUESTS_PER_MINUTE: values.requestsPerMinute,
    SETTLE: values.settle,
    RESCAN_AFTER: values.rescanAfter,
    ACCESS_RULES_FILE: z.string().optional(),
    HTTP_PORT: values.httpPort,
    HTTP_HOST: values.httpHost,
    HEARTBEAT_URL: values.heartbeatUrl.optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: values.collectorEndpoint.optional(),
    LOG_LEVEL: values.logLevel,
    LOG_FORMAT: values.logFormat,
  } satisfies Partial<Record<SettingName, z.ZodType>>);
  const found = check(schema, texts, report);
  reportEarlyRescan(texts, report);
  const accessRules = collectAccessRules(texts.ACCESS_RULES_FILE, options.readFile, report);
  if (found === undefined) return undefined;
  return {
    database:
      found.DATABASE_URL === undefined
        ? { kind: 'embedded', dataDirectory: found.DATA_DIR }
        : { kind: 'server', url: found.DATABASE_URL },
    streams: { names: found.STREAMS, auditLogsStart: found.AUDIT_LOGS_START },
    schedules: {
      audit_logs: found.AUDIT_LOGS_SCHEDULE,
      access_logs: found.ACCESS_LOGS_SCHEDULE,
      users: found.USERS_SCHEDULE,
    },
    budgets: {
      access_logs: found.ACCESS_LOGS_REQUESTS_PER_MINUTE,
      support: found.SUPPORT_REQUESTS_PER_MINUTE,
    },
    settleMs: found.SETTLE,
    rescanAfterMs: found.RESCAN_AFTER,
    accessRules,
    http:
      found.HTTP_PORT === undefined ? undefined : { host: found.HTTP_HOST, port: found.HTTP_PORT },
    heartbeatUrl: found.HEARTBEAT_URL,
    collectorEndpoint: found.OTEL_EXPORTER_OTLP_ENDPOINT,
    log: { level: found.LOG_LEVEL, format: found.LOG_FORMAT },
  };
}

/** The trusted values, or undefined after each wrong one was reported. */
function check<Schema extends z.ZodType>(
  schema: Schema,
  texts: SettingTexts,
  report: (problem: string) => void,
): z.output<Schema> | undefined {
  const result = schema.safeParse(texts);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const name = allNames.find((candidate) => candidate === issue.path[0]);
    if (name === undefined) throw result.error;
    report(`${name} is ${describeText(name, texts[name])}; ${issue.message}.`);
  }
  return undefined;
}

/** A rescan within the settle time would read again what is not even covered. Checked apart, as each of the two may be wrong by itself. */
function reportEarlyRescan(texts: SettingTexts, report: (problem: string) => void): void {
  const settle = values.settle.safeParse(texts.SETTLE);
  const ages = values.rescanAfter.safeParse(texts.RESCAN_AFTER);
  if (!settle.success || !ages.success || ages.data.every((age) => age > settle.data)) return;
  const found = describeText('RESCAN_AFTER', texts.RESCAN_AFTER);
  report(
    `RESCAN_AFTER is ${found}; expected ages longer than SETTLE (${texts.SETTLE}); write longer ones, or none.`,
  );
}
