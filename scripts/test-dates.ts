/**
 * `npm run test:dates`: runs quick tests that read the clock, at dates at which programs often fail, each in another time
 * zone. Prints a line for each date, and all failures with their date at the end. Arguments: files and folders instead of
 * the default ones.
 */
import { findFiles, isInterrupted, reportTallies, runFiles } from './test-run.ts';
import type { Tally } from './test-tally.ts';

/** Code that decides about time or shows it, and the data of the simulator. */
const usualFiles = [
  'test/unit',
  'test/doctor',
  'test/commands/doctor-database.test.ts',
  'test/commands/status.test.ts',
  'test/database/status.test.ts',
  'test/http',
  'test/monitoring',
  'test/simulator/data.test.ts',
];

const dates = [
  ['a weekend', '2026-11-21T12:00:00Z', 'UTC'],
  ["a month's end", '2027-01-31T18:00:00Z', 'Asia/Kathmandu'],
  ['a leap day', '2028-02-29T05:00:00Z', 'America/New_York'],
  ["the end of Europe's summer time", '2026-10-25T00:45:00Z', 'Europe/Madrid'],
  ["the beginning of Europe's summer time", '2027-03-28T00:45:00Z', 'Europe/Berlin'],
  ["the end of America's summer time", '2026-11-01T08:45:00Z', 'America/Los_Angeles'],
  ["the beginning of America's summer time", '2027-03-14T09:45:00Z', 'America/Los_Angeles'],
  ["a year's end", '2026-12-31T23:45:00Z', 'Pacific/Auckland'],
] as const;

const asked = process.argv.slice(2);
const files = findFiles(asked.length === 0 ? usualFiles : asked);
const tallies: Tally[] = [];
for (const [what, start, zone] of dates) {
  if (isInterrupted()) break;
  process.env['TZ'] = zone;
  const label = `${what}, ${start} in ${zone}`;
  const beganMs = performance.now();
  const tally = await runFiles(files, { label, start: new Date(start), prints: false });
  const seconds = Math.round((performance.now() - beganMs) / 1000);
  console.log(`${label}: ${tally.passed} passed, ${tally.failures.length} failed in ${seconds} s`);
  tallies.push(tally);
}
reportTallies(tallies);
