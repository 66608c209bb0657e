/** What `doctor` should say about a simulated account, page by page. */
import assert from 'node:assert/strict';
import {
  type Fault,
  type SimulatorSettings,
  startSimulator,
  type Simulator,
} from '../../src/simulator/simulator.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { runProgram, settingsFor, type Environment } from './program.ts';
import { smallAccount } from './pulled-account.ts';
import { withClient } from './query.ts';

const account: SimulatorSettings = { ...smallAccount, anchor: new Date() };

/** A database with the whole pulled account. */
export async function pullAccount(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await withSimulator({}, async (simulator) => {
    const { status, stderr } = await runProgram(['sync'], settingsFor(simulator, database.url));
    assert.equal(status, 0, stderr);
  });
  return database;
}

/** Runs `work` with the account, which always has the same records. */
export async function withSimulator<T>(
  settings: SimulatorSettings,
  work: (simulator: Simulator) => Promise<T>,
): Promise<T> {
  const simulator = await startSimulator({ ...account, ...settings });
  try {
    return await work(simulator);
  } finally {
    await simulator.stop();
  }
}

/** The page without its line breaks, without the parts that always differ, and without the logins of other tests. */
export function unfold(page: string): readonly string[] {
  for (const line of page.split('\n')) assert.ok(line.length <= 80, `too wide: ${line}`);
  const lines = page
    .trimEnd()
    .replaceAll(/\n +(?!->|\s)/g, ' ')
    .replaceAll(/\n +->/g, '\n->')
    .replaceAll(/^(ok|warning|problem|skipped) +/gm, '$1 ')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'ORIGIN')
    .replace(/(?<=examined )\d{4}-\d\d-\d\d \d\d:\d\d UTC/i, 'NOW')
    .replaceAll(/, \d+ days ago/g, ', AGE')
    .replaceAll(/backfill: \d+ (days|hours) missing: about .*/g, 'backfill: ESTIMATE')
    .replace(/the database uses [\d.,]+ [kMGT]?B; .*/, 'SIZE')
    .split('\n');
  return leaveOutReaders(lines);
}

/** The checks in their order. */
export const names = [
  'Settings',
  'Origin',
  'Credentials',
  'Access token',
  'Audit log',
  'Access log',
  'Users',
  'Budget',
  'Clock',
  'Database',
  'Encoding',
  'Time zone',
  'Privileges',
  'Roles',
  'Migrations',
  'Partitions',
  'Disk',
  'Audit log backfill',
  'Access log backfill',
  'Verification',
] as const;
export type Name = (typeof names)[number];
/** Checks with another result: the state, what was found, and in another line what to do. */
export type Changes = Partial<Record<Name, string>>;

/** The page about an account in which everything is fine except these checks. */
export async function expectPage(
  simulator: Simulator,
  databaseUrl: string,
  changes: Changes,
): Promise<string[]> {
  const oldest = (stream: 'audit_logs' | 'access_logs', field: string): string => {
    const [first] = simulator.records(stream, new Date(0), new Date(simulator.now()));
    const moment = first === undefined ? '' : (first[field] as string);
    return `ok answers; oldest record ${moment.slice(0, 16).replace('T', ' ')} UTC, AGE`;
  };
  const { username, pathname } = new URL(databaseUrl);
  const server = process.env['TEST_DATABASE_URL'] ?? '';
  const [version] = await withClient(server, (query) =>
    query<{ number: string }>(
      "select split_part(current_setting('server_version'), ' ', 1) as number",
    ),
  );
  const well: Record<Name, string> = {
    Settings: 'ok all are understood',
    Origin: 'ok ORIGIN answers; without TLS, on this machine',
    Credentials: 'ok OAuth client log-puller; its tokens are renewed automatically',
    'Access token': 'ok valid for 2 hours with the scope read',
    'Audit log': oldest('audit_logs', 'created_at'),
    'Access log': oldest('access_logs', 'timestamp'),
    Users: 'ok answers',
    Budget: "ok up to 350 of the account's 700 a minute; access log 50 of 50",
    Clock: "ok agrees with Zendesk's and the database's",
    Database: `ok PostgreSQL VERSION, database ${pathname.slice(1)}, user ${username}`,
    Encoding: 'ok UTF8',
    'Time zone': 'ok UTC',
    Privileges: `ok ${username} owns the tables and can create more`,
    Roles: 'ok zendesk_reader and zendesk_investigator can read',
    Migrations: 'ok up to date',
    Partitions: 'ok the current and the next ones exist',
    Disk: 'ok SIZE',
    'Audit log backfill': 'ok nothing is missing',
    'Access log backfill': 'ok nothing is missing',
    Verification: 'ok not verified yet',
  };
  const lines = names.map((name) =>
    (changes[name] ?? well[name])
      .replace(' ', ` ${name}: `)
      .replace('VERSION', version?.number ?? ''),
  );
  const count = (state: string): number => lines.filter((line) => line.startsWith(state)).length;
  const plural = (state: string): string =>
    `${count(state)} ${state}${count(state) === 1 ? '' : 's'}`;
  const counts = `${count('ok')} ok, ${plural('warning')}, ${plural('problem')}, ${count('skipped')} skipped`;
  const verdict =
    ['nothing has to be fixed', 'fix the problem'][count('problem')] ?? 'fix the problems';
  return [
    'Account acme, ORIGIN, examined NOW',
    '',
    ...lines.flatMap((line) => line.split('\n')),
    '',
    `${names.length} checks: ${counts}; ${verdict}.`,
  ];
}

/** The page without the logins of readers: they belong to the server, where other tests make some meanwhile. */
function leaveOutReaders(page: readonly string[]): readonly string[] {
  const from = page.findIndex((line) => line.startsWith('warning Readers:'));
  if (from === -1) return page;
  const rest = page.slice(from + 1);
  const advice = rest.findIndex((line) => !line.startsWith('->'));
  const kept = [...page.slice(0, from), ...rest.slice(advice)];
  const counts = /^(\d+) checks: (\d+) ok, (\d+) warnings?,/;
  return kept.map((line) =>
    line.replace(counts, (_, checks, ok, warnings) => {
      const left = Number(warnings) - 1;
      return `${Number(checks) - 1} checks: ${ok} ok, ${left} warning${left === 1 ? '' : 's'},`;
    }),
  );
}

/** Runs `doctor` with that problem and compares the whole page and the status. */
export async function examine(
  trouble: {
    databaseUrl: string;
    simulator?: SimulatorSettings;
    faults?: readonly Omit<Fault, 'times'>[];
    settings?: Environment;
  },
  status: number,
  changes: Changes,
): Promise<void> {
  await withSimulator(trouble.simulator ?? {}, async (simulator) => {
    for (const fault of trouble.faults ?? []) simulator.addFault({ ...fault, times: Infinity });
    const { databaseUrl: url } = trouble;
    const end = await runProgram(['doctor'], settingsFor(simulator, url, trouble.settings));
    assert.equal(end.stderr, '');
    assert.deepEqual(unfold(end.stdout), await expectPage(simulator, url, changes));
    assert.equal(end.status, status);
  });
}

/** The same for several checks that were skipped. */
export const skipAll = (state: string, skipped: readonly Name[]): Changes =>
  Object.fromEntries(skipped.map((name) => [name, `skipped ${state}`]));
export const streams = ['Audit log', 'Access log', 'Users'] as const;
export const backfills = ['Audit log backfill', 'Access log backfill'] as const;
