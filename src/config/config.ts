/** Turns the environment into trusted settings. After this, nothing checks a setting again. */
import { z } from 'zod';
import type { AccessRule } from '../classification/access-rule.ts';
import { refuseInput } from '../errors.ts';
import type { Proxies } from '../proxy.ts';
import type { Stream } from '../streams/stream.ts';
import { collectAccessRules } from './access-rules.ts';
import { collectorEndpoint, heartbeatUrl } from './address-values.ts';
import { alertSettings, readAlertConfig, type AlertConfig } from './alerts.ts';
import { withAliases } from './aliases.ts';
import { listArchiveSettings, readArchiveConfig, type ArchiveConfig } from './archive.ts';
import { placeOf, type DatabaseConfig } from './databases.ts';
import { scheduleOrOff } from './evidence-values.ts';
import { evidenceSettings, readEvidenceConfig, type EvidenceConfig } from './evidence.ts';
import { httpValues, readHttp, type HttpConfig } from './page-access.ts';
import { describeProblem, renderProblem, setting, type Problem, type Report } from './problem.ts';
import { readSchemaConfig, schemaSettings } from './schema-values.ts';
import type { Setting } from './setting.ts';
import { listSettings, type SettingName } from './settings.ts';
import { check, readStreamConfig, type Issue, type StreamConfig } from './stream-settings.ts';
import {
  collectTexts,
  describeText,
  isGiven,
  type Environment,
  type SettingTexts,
} from './texts.ts';
import * as values from './values.ts';
import type { LogFormat, LogLevel } from './values.ts';
import {
  buildZendeskConfig,
  findCredentialsProblem,
  findGrantProblem,
  zendeskSchema,
  type ZendeskConfig,
} from './zendesk.ts';

/** The settings that need no Zendesk account. */
export type LocalConfig = StreamConfig & {
  readonly database: DatabaseConfig;
  /** The names of the schemas in it. */
  readonly schemas: { readonly schema: string; readonly syncSchema: string };
  /** What this installation pulls, in the order of the setting. */
  readonly streams: readonly Stream[];
  readonly settleMs: number;
  /** Ages at which a covered span is read again: ascending, each longer than `settleMs`, possibly none. */
  readonly rescanAfterMs: number[];
  /** What requests of the access log are about: the rules of the operator's file, then the built-in ones. */
  readonly accessRules: readonly AccessRule[];
  /** The file that lists the reports that `serve` writes at set times; undefined for none. */
  readonly reportsFile: string | undefined;
  /** Where `serve` answers over HTTP; undefined when it does not. */
  readonly http: HttpConfig | undefined;
  /** The address that runs are reported to; secret. */
  readonly heartbeatUrl: string | undefined;
  readonly alerts: AlertConfig;
  /** The proxies for Zendesk, for the heartbeat, and for the collector. */
  readonly proxies: Proxies;
  /** Where traces go, without the path of the protocol; undefined for no traces. */
  readonly collectorEndpoint: string | undefined;
  readonly evidence: EvidenceConfig;
  /** When `serve` verifies the history, as cron expressions, UTC; undefined for never. */
  readonly verifySchedules: {
    readonly quick: string | undefined;
    readonly deep: string | undefined;
  };
  readonly archive: ArchiveConfig;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
};

/** All settings of a program that talks to Zendesk. */
export type Config = LocalConfig & { readonly zendesk: ZendeskConfig };

/** What the parser needs from outside. */
export type ConfigOptions = {
  /** Every stream that an installation may pull. */
  readonly streams: readonly Stream[];
  /** Reads the file that a setting names as text; throws when it cannot. */
  readonly readFile: (path: string) => string;
  /** True for a cron expression that the scheduler accepts. */
  readonly isSchedule: (text: string) => boolean;
  readonly now: Date;
};

/**
 * Reads all settings. If Zendesk is not needed, its settings are not checked, so that `migrate` and `status` run
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
  const problems: Problem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const config = options.needs.zendesk
    ? readConfig(environment, options, report)
    : readLocalConfig(environment, options, report);
  if (config !== undefined && problems.length === 0) return config;
  throw refuseInput(problems.map((problem) => renderProblem(problem)));
}

/** Reads all settings and reports each problem; undefined if the program cannot continue. */
export function readConfig(
  environment: Environment,
  options: ConfigOptions,
  report: Report,
): Config | undefined {
  let isWrong = false;
  const note: Report = (problem) => {
    isWrong = true;
    report(problem);
  };
  const local = readLocalConfig(environment, options, note);
  const settings = listSettings(options.streams).filter(isOfZendesk);
  const texts = collectTexts(environment, settings, options.readFile, note);
  const issues: Issue[] = [];
  const given = check(zendeskSchema, texts, issues);
  reportIssues(issues, texts, settings, note);
  const credentialsProblem = findCredentialsProblem((name) =>
    settings.some((each) => each.name === name && isGiven(environment, each)),
  );
  const grantProblem = given && findGrantProblem(given);
  for (const each of [credentialsProblem, grantProblem]) if (each !== undefined) note(each);
  if (local === undefined || given === undefined || isWrong) return undefined;
  const zendesk = buildZendeskConfig(given, local, options.now);
  return { ...local, zendesk };
}

/** The same without the settings of Zendesk. */
export function readLocalConfig(
  environment: Environment,
  options: ConfigOptions,
  report: Report,
): LocalConfig | undefined {
  const settings = listSettings(options.streams).filter((each) => !isOfZendesk(each));
  const texts = collectTexts(withAliases(environment), settings, options.readFile, report);
  const issues: Issue[] = [];
  const found = check(createLocalSchema(options), texts, issues);
  const ofStreams = readStreamConfig(options, texts, issues);
  reportIssues(issues, texts, settings, report);
  reportEarlyRescan(texts, report);
  const accessRules = collectAccessRules(texts['ACCESS_RULES_FILE'], options.readFile, report);
  if (found === undefined) return undefined;
  return {
    database:
      found.DATABASE_URL === undefined
        ? { kind: 'embedded', dataDirectory: found.DATA_DIR, port: found.EMBEDDED_PORT }
        : placeOf(environment, found.DATABASE_URL),
    schemas: readSchemaConfig(found, report),
    streams: found.STREAMS,
    ...ofStreams,
    settleMs: found.SETTLE,
    rescanAfterMs: found.RESCAN_AFTER,
    accessRules,
    reportsFile: found.REPORTS_FILE,
    http: readHttp(found),
    heartbeatUrl: found.HEARTBEAT_URL,
    alerts: readAlertConfig(found, report),
    proxies: {
      https: found.HTTPS_PROXY,
      http: found.HTTP_PROXY,
      exceptions: found.NO_PROXY ?? '',
    },
    collectorEndpoint: found.OTEL_EXPORTER_OTLP_ENDPOINT,
    evidence: readEvidenceConfig(found, options.readFile, report),
    verifySchedules: { quick: found.VERIFY_SCHEDULE, deep: found.VERIFY_DEEP_SCHEDULE },
    archive: readArchiveConfig(found, report),
    log: { level: found.LOG_LEVEL, format: found.LOG_FORMAT },
  };
}

function isOfZendesk({ name }: Setting): boolean {
  return name.startsWith('ZENDESK_');
}

function createLocalSchema({ streams, isSchedule }: ConfigOptions) {
  return z.object({
    DATABASE_URL: values.databaseUrl.optional(),
    DATA_DIR: z.string(),
    EMBEDDED_PORT: values.port.optional(),
    ...schemaSettings,
    STREAMS: values.streamsAmong(streams),
    SETTLE: values.settle,
    RESCAN_AFTER: values.rescanAfter,
    REPORTS_FILE: z.string().optional(),
    ...httpValues,
    HEARTBEAT_URL: heartbeatUrl.optional(),
    ...alertSettings(isSchedule),
    HTTPS_PROXY: values.proxyUrl.optional(),
    HTTP_PROXY: values.proxyUrl.optional(),
    NO_PROXY: z.string().optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorEndpoint.optional(),
    ...evidenceSettings,
    VERIFY_SCHEDULE: scheduleOrOff(isSchedule),
    VERIFY_DEEP_SCHEDULE: scheduleOrOff(isSchedule),
    ...listArchiveSettings(isSchedule),
    LOG_LEVEL: values.logLevel,
    LOG_FORMAT: values.logFormat,
  } satisfies Partial<Record<SettingName, z.ZodType>>);
}

/** Reports the issues in the order of the settings. */
function reportIssues(
  issues: readonly Issue[],
  texts: SettingTexts,
  settings: readonly Setting[],
  report: Report,
): void {
  for (const each of settings) {
    for (const { message } of issues.filter(({ name }) => name === each.name)) {
      const found = describeText(each, texts[each.name]);
      report(describeProblem`${setting(each.name)} is ${found}. ${message}.`);
    }
  }
}

/** A rescan within the settle time would read what is not covered yet. Separate, because each value may be invalid alone. */
function reportEarlyRescan(texts: SettingTexts, report: Report): void {
  const settle = values.settle.safeParse(texts['SETTLE']);
  const ages = values.rescanAfter.safeParse(texts['RESCAN_AFTER']);
  if (!settle.success || !ages.success || ages.data.every((age) => age > settle.data)) return;
  const found = JSON.stringify(texts['RESCAN_AFTER']);
  report(
    describeProblem`${setting('RESCAN_AFTER')} is ${found}. Use ages longer than ${setting('SETTLE')} (${texts['SETTLE'] ?? ''}), or none.`,
  );
}
