/** Environment to trusted settings. After this nobody checks a setting again. */
import { z } from 'zod';
import type { AccessRule } from '../classification/access-rule.ts';
import { addParameters } from '../database-url.ts';
import { refuseInput } from '../errors.ts';
import type { Proxies } from '../proxy.ts';
import type { Stream } from '../streams/stream.ts';
import { collectAccessRules } from './access-rules.ts';
import { readEvidenceConfig, type EvidenceConfig } from './evidence.ts';
import { describeProblem, renderProblem, setting, type Problem, type Report } from './problem.ts';
import { alsoSmall, listSettings, type Setting, type SettingName } from './settings.ts';
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

/** Where the rows go: a server of the operator, or the embedded one in a directory. `url` is secret. */
export type DatabaseConfig =
  | { readonly kind: 'server'; readonly url: string }
  | {
      readonly kind: 'embedded';
      readonly dataDirectory: string;
      /** Undefined: a free one. */
      readonly port: number | undefined;
    };

/** The settings that need no Zendesk account. */
export type LocalConfig = StreamConfig & {
  readonly database: DatabaseConfig;
  /** What this installation pulls, in the order of the setting. */
  readonly streams: readonly Stream[];
  readonly settleMs: number;
  /** Ages at which a covered span is read again: ascending, each longer than `settleMs`, possibly none. */
  readonly rescanAfterMs: number[];
  /** What requests of the access log are about: the rules of the operator's file, then the built-in ones. */
  readonly accessRules: readonly AccessRule[];
  /** Where the reports are listed that `serve` writes at their times; undefined for none. */
  readonly reportsFile: string | undefined;
  /** Where `serve` answers over HTTP; undefined when it does not. */
  readonly http: { readonly host: string; readonly port: number } | undefined;
  /** Is told of runs; secret. */
  readonly heartbeatUrl: string | undefined;
  /** The proxies on the way to Zendesk, to what is told of runs, and to the collector. */
  readonly proxies: Proxies;
  /** Where traces go, without the path of the protocol; undefined for no traces. */
  readonly collectorEndpoint: string | undefined;
  readonly evidence: EvidenceConfig;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
};

/** All settings of a program that talks to Zendesk. */
export type Config = LocalConfig & { readonly zendesk: ZendeskConfig };

/** What the parsing needs from outside. */
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
  const problems: Problem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const config = options.needs.zendesk
    ? readConfig(environment, options, report)
    : readLocalConfig(environment, options, report);
  if (config !== undefined && problems.length === 0) return config;
  throw refuseInput(problems.map((problem) => renderProblem(problem)));
}

/** Reads all settings and reports each problem; undefined where nothing can be gone on with. */
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
  const texts = collectTexts(preferSmall(environment), settings, options.readFile, report);
  const issues: Issue[] = [];
  const found = check(createLocalSchema(options.streams), texts, issues);
  const ofStreams = readStreamConfig(options, texts, issues);
  reportIssues(issues, texts, settings, report);
  reportEarlyRescan(texts, report);
  const accessRules = collectAccessRules(texts['ACCESS_RULES_FILE'], options.readFile, report);
  if (found === undefined) return undefined;
  return {
    database:
      found.DATABASE_URL === undefined
        ? { kind: 'embedded', dataDirectory: found.DATA_DIR, port: found.EMBEDDED_PORT }
        : { kind: 'server', url: addParameters(found.DATABASE_URL, usualParameters(environment)) },
    streams: found.STREAMS,
    ...ofStreams,
    settleMs: found.SETTLE,
    rescanAfterMs: found.RESCAN_AFTER,
    accessRules,
    reportsFile: found.REPORTS_FILE,
    http:
      found.HTTP_PORT === undefined ? undefined : { host: found.HTTP_HOST, port: found.HTTP_PORT },
    heartbeatUrl: found.HEARTBEAT_URL,
    proxies: {
      https: found.HTTPS_PROXY,
      http: found.HTTP_PROXY,
      exceptions: found.NO_PROXY ?? '',
    },
    collectorEndpoint: found.OTEL_EXPORTER_OTLP_ENDPOINT,
    evidence: readEvidenceConfig(found),
    log: { level: found.LOG_LEVEL, format: found.LOG_FORMAT },
  };
}

/** What programs of Postgres take from the environment where the url is silent. */
const parametersByVariable: Readonly<Record<string, string>> = {
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLCRL: 'sslcrl',
  PGTARGETSESSIONATTRS: 'target_session_attrs',
};

function usualParameters(environment: Environment): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(parametersByVariable).flatMap(([name, parameter]) => {
      const text = environment[name] ?? '';
      return text === '' ? [] : [[parameter, text] as const];
    }),
  );
}

function preferSmall(environment: Environment): Environment {
  const given = alsoSmall.flatMap((name) => {
    const text = environment[name.toLowerCase()] ?? '';
    return text === '' ? [] : [[name, text] as const];
  });
  return { ...environment, ...Object.fromEntries(given) };
}

function isOfZendesk({ name }: Setting): boolean {
  return name.startsWith('ZENDESK_');
}

function createLocalSchema(streams: readonly Stream[]) {
  return z.object({
    DATABASE_URL: values.databaseUrl.optional(),
    DATA_DIR: z.string(),
    EMBEDDED_PORT: values.port.optional(),
    STREAMS: values.streamsAmong(streams),
    SETTLE: values.settle,
    RESCAN_AFTER: values.rescanAfter,
    REPORTS_FILE: z.string().optional(),
    HTTP_PORT: values.httpPort,
    HTTP_HOST: values.httpHost,
    HEARTBEAT_URL: values.heartbeatUrl.optional(),
    HTTPS_PROXY: values.proxyUrl.optional(),
    HTTP_PROXY: values.proxyUrl.optional(),
    NO_PROXY: z.string().optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: values.collectorEndpoint.optional(),
    SIGNING_KEY: z.string().optional(),
    LOG_ORIGIN: values.logOrigin.optional(),
    EVIDENCE_DIR: z.string().optional(),
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

/** A rescan within the settle time would read again what is not even covered. Checked apart, as each of the two may be wrong by itself. */
function reportEarlyRescan(texts: SettingTexts, report: Report): void {
  const settle = values.settle.safeParse(texts['SETTLE']);
  const ages = values.rescanAfter.safeParse(texts['RESCAN_AFTER']);
  if (!settle.success || !ages.success || ages.data.every((age) => age > settle.data)) return;
  const found = JSON.stringify(texts['RESCAN_AFTER']);
  report(
    describeProblem`${setting('RESCAN_AFTER')} is ${found}. Use ages longer than ${setting('SETTLE')} (${texts['SETTLE'] ?? ''}), or none.`,
  );
}
