/** The settings of all accounts: of the environment, or of each entry of `ACCOUNTS_FILE`. */
import { parseConfig, type Config, type ConfigOptions } from '../config.ts';
import { hasCode, refuseInput } from '../errors.ts';
import { placeProblem, readAccountEntries, type AccountEntry } from './accounts.ts';
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
  const needs = { zendesk: true } as const;
  if (file === '') return [parseConfig(environment, { ...options, needs })];
  // A set: what is wrong for all accounts is said once.
  const problems = new Set<string>();
  const report = (problem: string): void => void problems.add(problem);
  collectProblems(report, () =>
    parseConfig(environment, { ...options, needs: { zendesk: false } }),
  );
  const configs = readEntries(file, environment, options, report).map((entry) =>
    collectProblems(
      (problem) => report(placeProblem(entry, problem)),
      () => parseConfig(entry.environment, { ...options, needs }),
    ),
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
  { readFile }: ConfigOptions,
  report: (problem: string) => void,
): readonly AccountEntry[] {
  const found = `ACCOUNTS_FILE is ${JSON.stringify(file)}`;
  const text = readNamedFile(found, file, 'a YAML or JSON file of accounts', readFile, report);
  return text === undefined ? [] : readAccountEntries(text, file, environment, report);
}

function collectProblems<Result>(
  report: (problem: string) => void,
  parse: () => Result,
): Result | undefined {
  try {
    return parse();
  } catch (error) {
    if (!hasCode(error, 'bad_input')) throw error;
    error.problems.forEach((problem) => report(problem));
    return undefined;
  }
}
