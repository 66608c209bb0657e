/**
 * `ACCOUNTS_FILE`: many accounts in one file. Each entry becomes the environment of one account, so that one parser reads
 * settings wherever they stand: a key is the name of a setting in lower case, without `ZENDESK_`.
 */
import { z } from 'zod';
import { parseAsWritten } from './as-written.ts';
import { listConcerned, renderProblem, type NamedSetting, type Problem } from './problem.ts';
import { settings as usualSettings, type Setting } from './settings.ts';
import type { Environment } from './texts.ts';

/** One entry of the file. */
export type AccountEntry = {
  /** How a sentence names it: `accounts.yaml, account acme`. */
  readonly name: string;
  /** The environment of the process with this account's settings in the place of the common ones. */
  readonly environment: Environment;
  /** The settings that this entry has, or has to have, itself. */
  readonly own: ReadonlySet<string>;
};

/** Settings of the process: one database, one log, one address for all accounts. */
const common: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'DATA_DIR',
  'EMBEDDED_PORT',
  'ACCOUNTS_FILE',
  'ACCESS_RULES_FILE',
  'REPORTS_FILE',
  'HTTP_PORT',
  'HTTP_HOST',
  'HEARTBEAT_URL',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'LOG_LEVEL',
  'LOG_FORMAT',
]);

/** No stream has a secret of its own. */
const secretNames = new Set(
  usualSettings.filter(({ secret }) => secret).map(({ name }): string => name),
);

/** What a key says: the value itself, where it is to be found, or a secret that must not stand there. */
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

const fileSchema = z.strictObject({ accounts: z.array(z.record(z.string(), z.unknown())).min(1) });
const valueSchema = z.union([
  z.string().min(1),
  z
    .array(z.string())
    .min(1)
    .transform((parts) => parts.join(',')),
]);

/**
 * The accounts of a file, YAML or JSON. Each problem is reported as a sentence, never with a secret; an entry that has
 * one is still returned as far as it goes, so that all problems are found at once.
 */
export function readAccountEntries(
  text: string,
  fileName: string,
  environment: Environment,
  settings: readonly Setting[],
  report: (problem: string) => void,
): readonly AccountEntry[] {
  const zendeskNames = settings.map(({ name }) => name).filter(isZendesk);
  const given = zendeskNames.filter((name) => isGivenAtAll(environment, name));
  if (given.length > 0)
    report(
      `ACCOUNTS_FILE and ${given.join(', ')} are both set. Move the account into the file, or remove ACCOUNTS_FILE.`,
    );
  const keys = listKeys(settings);
  const found = parseFile(text, fileName, report);
  const entries = found.map((entry, index) => {
    const name = `${fileName}, ${nameEntry(entry, index)}`;
    const own = new Set(zendeskNames);
    return readEntry(entry, { name, own, environment }, keys, report);
  });
  reportTwins(entries, fileName, report);
  return entries;
}

/**
 * The sentence about a problem of an entry: its place first, and the file's keys instead of the names of variables. What
 * is common to all accounts is said as it stands in the environment, so that it is said once.
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

function parseFile(
  text: string,
  fileName: string,
  report: (problem: string) => void,
): readonly Readonly<Record<string, unknown>>[] {
  const advice = `Use YAML or JSON such as {"accounts": [{"subdomain": "acme", …}]}; see docs/settings.md`;
  // Its own messages repeat what stands in the file.
  const document = parseAsWritten(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    report(`${fileName} cannot be read at line ${line} (${error.code}). ${advice}.`);
    return [];
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch {
    report(`${fileName} has an alias that does not exist, or too many aliases. ${advice}.`);
    return [];
  }
  const result = fileSchema.safeParse(content);
  if (result.success) return result.data.accounts;
  report(`${fileName} is not a list of accounts. ${advice}.`);
  return [];
}

function readEntry(
  entry: Readonly<Record<string, unknown>>,
  { name, own: inherited, environment }: AccountEntry,
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
    // An account's own way of saying it goes before both ways of the environment.
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
  return { name, environment: account, own };
}

/** The text of a value. One that is refused still counts as given, so that one mistake is one sentence. */
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
  // Who takes it for the place of the secret writes the secret there.
  const found = /^[A-Z][A-Z0-9_]{0,63}$/.test(parsed.data)
    ? `is ${JSON.stringify(parsed.data)}`
    : hideText('is a text', parsed.data);
  report(
    `${key} ${found}, but no environment variable of that name is set. Set one that holds the value.`,
  );
  return refused;
}

/** In the place of a text that may be or hold a secret. */
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

function nameEntry(entry: Readonly<Record<string, unknown>>, index: number): string {
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
