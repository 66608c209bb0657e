/** The settings of a command, read when they are wanted, and what is said to somebody who has none yet. */
import { readFileSync } from 'node:fs';
import {
  parseConfig,
  type Config,
  type ConfigOptions,
  type LocalConfig,
} from '../config/config.ts';
import { parseConfigs } from '../config/every-account.ts';
import { findMisspelled } from '../config/misspelled.ts';
import { listSettings } from '../config/settings.ts';
import { tidyText, type Environment } from '../config/texts.ts';
import { foreignCodeOf, refuseInput, type KnownError } from '../errors.ts';
import { isSchedule } from '../scheduler.ts';
import type { Stream } from '../streams/stream.ts';
import { nameCommand } from './npm.ts';

/** Where settings may be kept, in the working directory; written by `init`. */
export const settingsFile = '.env';

/**
 * Adds the settings of the file `.env` in the working directory, where there is one, to those of the environment, which
 * come first.
 *
 * @throws {KnownError} `bad_input` when it cannot be read
 */
export function loadSettingsFile({
  cwd,
  loadEnvFile,
}: Pick<NodeJS.Process, 'cwd' | 'loadEnvFile'>): void {
  try {
    loadEnvFile(settingsFile);
  } catch (error) {
    const code = foreignCodeOf(error);
    if (code === 'ENOENT') return;
    // Node's own words for a directory of that name.
    const reason = code === 'ERR_INVALID_ARG_TYPE' ? 'EISDIR' : (code ?? 'no reason known');
    throw refuseInput([
      `The file ${settingsFile} in ${cwd()} cannot be read (${reason}). Check that it is a text file with one line NAME=value for each setting, and its permissions.`,
    ]);
  }
}

/** Takes off the variables that are settings what other programs have left at the ends of their names and values. */
export function tidySettings(env: NodeJS.ProcessEnv, streams: readonly Stream[]): void {
  const names = new Set(
    listSettings(streams).flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])),
  );
  for (const [given, text = ''] of Object.entries(env)) {
    const name = tidyText(given);
    if (names.has(name)) env[name] = tidyText(text);
  }
}

/** The settings of a process. */
export type SettingsReader = {
  /** The settings of every account, at least one. @throws {KnownError} `bad_input` with every problem at once */
  readonly readConfigs: () => readonly [Config, ...Config[]];
  /** The settings of the one account, or of that with the given key. @throws {KnownError} `bad_input` when that is none, or not clear */
  readonly readConfig: (account?: string) => Config;
  /** The settings that need no Zendesk account. @throws {KnownError} `bad_input` with every problem at once */
  readonly readLocalConfig: () => LocalConfig;
};

/** Reads settings from an environment. Names that look like settings and are none are told to `warn`, once. */
export function createSettingsReader(
  env: Environment,
  streams: readonly Stream[],
  warn: (line: string) => void,
): SettingsReader {
  const options = createConfigOptions(streams);
  let isTold = false;
  const tellMisspelled = (): void => {
    if (isTold) return;
    isTold = true;
    for (const problem of findMisspelled(env, listSettings(streams))) warn(problem);
  };
  const readConfigs = (): readonly [Config, ...Config[]] => {
    tellMisspelled();
    checkConfigured(env);
    return parseConfigs(env, options);
  };
  return {
    readConfigs,
    readConfig: (account) => chooseConfig(readConfigs(), account),
    readLocalConfig() {
      tellMisspelled();
      return parseConfig(env, { ...options, needs: { zendesk: false } });
    },
  };
}

/** Whether somebody has begun to set an account up, rightly or not. */
export function isConfigured(env: Environment): boolean {
  return Object.entries(env).some(
    ([name, text = '']) => /^(?:ZENDESK_|ACCOUNTS_FILE$)/.test(name) && text !== '',
  );
}

/**
 * Where no account is set up there is nothing to say about single settings.
 *
 * @throws {KnownError} `bad_input` when none is, with what to do
 */
export function checkConfigured(env: Environment): void {
  if (!isConfigured(env)) throw refuseUnconfigured(env, 'No Zendesk account is set up yet.');
}

/** The error for somebody who begins: what is missing, and the two ways on. */
export function refuseUnconfigured(env: Environment, found: string): KnownError {
  return refuseInput([
    found,
    `Run "${nameCommand(env, 'init')}" to set one up, or "${nameCommand(env, 'demo')}" to see it work with a simulated account.`,
  ]);
}

/** The settings of an account by its key; without a key, of the only one. */
function chooseConfig(
  configs: readonly [Config, ...Config[]],
  account: string | undefined,
): Config {
  const keys = configs.map(({ zendesk }) => zendesk.account).join(', ');
  if (account === undefined) {
    if (configs.length === 1) return configs[0];
    throw refuseInput([`The settings have several accounts (${keys}). Choose one with --account.`]);
  }
  const chosen = configs.find(({ zendesk }) => zendesk.account === account);
  if (chosen !== undefined) return chosen;
  throw refuseAccount(account, keys);
}

/** The error for an account that the settings do not have. */
export function refuseAccount(account: string, known: string): KnownError {
  return refuseInput([
    `--account is ${JSON.stringify(account)}, which the settings do not have. Use ${known}.`,
  ]);
}

/** What the parsing of settings needs from outside, for a program with these streams. */
export function createConfigOptions(streams: readonly Stream[]): ConfigOptions {
  return { streams, readFile: (path) => readFileSync(path, 'utf8'), isSchedule, now: new Date() };
}
