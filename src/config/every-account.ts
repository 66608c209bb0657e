/** The settings of all accounts: of the environment, or of each entry of `ACCOUNTS_FILE`. */
import { refuseInput } from '../errors.ts';
import { placeProblem, readAccountEntries, type AccountEntry } from './accounts.ts';
import {
  parseConfig,
  readConfig,
  readLocalConfig,
  type Config,
  type ConfigOptions,
} from './config.ts';
import { renderProblem, setting, type Report } from './problem.ts';
import { listSettings } from './settings.ts';
import { readNamedFile, type Environment } from './texts.ts';

/**
 * The settings of every account: those of `ACCOUNTS_FILE`, or the one of the environment. What an entry of the file does
 * not say it takes from the environment; what concerns the process is the same in all of them.
 * @throws {KnownError} `bad_input` with every problem of every account
 */
export function parseConfigs(
  environment: Environment,
  options: ConfigOptions,
): readonly [Config, ...Config[]] {
  const file = environment['ACCOUNTS_FILE'] ?? '';
  if (file === '') return [parseConfig(environment, { ...options, needs: { zendesk: true } })];
  // A set: what is wrong for all accounts is said once.
  const problems = new Set<string>();
  const report: Report = (problem) => void problems.add(renderProblem(problem));
  readLocalConfig(environment, options, report);
  const configs = readEntries(file, environment, options, report).map((entry) =>
    readConfig(entry.environment, options, (problem) => {
      problems.add(placeProblem(entry, problem));
    }),
  );
  const [first, ...others] = configs.filter((config) => config !== undefined);
  if (first === undefined || problems.size > 0) throw refuseInput([...problems]);
  return [first, ...others];
}

/**
 * The environment of each account, as if it were the only one: for what looks at the settings one by one.
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
  { readFile, streams }: ConfigOptions,
  report: Report,
): readonly AccountEntry[] {
  const named = setting('ACCOUNTS_FILE');
  const text = readNamedFile(named, file, 'a YAML or JSON file of accounts', readFile, report);
  if (text === undefined) return [];
  return readAccountEntries(text, file, environment, listSettings(streams), (problem) =>
    report({ parts: [problem] }),
  );
}
