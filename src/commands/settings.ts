/** The settings of a command, read on demand. */
import { readFileSync } from 'node:fs';
import { parseConfig, type Config, type ConfigOptions } from '../config/config.ts';
import { parseConfigs, parseLocalPlaces } from '../config/every-account.ts';
import { findMisspelled } from '../config/misspelled.ts';
import { listSettings } from '../config/settings.ts';
import { tidyText, type Environment } from '../config/texts.ts';
import { chooseSchemas } from '../database/schema-names.ts';
import { refuseInput } from '../errors.ts';
import { isSchedule } from '../scheduler.ts';
import type { Stream } from '../streams/stream.ts';
import { choosePlaces } from './databases.ts';
import { checkConfigured, refuseAccount } from './environment.ts';
import type { SettingsReader } from './settings-reader.ts';

/** Removes what other programs have left at the ends of the names and values of settings. */
export function tidySettings(env: NodeJS.ProcessEnv, streams: readonly Stream[]): void {
  const names = new Set(
    listSettings(streams).flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])),
  );
  for (const [given, text = ''] of Object.entries(env)) {
    const name = tidyText(given);
    if (names.has(name)) env[name] = tidyText(text);
  }
}

/** Reads settings from an environment. `warn` gets each name that looks like a setting but is not one, once. */
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
    const configs = parseConfigs(env, options);
    chooseSchemas(configs[0].schemas);
    return configs;
  };
  return {
    readConfigs,
    readConfig: (account) => chooseConfig(readConfigs(), account),
    readLocalConfig() {
      tellMisspelled();
      const config = parseConfig(env, { ...options, needs: { zendesk: false } });
      chooseSchemas(config.schemas);
      return config;
    },
    readPlaces(wanted) {
      tellMisspelled();
      const places = parseLocalPlaces(env, options);
      chooseSchemas(places[0].config.schemas);
      return choosePlaces(places, wanted);
    },
  };
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

/** What the parser of settings needs from outside, for a program with these streams. */
export function createConfigOptions(streams: readonly Stream[]): ConfigOptions {
  return { streams, readFile: (path) => readFileSync(path, 'utf8'), isSchedule, now: new Date() };
}
