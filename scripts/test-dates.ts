/**
 * `npm run test:dates`: runs quick tests that read the clock, at dates at which programs often fail, each in another time
 * zone. Prints a line for each date, and all failures with their date at the end. Arguments: files and folders instead of
 * the default ones; `--repeat-failed` as in `npm test`.
 */
import { parseArgs } from 'node:util';
import { findFiles, isInterrupted, reportTallies, runFiles } from './test-run.ts';
import type { Tally } from './test-tally.ts';

/** Code that decides about time or shows it, and the data of the simulator. */
const usualFiles = [
  'test/unit/alert-decision.test.ts',
  'test/unit/attention.test.ts',
  'test/unit/budget.test.ts',
  'test/unit/clocks.test.ts',
  'test/unit/coverage.test.ts',
  'test/unit/coverage-cells.test.ts',
  'test/unit/cursor-share.test.ts',
  'test/unit/division.test.ts',
  'test/unit/fill-state.test.ts',
  'test/unit/found-groups.test.ts',
  'test/unit/gap-cost.test.ts',
  'test/unit/gaps.test.ts',
  'test/unit/learned-limits.test.ts',
  'test/unit/log-on-a-terminal.test.ts',
  'test/unit/moment.test.ts',
  'test/unit/pace.test.ts',
  'test/unit/page-times.test.ts',
  'test/unit/plan.test.ts',
  'test/unit/pull-display.test.ts',
  'test/unit/reach.test.ts',
  'test/unit/record.test.ts',
  'test/unit/report-csv.test.ts',
  'test/unit/report-forms.test.ts',
  'test/unit/report-span.test.ts',
  'test/unit/report-statement.test.ts',
  'test/unit/report-table.test.ts',
  'test/unit/report-time-zone.test.ts',
  'test/unit/retention.test.ts',
  'test/unit/returns.test.ts',
  'test/unit/scheduled-reports.test.ts',
  'test/unit/scheduler.test.ts',
  'test/unit/span.test.ts',
  'test/unit/stamps.test.ts',
  'test/unit/turns.test.ts',
  'test/unit/verification-page.test.ts',
  'test/unit/zendesk-clock.test.ts',
  'test/unit/zendesk-rate-limit.test.ts',
  'test/unit/zendesk-retry.test.ts',
  'test/doctor/backfill.test.ts',
  'test/doctor/budget.test.ts',
  'test/doctor/streams.test.ts',
  'test/commands/doctor-database.test.ts',
  'test/commands/status.test.ts',
  'test/database/status.test.ts',
  'test/http/heartbeat.test.ts',
  'test/http/metrics.test.ts',
  'test/http/server.test.ts',
  'test/monitoring/dashboard-queries.test.ts',
  'test/simulator/data.test.ts',
];

/** Each is more than one kind of date, so that four runs are enough. */
const dates = [
  ["the end of Europe's summer time, a Sunday", '2026-10-25T00:45:00Z', 'Europe/Madrid'],
  [
    "the beginning of America's summer time, a Sunday",
    '2027-03-14T09:45:00Z',
    'America/Los_Angeles',
  ],
  ["a leap day, a month's end", '2028-02-29T18:00:00Z', 'Asia/Kathmandu'],
  ["a year's end", '2026-12-31T23:45:00Z', 'Pacific/Auckland'],
] as const;

const { values, positionals } = parseArgs({
  options: { 'repeat-failed': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const repeats = values['repeat-failed'];
const files = findFiles(positionals.length === 0 ? usualFiles : positionals);
const tallies: Tally[] = [];
for (const [what, start, zone] of dates) {
  if (isInterrupted()) break;
  process.env['TZ'] = zone;
  const label = `${what}, ${start} in ${zone}`;
  const beganMs = performance.now();
  const tally = await runFiles(files, { label, start: new Date(start), prints: false, repeats });
  const seconds = Math.round((performance.now() - beganMs) / 1000);
  console.log(`${label}: ${tally.passed} passed, ${tally.failures.length} failed in ${seconds} s`);
  tallies.push(tally);
}
reportTallies(tallies);
