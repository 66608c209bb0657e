/** Several simulated accounts, a file that lists them, and an empty database, for tests that start the program itself. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type SimulatorSettings,
  startSimulator,
  type Simulator,
} from '../../src/simulator/simulator.ts';
import { createTestDatabase } from './database.ts';
import {
  assertDiscreet,
  startProgram,
  temporary,
  type Ended,
  type Environment,
  type Program,
} from './program.ts';
import { withClient, type Query } from './query.ts';

/**
 * A simulated account, and the content of its entry in the file besides its address. Default: the OAuth client's secret in a
 * file.
 */
export type ListedAccount = {
  readonly simulator: SimulatorSettings & { readonly subdomain: string };
  readonly entry?: Readonly<Record<string, unknown>>;
};

/** What a test can use. */
export type Accounts = {
  readonly simulator: (account: string) => Simulator;
  readonly query: Query;
  /** The same of a database by its name. */
  readonly queryOf: (database: string) => Query;
  /** The path of the file that lists the accounts. */
  readonly file: string;
  /** Starts the program with the file and these additional settings. */
  readonly start: (args: readonly string[], more?: Environment) => Program;
  /** Runs it to its end; fails if it printed a secret of any account. */
  readonly run: (args: readonly string[], more?: Environment) => Promise<Ended>;
  readonly close: () => Promise<void>;
};

/** Starts the accounts and makes the file and the database, or one for each name: then each entry names its own. */
export async function openAccounts(
  listed: readonly ListedAccount[],
  names: readonly string[] = [],
): Promise<Accounts> {
  const database = await createTestDatabase();
  const others = await Promise.all(names.slice(1).map(() => createTestDatabase()));
  const databases = new Map(
    names.map((name, place) => [
      name,
      (place === 0 ? database : (others[place - 1] ?? database)).url,
    ]),
  );
  const simulators = new Map<string, Simulator>();
  const directory = mkdtempSync(join(temporary, 'accounts-'));
  const entries: Record<string, unknown>[] = [];
  for (const { simulator: settings, entry } of listed) {
    const { subdomain } = settings;
    const simulator = await startSimulator(settings);
    simulators.set(subdomain, simulator);
    const { clientId, clientSecret } = simulator.options.credentials;
    const secretFile = join(directory, `${subdomain}.secret`);
    writeFileSync(secretFile, `${clientSecret}\n`);
    entries.push({
      subdomain,
      base_url: simulator.url,
      ...(entry ?? { client_id: clientId, client_secret_file: secretFile }),
    });
  }
  const file = join(directory, 'accounts.yaml');
  writeFileSync(file, writeDatabases(databases) + writeYaml(entries));
  const secrets = [...simulators.values()].flatMap(({ options: { credentials } }) => [
    credentials.clientSecret,
    credentials.readyToken,
  ]);
  const start: Accounts['start'] = (args, more = {}) =>
    startProgram(args, {
      ...(names.length === 0 && { DATABASE_URL: database.url }),
      ACCOUNTS_FILE: file,
      ...more,
    });
  return {
    simulator: (account) => simulators.get(account) ?? assert.fail(`no account ${account}`),
    query: (text, values) => withClient(database.url, (query) => query(text, values)),
    queryOf: (name) => (text, values) =>
      withClient(databases.get(name) ?? assert.fail(`no database ${name}`), (query) =>
        query(text, values),
      ),
    file,
    start,
    async run(args, more) {
      const ended = await start(args, more).ended;
      assertDiscreet(ended.stdout + ended.stderr, secrets);
      return ended;
    },
    async close() {
      for (const simulator of simulators.values()) await simulator.stop();
      await database.drop();
      for (const other of others) await other.drop();
    },
  };
}

/** `openAccounts` for the duration of `work`. Stop the programs before its end. */
export async function withAccounts(
  listed: readonly ListedAccount[],
  work: (accounts: Accounts) => Promise<void>,
): Promise<void> {
  const accounts = await openAccounts(listed);
  try {
    await work(accounts);
  } finally {
    await accounts.close();
  }
}

function writeDatabases(databases: ReadonlyMap<string, string>): string {
  if (databases.size === 0) return '';
  const lines = [...databases].map(
    ([name, url]) => `  ${name}:\n    url: ${JSON.stringify(url)}\n`,
  );
  return `databases:\n${lines.join('')}`;
}

/** As people write it: a dash for each account, a line for each key. */
function writeYaml(entries: readonly Record<string, unknown>[]): string {
  const lines = entries.map((entry) =>
    Object.entries(entry)
      .map(([key, value], place) => `  ${place === 0 ? '-' : ' '} ${key}: ${JSON.stringify(value)}`)
      .join('\n'),
  );
  return `# All accounts.\naccounts:\n${lines.join('\n\n')}\n`;
}
