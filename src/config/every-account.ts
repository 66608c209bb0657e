/** The settings of all accounts: of the environment, or of each entry of `ACCOUNTS_FILE`. */
import { refuseInput } from '../errors.ts';
import { parseAccountsText } from './accounts-text.ts';
import { nameEntry, placeProblem, readAccountEntries, type AccountEntry } from './accounts.ts';
import {
  parseConfig,
  readConfig,
  readLocalConfig,
  type Config,
  type ConfigOptions,
  type LocalConfig,
} from './config.ts';
import { placeInDatabase, placeOf, readNamedDatabases } from './databases.ts';
import { renderProblem, setting, type Report } from './problem.ts';
import { listSettings } from './settings.ts';
import { readNamedFile, type Environment } from './texts.ts';

/**
 * The settings of every account: those of `ACCOUNTS_FILE`, or the one of the environment. An entry takes from the
 * environment what it does not set itself; settings of the process are the same for all.
 * @throws {KnownError} `bad_input` with every problem of every account
 */
export function parseConfigs(
  environment: Environment,
  options: ConfigOptions,
): readonly [Config, ...Config[]] {
  const file = environment['ACCOUNTS_FILE'] ?? '';
  if (file === '') return [parseConfig(environment, { ...options, needs: { zendesk: true } })];
  // A set: a problem of all accounts is reported once.
  const problems = new Set<string>();
  const report: Report = (problem) => void problems.add(renderProblem(problem));
  readLocalConfig(environment, options, report);
  const configs = readEntries(file, environment, options, report).map((entry) => {
    const config = readConfig(entry.environment, options, (problem) => {
      problems.add(placeProblem(entry, problem));
    });
    return config && nameDatabase(config, entry.database);
  });
  const [first, ...others] = configs.filter((config) => config !== undefined);
  if (first === undefined || problems.size > 0) throw refuseInput([...problems]);
  return [first, ...others];
}

/** A database of the settings, with the keys of the accounts that are in it; undefined where no file lists any. */
export type LocalPlace = {
  readonly config: LocalConfig;
  readonly accounts: readonly string[] | undefined;
};

/**
 * Each database of the settings, for what needs no Zendesk account: those of `databases` in `ACCOUNTS_FILE`, or the only
 * one. Of the file only its form, the databases and which of them each account is in are checked.
 * @throws {KnownError} `bad_input` with every problem
 */
export function parseLocalPlaces(
  environment: Environment,
  options: ConfigOptions,
): readonly [LocalPlace, ...LocalPlace[]] {
  const config = parseConfig(environment, { ...options, needs: { zendesk: false } });
  const fileName = environment['ACCOUNTS_FILE'] ?? '';
  const problems: string[] = [];
  const report = (problem: string): void => void problems.push(problem);
  const text = fileName === '' ? undefined : readFileOf(fileName, options, report);
  const found = text === undefined ? undefined : parseAccountsText(text, fileName, report);
  const reading = { fileName, environment, readFile: options.readFile, report };
  const databases = readNamedDatabases(found?.databases, reading);
  const places = [...(databases ?? [])].map(([name, url]) => ({
    config: nameDatabase({ ...config, database: placeOf(environment, url) }, name),
    accounts: (found?.accounts ?? [])
      .filter(({ database }) => database === name)
      .map(({ subdomain }) => String(subdomain)),
  }));
  if (databases !== undefined)
    for (const [index, entry] of (found?.accounts ?? []).entries())
      placeInDatabase(environment, entry['database'], databases, (problem) =>
        report(`${fileName}, ${nameEntry(entry, index)}: ${problem}`),
      );
  // Only a file that can be read says whether there is another database than the embedded one.
  const isNeeded = databases !== undefined || config.database.kind === 'embedded';
  if (isNeeded && problems.length > 0) throw refuseInput(problems);
  const [first, ...others] = places;
  return first === undefined ? [{ config, accounts: undefined }] : [first, ...others];
}

function nameDatabase<Given extends LocalConfig>(config: Given, name: string | undefined): Given {
  return name === undefined || config.database.kind !== 'server'
    ? config
    : { ...config, database: { ...config.database, name } };
}

/**
 * The environment of each account, as if it were the only one: for code that checks settings one by one.
 * @throws {KnownError} `bad_input` with every problem of `ACCOUNTS_FILE`
 */
export function splitEnvironment(
  environment: Environment,
  options: ConfigOptions,
): readonly Environment[] {
  const file = environment['ACCOUNTS_FILE'] ?? '';
  if (file === '') return [environment];
  parseConfigs(environment, options);
  return readEntries(file, environment, options, () => {}).map((entry) => entry.environment);
}

function readEntries(
  file: string,
  environment: Environment,
  options: ConfigOptions,
  report: Report,
): readonly AccountEntry[] {
  const tell = (problem: string): void => report({ parts: [problem] });
  const text = readFileOf(file, options, tell);
  if (text === undefined) return [];
  const reading = { fileName: file, environment, readFile: options.readFile, report: tell };
  return readAccountEntries(text, reading, listSettings(options.streams));
}

function readFileOf(
  file: string,
  { readFile }: ConfigOptions,
  report: (problem: string) => void,
): string | undefined {
  const expected = 'a YAML or JSON file of accounts';
  return readNamedFile(setting('ACCOUNTS_FILE'), file, expected, readFile, (problem) =>
    report(renderProblem(problem)),
  );
}
