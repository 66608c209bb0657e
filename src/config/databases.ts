/** `databases:` in `ACCOUNTS_FILE`: several databases by their names, of which each account names one. */
import { z } from 'zod';
import { addParameters, readDatabaseUrl } from '../database-url.ts';
import { isLoopback } from '../proxy.ts';
import { usualParameters } from './postgres-parameters.ts';
import { renderProblem, type NamedSetting } from './problem.ts';
import { secret } from './setting.ts';
import { collectTexts, describeText, type Environment } from './texts.ts';
import * as values from './values.ts';

/** Where the rows go: a server of the operator, or the embedded one in a directory. `url` is secret. */
export type DatabaseConfig =
  | {
      readonly kind: 'server';
      readonly url: string;
      /** Its name in `ACCOUNTS_FILE`; absent where that names none. */
      readonly name?: string;
    }
  | {
      readonly kind: 'embedded';
      readonly dataDirectory: string;
      /** Undefined: any free port. */
      readonly port: number | undefined;
    };

/** A server at this url, which is secret. */
export function placeOf(environment: Environment, url: string): DatabaseConfig {
  return { kind: 'server', url: addParameters(url, usualParameters(environment)) };
}

/** The url of each database by its name, in the order of the file; undefined where the file names none. */
type NamedDatabases = ReadonlyMap<string, string>;

type Entry = Readonly<Record<string, unknown>>;

const url = secret('DATABASE_URL', '', '');
/** The meaning of the keys of a database. */
const forms: Readonly<Record<string, 'text' | 'variable'>> = {
  url: 'text',
  url_file: 'text',
  url_env: 'variable',
};
const example = 'Write databases: {east: {url_file: /run/secrets/east}}';
const nameForm = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Counts as the url of a database whose own has a problem, so that one mistake gives one sentence. */
const refused = 'postgres://refused/refused';

/** What reading needs from outside. */
export type DatabaseReading = {
  readonly fileName: string;
  readonly environment: Environment;
  readonly readFile: (path: string) => string;
  /** Receives a sentence for each problem, without a secret. */
  readonly report: (problem: string) => void;
};

/** The databases of a file; undefined where it names none. */
export function readNamedDatabases(
  content: unknown,
  reading: DatabaseReading,
): NamedDatabases | undefined {
  if (content === undefined) return undefined;
  const { fileName, report } = reading;
  const parsed = z.record(z.string(), z.unknown()).safeParse(content);
  if (!parsed.success || Object.keys(parsed.data).length === 0) {
    report(`${fileName}: databases is no list of databases by their names. ${example}.`);
    return new Map();
  }
  reportOwnUrl(reading);
  const databases = new Map<string, string>();
  for (const [name, entry] of Object.entries(parsed.data)) {
    const isNamed = nameForm.test(name);
    if (!isNamed)
      report(
        `${fileName}: a database is named ${JSON.stringify(name.slice(0, 80))}. Use small letters, digits, "-" and "_", at most 63.`,
      );
    databases.set(name, readUrl(isNamed ? name : '…', entry, reading) ?? refused);
  }
  reportSame(databases, reading);
  return databases;
}

/** The file says where the rows go: the environment must not say something else. */
function reportOwnUrl({ fileName, environment, report }: DatabaseReading): void {
  const set = ['DATABASE_URL', 'DATABASE_URL_FILE'].find(
    (each) => (environment[each] ?? '') !== '',
  );
  if (set !== undefined)
    report(
      `${set} is set, and ${fileName} has databases. Move the url into the file, or remove databases from it.`,
    );
}

function readUrl(name: string, entry: unknown, reading: DatabaseReading): string | undefined {
  const { readFile } = reading;
  const report = (problem: string): void =>
    reading.report(`${reading.fileName}, database ${name}: ${problem}`);
  const parsed = z.record(z.string(), z.unknown()).safeParse(entry);
  const given: Entry = parsed.success ? parsed.data : {};
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(forms, key));
  if (unknown.length > 0) {
    report(`${describeKey(unknown[0] ?? '')} is not known. Use url, url_file or url_env.`);
    return undefined;
  }
  const [first, ...others] = Object.entries(given);
  if (first === undefined || others.length > 0) {
    const found =
      first === undefined ? 'it has no url' : `${Object.keys(given).join(' and ')} are both set`;
    report(`${found}. Write one of url, url_file and url_env.`);
    return undefined;
  }
  const [key, value] = first;
  if (typeof value !== 'string' || value === '') {
    report(`${key} is not a text. Write it as one.`);
    return undefined;
  }
  if (forms[key] === 'variable' && (reading.environment[value] ?? '') === '') {
    report(`${key} names no environment variable that is set. Set one that holds the url.`);
    return undefined;
  }
  const held = forms[key] === 'variable' ? reading.environment[value] : value;
  const environment = key === 'url_file' ? { DATABASE_URL_FILE: value } : { DATABASE_URL: held };
  const text = collectTexts(environment, [url], readFile, (problem) =>
    report(renderProblem(problem, nameOf)),
  )['DATABASE_URL'];
  if (text === undefined) return undefined;
  const checked = values.databaseUrl.safeParse(text);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  report(`url is ${describeText(url, text)}. ${issue?.message ?? ''}.`);
  return undefined;
}

function nameOf({ isFile }: NamedSetting): string {
  return isFile ? 'url_file' : 'url';
}

/** A key may be a secret in the wrong place. */
function describeKey(key: string): string {
  return /^\w{1,40}$/.test(key) ? JSON.stringify(key) : `a key of ${key.length} characters`;
}

function reportSame(databases: NamedDatabases, { fileName, report }: DatabaseReading): void {
  const known = new Map<string, string>();
  for (const [name, text] of databases) {
    const place = findPlace(text);
    const other = known.get(place);
    if (text !== refused && other !== undefined)
      report(
        `${fileName}: ${other} and ${name} are two names for the same database. Remove one of them.`,
      );
    known.set(place, other ?? name);
  }
}

/** The servers and the database of a url: who logs in there, and how, makes no other database. */
function findPlace(text: string): string {
  const address = readDatabaseUrl(text);
  if (typeof address === 'string') return text;
  const { hosts, user, database } = address;
  const servers = hosts.map(({ host = 'localhost', port = 5432 }) => `${nameServer(host)}:${port}`);
  return `${servers.toSorted().join()} ${database ?? user ?? ''}`;
}

/** One name for a server: without the point at its end, and one for all addresses of this machine itself. */
function nameServer(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, '');
  return isLoopback(name) ? 'localhost' : name;
}

/**
 * The environment of an account that names its database, or the same one where the file names none; a sentence for a
 * database that is missing or not known.
 */
export function placeInDatabase(
  environment: Environment,
  asked: unknown,
  databases: NamedDatabases | undefined,
  report: (problem: string) => void,
): Environment {
  if (databases === undefined) {
    if (asked !== undefined)
      report('database is set, and the file has no databases. Add them, or remove database.');
    return environment;
  }
  const known = [...databases.keys()].join(', ');
  if (asked === undefined) report(`database is missing. Use one of databases: ${known}.`);
  const found = typeof asked === 'string' ? databases.get(asked) : undefined;
  if (asked !== undefined && found === undefined) {
    const shown = typeof asked === 'string' ? JSON.stringify(asked.slice(0, 80)) : 'not a text';
    report(`database is ${shown}, which databases does not have. Use ${known}.`);
  }
  return { ...environment, DATABASE_URL: found ?? refused, DATABASE_URL_FILE: undefined };
}
