/** Which of several databases (`databases` in `ACCOUNTS_FILE`) a command is about. */
import type { Command } from 'commander';
import type { Config, LocalConfig } from '../config/config.ts';
import type { LocalPlace } from '../config/every-account.ts';
import { exitStatusOf, KnownError, refuseInput } from '../errors.ts';
import type { CommandContext } from './context.ts';
import type { Wanted } from './wanted.ts';

/** The commands that read stored rows, of one database or of each. */
const local: ReadonlySet<string> = new Set([
  'status',
  'report',
  'verify',
  'evidence',
  'archive',
  'keys',
  'hold',
  'retention',
  'erase',
  'gaps',
  'sql',
  'connection',
  'audit',
  'findings',
  'quarantine',
  'alerts',
  'classify',
  'migrate',
  'distribute',
]);

/** Gives each command that reads stored rows the option to name a database. */
export function addDatabaseOption(command: Command): void {
  if (!local.has(command.name())) return;
  for (const each of listLeaves(command))
    each.option('--database <name>', 'one of the databases in ACCOUNTS_FILE');
}

function listLeaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(listLeaves);
}

/** The name of the database of some settings; undefined where they have only one. */
export function nameOfDatabase({ database }: LocalConfig): string | undefined {
  return database.kind === 'server' ? database.name : undefined;
}

/** The databases that are meant. @throws {KnownError} `bad_input` for a name that the settings do not have */
export function choosePlaces(
  places: readonly [LocalPlace, ...LocalPlace[]],
  { account, database }: Wanted,
): readonly [LocalPlace, ...LocalPlace[]] {
  const names = places.flatMap(({ config }) => nameOfDatabase(config) ?? []);
  if (database !== undefined) {
    const named = places.find(({ config }) => nameOfDatabase(config) === database);
    if (named !== undefined) return [named];
    throw refuseInput([
      names.length === 0
        ? `--database is ${JSON.stringify(database)}, and the settings have one database without a name. Leave out --database, or list databases in ACCOUNTS_FILE.`
        : `--database is ${JSON.stringify(database)}, which the settings do not have. Use ${names.join(', ')}.`,
    ]);
  }
  if (account === undefined || names.length === 0) return places;
  const own = places.find(({ accounts = [] }) => accounts.includes(account));
  if (own !== undefined) return [own];
  const known = places.flatMap(({ accounts = [] }) => accounts).join(', ');
  throw refuseInput([
    `--account is ${JSON.stringify(account)}, which the settings do not have. Use ${known}, or name its database with --database.`,
  ]);
}

/** The databases that are meant. Nothing is in one that no account names: it waits for one that moves there. */
export function listFilled(
  context: Pick<CommandContext, 'readPlaces' | 'wanted'>,
): readonly LocalPlace[] {
  const places = context.readPlaces(context.wanted());
  return places.filter(
    ({ accounts }) => places.length === 1 || accounts === undefined || accounts.length > 0,
  );
}

/** The only database that is meant. @throws {KnownError} `bad_input` when there are several */
export function choosePlace(places: readonly [LocalPlace, ...LocalPlace[]]): LocalConfig {
  const [first, ...others] = places;
  if (others.length === 0) return first.config;
  const filled = places.filter(({ accounts = [] }) => accounts.length > 0);
  const [only] = filled;
  if (only !== undefined && filled.flatMap(({ accounts = [] }) => accounts).length === 1)
    return only.config;
  const names = places.flatMap(({ config }) => nameOfDatabase(config) ?? []);
  throw refuseInput([
    `The settings have several databases (${names.join(', ')}). Choose one with --database, or an account with --account where the command has that.`,
  ]);
}

/** The settings of accounts by their databases, in the order of the accounts. */
export function groupByDatabase(
  configs: readonly Config[],
): readonly (readonly [Config, ...Config[]])[] {
  const groups = Map.groupBy(configs, nameOfDatabase);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [[first, ...others] as const],
  );
}

/** Why the work on a database failed. */
export type Failure = { readonly name: string | undefined; readonly error: unknown };

/** What came of each database, and why others failed. */
export type EachEnded<T> = {
  readonly results: readonly T[];
  readonly failures: readonly Failure[];
};

/**
 * Works on each database at the same time. What fails in one of several stops nothing in the others.
 *
 * @throws what failed in the only one
 */
export async function inEachDatabase<T>(
  configs: readonly Config[],
  work: (group: readonly [Config, ...Config[]]) => Promise<T>,
): Promise<EachEnded<T>> {
  return settleEach(groupByDatabase(configs), ([first]) => nameOfDatabase(first), work);
}

/** The same for anything that is in different databases. */
export async function settleEach<Each, T>(
  list: readonly Each[],
  nameOf: (each: Each) => string | undefined,
  work: (each: Each) => Promise<T>,
): Promise<EachEnded<T>> {
  const ended = await Promise.all(
    list.map(async (each): Promise<EachEnded<T>> => {
      try {
        return { results: [await work(each)], failures: [] };
      } catch (error) {
        if (list.length === 1) throw error;
        return { results: [], failures: [{ name: nameOf(each), error }] };
      }
    }),
  );
  return {
    results: ended.flatMap(({ results }) => results),
    failures: ended.flatMap(({ failures }) => failures),
  };
}

/**
 * Works on databases one after the other. A failure in one of several is printed and sets the exit status to 1; the work
 * in the others continues.
 *
 * @throws the failure, if no database has a result
 */
export async function inTurn<T>(
  { signal, printError, finish }: Pick<CommandContext, 'signal' | 'printError' | 'finish'>,
  places: readonly LocalPlace[],
  work: (config: LocalConfig) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  const failed: KnownError[] = [];
  for (const { config } of places)
    try {
      results.push(await work(config));
    } catch (error) {
      if (places.length === 1 || signal.aborted || !(error instanceof KnownError)) throw error;
      failed.push(new KnownError(error.code, [explainIn(nameOfDatabase(config), error)]));
    }
  const [first] = failed;
  if (first === undefined) return results;
  if (results.length === 0)
    throw new KnownError(
      first.code,
      failed.map(({ message }) => message),
    );
  for (const { code, message } of failed) {
    printError(message);
    finish(exitStatusOf(code));
  }
  return results;
}

/** What failed, in a sentence with the name of the database. @throws a fault of this program */
export function explainIn(name: string | undefined, error: unknown): string {
  if (!(error instanceof KnownError)) throw error;
  if (name === undefined) return error.message;
  // Of several databases none is at DATABASE_URL.
  return `Database ${name}: ${error.message.replaceAll('DATABASE_URL', 'its url in ACCOUNTS_FILE')}`;
}

/** The results of all accounts for programs: a list where the settings have several databases, whatever came of them. */
export function listForPrograms<T>(
  context: Pick<CommandContext, 'readPlaces' | 'wanted'>,
  results: readonly T[],
): T | readonly T[] | undefined {
  const isOne = results.length < 2 && listFilled(context).length === 1;
  return isOne ? results[0] : results;
}
