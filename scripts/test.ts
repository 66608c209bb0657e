/**
 * `npm test`: runs the test files, and those for which the version of Postgres matters again on Postgres 15 if Debian's
 * programs are installed. Arguments: files, folders or patterns (default: all); `--only-18` leaves out the second run;
 * `--start 2028-02-29T12:00Z` starts the run at that moment instead of the default one; `--repeat-failed` runs the files of a
 * few failures once more, and reports those that pass then apart. With `TEST_DATABASE_URL` everything runs once, on that
 * server. Ends with status 1 when anything failed; the last line is `N passed, N failed`.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { usualStart } from '../test/support/run-clock.ts';
import { findFiles, isInterrupted, reportTallies, runFiles } from './test-run.ts';
import type { Tally } from './test-tally.ts';

const postgres15 = '/usr/lib/postgresql/15/bin';
/** Tests for which the version of Postgres matters: all statements, and each kind of command once. */
const databaseTests = [
  'test/archive/',
  'test/database/',
  'test/ingest/',
  'test/monitoring/dashboard-queries.test.ts',
  'test/http/metrics.test.ts',
  'test/reports/',
  'test/retention/',
  'test/commands/backfill.test.ts',
  'test/commands/classify.test.ts',
  'test/commands/doctor-database.test.ts',
  'test/commands/migrate.test.ts',
  'test/commands/report-subject.test.ts',
  'test/commands/status.test.ts',
];
/**
 * Long tests among them about something else: what the source answers, programs of others, places of files, kills. Shorter
 * tests make the same statements.
 */
const otherTests = [
  ...['bucket', 'commands', 'kills', 'other-engines'].map((name) => `test/archive/${name}.`),
  ...['embedded-', 'silence.', 'stalled-copy.', 'tls.'].map((name) => `test/database/${name}`),
  ...['broken-walks', 'burst-requests', 'capped-pages', 'chaos', 'clock', 'complete-pass'].map(
    (name) => `test/ingest/${name}.`,
  ),
  ...['hostile-answers', 'lasting-faults', 'many-accounts', 'odd-pages', 'rate-limits'].map(
    (name) => `test/ingest/${name}.`,
  ),
  'test/retention/archive-reach.',
];

const { values, positionals } = parseArgs({
  options: {
    'only-18': { type: 'boolean', default: false },
    'repeat-failed': { type: 'boolean', default: false },
    start: { type: 'string' },
  },
  allowPositionals: true,
});
const start = values.start === undefined ? usualStart : new Date(values.start);
const repeats = values['repeat-failed'];
const files = findFiles(positionals.length === 0 ? ['test'] : positionals);
const given = process.env['TEST_DATABASE_URL'] !== undefined;
const label = given ? 'TEST_DATABASE_URL' : 'Postgres 18';
const tallies: Tally[] = [await runFiles(files, { label, start, prints: true, repeats })];
const again = files.filter((file) => {
  const isOneOf = (paths: readonly string[]) =>
    paths.some((path) => relative('.', file).startsWith(path));
  return isOneOf(databaseTests) && !isOneOf(otherTests);
});
const possible = again.length > 0 && existsSync(join(postgres15, 'initdb'));
if (possible && !values['only-18'] && !given && !isInterrupted()) {
  process.env['TEST_POSTGRES_BINARIES'] = postgres15;
  console.log('\nOnce more, on Postgres 15:\n');
  tallies.push(await runFiles(again, { label: 'Postgres 15', start, prints: true, repeats }));
}
reportTallies(tallies);
