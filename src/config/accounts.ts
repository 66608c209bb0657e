/**
 * `ACCOUNTS_FILE`: many accounts in one file. Each entry becomes the environment of one account, so that one parser reads
 * settings wherever they stand: a key is the name of a setting in lower case, without `ZENDESK_`.
 */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { settings, type SettingName } from './settings.ts';
import type { Environment } from './texts.ts';

/** One entry of the file. */
export type AccountEntry = {
  /** How a sentence names it: `accounts.yaml, account acme`. */
  readonly name: string;
  /** The environment of the process with this account's settings in the place of the common ones. */
  readonly environment: Environment;
  /** The settings that this entry has, or has to have, itself. */
  readonly own: ReadonlySet<SettingName>;
};

/** Settings of the process: one database, one log, one address for all accounts. */
const common: ReadonlySet<SettingName> = new Set<SettingName>([
  'DATABASE_URL',
  'DATA_DIR',
  'ACCOUNTS_FILE',
  'ACCESS_RULES_FILE',
  'HTTP_PORT',
  'HTTP_HOST',
  'HEARTBEAT_URL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'LOG_LEVEL',
  'LOG_FORMAT',
]);

const accountSettings = settings.filter(({ name }) => !common.has(name));
const zendeskNames = accountSettings.map(({ name }) => name).filter(isZendesk);

/** What a key says: the value itself, where it is to be found, or a secret that must not stand there. */
type Form = 'text' | 'file' | 'variable' | 'secret';
type Meaning = { readonly name: SettingName; readonly form: Form };

const keys = new Map<string, Meaning>(
  accountSettings.flatMap(({ name, secret }): [string, Meaning][] => {
    const key = keyOf(name);
    if (!secret) return [[key, { name, form: 'text' }]];
    return [
      [key, { name, form: 'secret' }],
      [`${key}_file`, { name, form: 'file' }],
      [`${key}_env`, { name, form: 'variable' }],
    ];
  }),
);
const writableKeys = [...keys].filter(([, { form }]) => form !== 'secret').map(([key]) => key);

const refused = 'refused';

const fileSchema = z.strictObject({ accounts: z.array(z.record(z.string(), z.unknown())).min(1) });
const valueSchema = z.union([
  z.string().min(1),
  z.number().transform(String),
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
  report: (problem: string) => void,
): readonly AccountEntry[] {
  const given = zendeskNames.filter((name) => isGivenAtAll(environment, name));
  if (given.length > 0)
    report(
      `ACCOUNTS_FILE and ${given.join(', ')} are both set; expected one or the other; move the account into the file, or unset ACCOUNTS_FILE.`,
    );
  const found = parseFile(text, fileName, report);
  const entries = found.map((entry, index) =>
    readEntry(entry, `${fileName}, ${nameEntry(entry, index)}`, environment, report),
  );
  reportTwins(entries, fileName, report);
  return entries;
}

/** A sentence about an entry: its place first, and the file's keys instead of the names of variables. */
export function placeProblem(entry: AccountEntry, problem: string): string {
  const about = settings.filter(({ name }) => mentions(problem, name));
  // What is common to all accounts is said once, as it stands in the environment.
  if (about.length > 0 && !about.some(({ name }) => entry.own.has(name))) return problem;
  const told = problem.replace(/\b[A-Z][A-Z_]*[A-Z]\b/g, (word) => {
    const setting = accountSettings.find(({ name }) => name === word || `${name}_FILE` === word);
    if (setting === undefined) return word;
    return `${keyOf(setting.name)}${setting.secret ? '_file' : ''}`;
  });
  return `${entry.name}: ${told}`;
}

function parseFile(
  text: string,
  fileName: string,
  report: (problem: string) => void,
): readonly Readonly<Record<string, unknown>>[] {
  const advice = `expected YAML or JSON such as {"accounts": [{"subdomain": "acme", …}]}; see the README`;
  // Its own messages repeat what stands in the file.
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    report(`${fileName} cannot be read at line ${line} (${error.code}); ${advice}.`);
    return [];
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch {
    report(`${fileName} has an alias that stands for nothing, or too many of them; ${advice}.`);
    return [];
  }
  const result = fileSchema.safeParse(content);
  if (result.success) return result.data.accounts;
  report(`${fileName} is not a list of accounts; ${advice}.`);
  return [];
}

function readEntry(
  entry: Readonly<Record<string, unknown>>,
  name: string,
  environment: Environment,
  report: (problem: string) => void,
): AccountEntry {
  const own = new Set<SettingName>(zendeskNames);
  const account: Record<string, string | undefined> = { ...environment };
  for (const [key, value] of Object.entries(entry)) {
    const meant = keys.get(key);
    if (meant === undefined) {
      const shown = /^\w{1,40}$/.test(key) ? JSON.stringify(key) : hideText('a key', key);
      report(`${name}: ${shown} is no setting; expected ${writableKeys.join(', ')}.`);
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
      `${key} stands in the file itself; expected secrets apart from it; write ${key}_file with a path, or ${key}_env with the name of an environment variable.`,
    );
  const parsed = valueSchema.safeParse(value);
  if (!parsed.success) {
    report(`${key} is neither a text, a number nor a list of texts; write it as one of these.`);
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
    `${key} ${found}, and no environment variable of that name is set; expected one that holds the value; set it.`,
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
      `${fileName}: more than one account has the subdomain ${JSON.stringify(twin)}; expected each once; remove all but one.`,
    );
}

function nameEntry(entry: Readonly<Record<string, unknown>>, index: number): string {
  const { subdomain } = entry;
  return typeof subdomain === 'string' && /^[\w-]{1,63}$/.test(subdomain)
    ? `account ${subdomain}`
    : `account ${index + 1}`;
}

function keyOf(name: SettingName): string {
  return name.replace(/^ZENDESK_/, '').toLowerCase();
}

function isZendesk(name: SettingName): boolean {
  return name.startsWith('ZENDESK_');
}

function mentions(problem: string, name: SettingName): boolean {
  return new RegExp(`\\b${name}(_FILE)?\\b`).test(problem);
}

function isGivenAtAll(environment: Environment, name: SettingName): boolean {
  return [environment[name], environment[`${name}_FILE`]].some(
    (text) => text !== undefined && text !== '',
  );
}
