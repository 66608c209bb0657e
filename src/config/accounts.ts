/**
 * `ACCOUNTS_FILE`: many accounts in one file. Each entry becomes the environment of one account, so that one parser reads
 * all settings, wherever they are: a key is the name of a setting in lower case, without `ZENDESK_`.
 */
import { z } from 'zod';
import { parseAccountsText } from './accounts-text.ts';
import { placeInDatabase, readNamedDatabases, type DatabaseReading } from './databases.ts';
import { listConcerned, renderProblem, type NamedSetting, type Problem } from './problem.ts';
import type { Setting } from './setting.ts';
import { settings as usualSettings } from './settings.ts';
import type { Environment } from './texts.ts';

/** One entry of the file. */
export type AccountEntry = {
  /** Its name in messages: `accounts.yaml, account acme`. */
  readonly name: string;
  /** The environment of the process, with this account's settings instead of the common ones. */
  readonly environment: Environment;
  /** The settings that this entry has, or must have, itself. */
  readonly own: ReadonlySet<string>;
  /** The name of its database; undefined where the file names none. */
  readonly database: string | undefined;
};

/** Settings of the process: one database, one log, one address for all accounts. */
const common: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'DATA_DIR',
  'EMBEDDED_PORT',
  'ACCOUNTS_FILE',
  'ACCESS_RULES_FILE',
  'REPORTS_FILE',
  'RETENTION',
  'ON_SOURCE_ERASURE',
  ...usualSettings
    .map(({ name }): string => name)
    .filter((name) => /^(?:ALERT|ARCHIVE|AWS|HTTPS?|SMTP)_|SCHEMA$/.test(name)),
  'HEARTBEAT_URL',
  'NO_PROXY',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'LOG_LEVEL',
  'LOG_FORMAT',
]);

/** No stream has a secret of its own. */
const secretNames = new Set(
  usualSettings.filter(({ secret }) => secret).map(({ name }): string => name),
);

/** What a key contains: the value itself, the place of the value, or a secret that must not be in the file. */
type Form = 'text' | 'file' | 'variable' | 'secret';
type Meaning = { readonly name: string; readonly form: Form };
type Keys = ReadonlyMap<string, Meaning>;

/** The keys that an entry may have. */
function listKeys(settings: readonly Setting[]): Keys {
  return new Map(
    settings.flatMap(({ name, secret }): [string, Meaning][] => {
      if (common.has(name)) return [];
      const key = keyOf(name);
      if (!secret) return [[key, { name, form: 'text' }]];
      return [
        [key, { name, form: 'secret' }],
        [`${key}_file`, { name, form: 'file' }],
        [`${key}_env`, { name, form: 'variable' }],
      ];
    }),
  );
}

const refused = 'refused';

const valueSchema = z.union([
  z.string().min(1),
  z
    .array(z.string())
    .min(1)
    .transform((parts) => parts.join(',')),
]);

/**
 * The accounts of a file, YAML or JSON. Each problem is reported as a sentence, never with a secret; an entry with a problem
 * is still returned as far as possible, so that all problems are found at once.
 */
export function readAccountEntries(
  text: string,
  reading: DatabaseReading,
  settings: readonly Setting[],
): readonly AccountEntry[] {
  const { fileName, environment, report } = reading;
  const zendeskNames = settings.map(({ name }) => name).filter(isZendesk);
  const given = zendeskNames.filter((name) => isGivenAtAll(environment, name));
  if (given.length > 0)
    report(
      `ACCOUNTS_FILE and ${given.join(', ')} are both set. Move the account into the file, or remove ACCOUNTS_FILE.`,
    );
  const keys = listKeys(settings);
  const found = parseAccountsText(text, fileName, report);
  const databases = readNamedDatabases(found.databases, reading);
  const entries = found.accounts.map(({ database: asked, ...entry }, index) => {
    const name = `${fileName}, ${nameEntry(entry, index)}`;
    const own = new Set(zendeskNames);
    const database = typeof asked === 'string' ? asked : undefined;
    const placed = placeInDatabase(environment, asked, databases, (problem) =>
      report(`${name}: ${problem}`),
    );
    return readEntry(entry, { name, own, environment: placed, database }, keys, report);
  });
  reportTwins(entries, fileName, report);
  return entries;
}

/**
 * The sentence about a problem of an entry: its place first, and the file's keys instead of the names of variables. A
 * problem that all accounts share is described with the name of the variable, so that it is reported once.
 */
export function placeProblem({ name, own }: AccountEntry, problem: Problem): string {
  const concerned = listConcerned(problem);
  if (concerned.length > 0 && !concerned.some((each) => own.has(each)))
    return renderProblem(problem);
  return `${name}: ${renderProblem(problem, nameKey)}`;
}

function nameKey({ setting: name, isFile }: NamedSetting): string {
  if (common.has(name)) return isFile ? `${name}_FILE` : name;
  return isFile || secretNames.has(name) ? `${keyOf(name)}_file` : keyOf(name);
}

function readEntry(
  entry: Readonly<Record<string, unknown>>,
  { name, own: inherited, environment, database }: AccountEntry,
  keys: Keys,
  report: (problem: string) => void,
): AccountEntry {
  const own = new Set(inherited);
  const account: Record<string, string | undefined> = { ...environment };
  const writable = [...keys].filter(([, { form }]) => form !== 'secret').map(([key]) => key);
  for (const [key, value] of Object.entries(entry)) {
    const meant = keys.get(key);
    if (meant === undefined) {
      const shown = /^\w{1,40}$/.test(key) ? JSON.stringify(key) : hideText('a key', key);
      report(`${name}: ${shown} is not a setting. Use ${writable.join(', ')}.`);
      continue;
    }
    own.add(meant.name);
    // What the account's entry says comes before both forms in the environment.
    delete account[meant.name];
    delete account[`${meant.name}_FILE`];
    account[meant.form === 'file' ? `${meant.name}_FILE` : meant.name] = readValue(
      key,
      meant.form,
      value,
      environment,
      (problem) => report(`${name}: ${problem}`),
    );
  }
  return { name, environment: account, own, database };
}

/** The text of a value. A refused one still counts as set, so that one mistake gives one sentence. */
function readValue(
  key: string,
  form: Form,
  value: unknown,
  environment: Environment,
  report: (problem: string) => void,
): string {
  if (form === 'secret')
    report(
      `${key} is in the file itself. Keep secrets out of this file: write ${key}_file with a path, or ${key}_env with the name of an environment variable.`,
    );
  const parsed = valueSchema.safeParse(value);
  if (!parsed.success) {
    report(`${key} is not a text, a number or a list of texts. Write it as one of these.`);
    return refused;
  }
  if (form !== 'variable') return parsed.data;
  const referred = environment[parsed.data];
  if (referred !== undefined && referred !== '') return referred;
  // People who mistake it for the place of the secret write the secret there.
  const found = /^[A-Z][A-Z0-9_]{0,63}$/.test(parsed.data)
    ? `is ${JSON.stringify(parsed.data)}`
    : hideText('is a text', parsed.data);
  report(
    `${key} ${found}, but no environment variable of that name is set. Set one that holds the value.`,
  );
  return refused;
}

/** Shown instead of a text that may be or contain a secret. */
function hideText(what: string, text: string): string {
  return `${what} of ${text.length} characters that are not shown here`;
}

function reportTwins(
  entries: readonly AccountEntry[],
  fileName: string,
  report: (problem: string) => void,
): void {
  const subdomains = entries.map(({ environment }) => environment['ZENDESK_SUBDOMAIN']);
  const twins = subdomains.filter(
    (subdomain, index) => subdomain !== undefined && subdomains.indexOf(subdomain) < index,
  );
  for (const twin of new Set(twins))
    report(
      `${fileName}: more than one account has the subdomain ${JSON.stringify(twin)}. Remove all but one.`,
    );
}

/** What an entry is called in messages: by its subdomain, or by its place in the file. */
export function nameEntry(entry: Readonly<Record<string, unknown>>, index: number): string {
  const { subdomain } = entry;
  return typeof subdomain === 'string' && /^[\w-]{1,63}$/.test(subdomain)
    ? `account ${subdomain}`
    : `account ${index + 1}`;
}

function keyOf(name: string): string {
  return name.replace(/^ZENDESK_/, '').toLowerCase();
}

function isZendesk(name: string): boolean {
  return name.startsWith('ZENDESK_');
}

function isGivenAtAll(environment: Environment, name: string): boolean {
  return [environment[name], environment[`${name}_FILE`]].some(
    (text) => text !== undefined && text !== '',
  );
}
