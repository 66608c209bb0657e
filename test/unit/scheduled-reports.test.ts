import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readReportEntries } from '../../src/config/reports-file.ts';
import { nameReportFile } from '../../src/reports/schedule/file-name.ts';
import { listTimes } from '../../src/scheduler.ts';

describe('the name of the file of a scheduled report', () => {
  const name = (from: string, to: string, timeZone?: string): string =>
    nameReportFile({
      account: 'acme',
      name: 'log',
      span: { from: new Date(from), to: new Date(to) },
      due: new Date('2026-11-19T15:00:00Z'),
      timeZone,
      ending: '.csv',
    });

  it('has the month, the day, or the days with the last one', () => {
    assert.equal(name('2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'), 'acme-log-2026-10.csv');
    assert.equal(name('2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'), 'acme-log-2026-12.csv');
    assert.equal(name('2026-10-01T00:00:00Z', '2026-10-02T00:00:00Z'), 'acme-log-2026-10-01.csv');
    assert.equal(
      name('2026-10-01T00:00:00Z', '2026-10-08T00:00:00Z'),
      'acme-log-2026-10-01_2026-10-07.csv',
    );
    assert.equal(
      name('2026-10-01T00:00:00Z', '2026-12-01T00:00:00Z'),
      'acme-log-2026-10-01_2026-11-30.csv',
    );
  });

  it('counts days in the time zone of the report', () => {
    const [from, to] = ['2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'];
    assert.equal(name(from, to, 'Europe/Madrid'), 'acme-log-2026-10.csv');
    assert.equal(name(from, to), 'acme-log-2026-09-30T2200_2026-10-31T2300.csv');
  });

  it('has times of day, seconds and offset only if they matter', () => {
    assert.equal(
      name('2026-11-12T15:00:00Z', '2026-11-19T15:00:00Z'),
      'acme-log-2026-11-12T1500_2026-11-19T1500.csv',
    );
    assert.equal(
      name('2026-10-25T00:30:00Z', '2026-10-25T01:30:05Z', 'Europe/Madrid'),
      'acme-log-2026-10-25T0230+0200_2026-10-25T023005+0100.csv',
    );
  });

  it('has the time at which it is due if it has no time range', () => {
    const due = new Date('2026-11-19T15:00:00Z');
    const parts = { account: 'acme', name: 'user-7', span: undefined, due, ending: '.xlsx' };
    assert.equal(
      nameReportFile({ ...parts, timeZone: 'Europe/Madrid' }),
      'acme-user-7-2026-11-19T1600.xlsx',
    );
  });
});

describe('the times of a schedule', () => {
  const last = (expression: string, moment: string, timeZone = 'UTC'): string | undefined =>
    listTimes(expression, timeZone).last(new Date(moment))?.toISOString();

  it('have a last one before a moment, in their time zone', () => {
    assert.equal(last('0 6 * * 1', '2026-11-19T15:00:30Z'), '2026-11-16T06:00:00.000Z');
    assert.equal(last('0 15 * * *', '2026-11-19T15:00:00Z'), '2026-11-19T15:00:00.000Z');
    assert.equal(
      last('0 6 1 * *', '2026-11-19T15:00:00Z', 'Europe/Madrid'),
      '2026-11-01T05:00:00.000Z',
    );
    assert.equal(last('0 6 29 2 *', '2026-11-19T15:00:00Z'), undefined);
  });
});

describe('a file of reports', () => {
  const read = (text: string): { problems: string[]; entries: unknown[] } => {
    const problems: string[] = [];
    const entries = readReportEntries(text, 'reports.yaml', (problem) => problems.push(problem));
    return { problems, entries: [...entries] };
  };
  const rest = 'when: 0 6 * * *, form: csv, directory: /srv';

  it('is YAML or JSON; a report is a line as on the command line, or its words', () => {
    const entry = {
      place: 'reports.yaml, report 1',
      words: ['user', 'Joe Agent', '--last', '5'],
      name: undefined,
      when: '0 6 * * *',
      form: 'csv',
      directory: '/srv',
    };
    for (const report of [
      `user 'Joe Agent' --last 5`,
      `user "Joe Agent" --last 5`,
      `user  Joe" "Agent --last 5`,
      ['user', 'Joe Agent', '--last', '5'],
    ]) {
      const { place: _, words: __, name: ___, ...plain } = entry;
      assert.deepEqual(read(JSON.stringify({ reports: [{ report, ...plain }] })), {
        problems: [],
        entries: [entry],
      });
    }
    assert.deepEqual(read(`reports:\n  - { report: ticket 007, ${rest} }\n`).entries, [
      { ...entry, words: ['ticket', '007'] },
    ]);
  });

  it('has an example that can be used unchanged', () => {
    const example = new URL('../../deploy/reports.example.yaml', import.meta.url);
    const { problems, entries } = read(readFileSync(example, 'utf8'));
    assert.deepEqual([problems, entries.length], [[], 3]);
  });

  it('has a sentence for each mistake', () => {
    const advice =
      'Use YAML or JSON such as {"reports": [{"report": "log --month last", "when": "0 6 1 * *", "form": "xlsx", "directory": "/srv/reports"}]}, described in docs/reports.md.';
    const table: [string, string[]][] = [
      ['reports: [', [`reports.yaml cannot be read at line 1 (BAD_INDENT). ${advice}`]],
      ['reports: *x', [`reports.yaml is not a list of reports. ${advice}`]],
      ['reports: []', [`reports.yaml is not a list of reports. ${advice}`]],
      [
        'reports: [{report: log, form: csv, where: /srv}]',
        [
          'reports.yaml, report 1: when is missing. Set it to a time as in cron, such as 0 6 * * 1.',
          'reports.yaml, report 1: directory is missing. Set it to the folder for its files.',
          'reports.yaml, report 1: "where" is unknown. Use report, when, form, directory, name.',
        ],
      ],
      [
        `reports: [{report: {log: 1}, ${rest}}]`,
        [
          'reports.yaml, report 1: report cannot be used as it is. Set it to what follows "report" on a command line, such as accessed tickets --days 7.',
        ],
      ],
    ];
    for (const [text, problems] of table)
      assert.deepEqual(read(text), { problems, entries: [] }, text);
  });
});
