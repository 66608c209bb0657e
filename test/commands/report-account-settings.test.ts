import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '../support/program.ts';
import { auditLimits, cover, storeChanges, withStored } from '../support/report-data.ts';

const january = ['--from', '2026-01-01', '--to', '2026-02-01'];
const report = ['report', 'account-settings'];

describe('report account-settings', { concurrency: 2 }, () => {
  it('prints who changed which setting, in local time, and how complete the answer is', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [
        { id: 1, created_at: '2025-12-31T22:59:59Z' },
        {
          id: 2,
          created_at: '2025-12-31T23:00:00Z',
          change_description: 'Changed &amp;lt;b&amp;gt;',
        },
        { id: 3, created_at: '2026-01-31T22:59:59Z', actor_id: -1, actor_name: 'Zendesk' },
        { id: 4, created_at: '2026-01-31T23:00:00Z' },
        { id: 5, created_at: '2026-01-15T00:00:00Z', source_type: 'rule' },
      ]);
      await cover(db, '2025-12-01T00:00:00Z', '2026-01-20T00:00:00Z');
      await cover(db, '2026-01-20T02:30:00Z', '2026-03-01T00:00:00Z');
      const args = [...report, ...january, '--time-zone', 'Europe/Madrid'];
      const { status, stdout, stderr } = await runProgram(args, settings);
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      const columns = [
        'Time               ',
        'Person   ',
        'What                        ',
        'Change                               ',
        'Action',
        'Type           ',
        'Actor id     ',
        'IP address  ',
        'Source id     ',
        'Id',
      ];
      assert.deepEqual(stdout.split('\n'), [
        'Account settings changed, 2026-01-01 to 2026-02-01 (Europe/Madrid)',
        '',
        columns.join('  '),
        '2026-01-01 00:00:00  Joe Agent  Security: Session expiration  Changed <b>                            update  account_setting  1509756491122  52.40.123.85  23639740139415  2',
        '2026-01-31 23:59:59  Zendesk    Security: Session expiration  Changed from 10 minutes to 30 minutes  update  account_setting  -1             52.40.123.85  23639740139415  3',
        '',
        '2 rows.',
        '',
        'Coverage: Of the audit log from 2026-01-01 00:00:00 to 2026-02-01 00:00:00, 99.6 % of the time was read completely; not verified yet.',
        'Gap: 2026-01-20 01:00:00 to 2026-01-20 03:30:00 (2h 30m) is not stored.',
        ...auditLimits,
        '',
      ]);
    });
  });

  it('prints CSV that no spreadsheet executes, with a statement about its completeness beside it', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [
        {
          id: 1,
          created_at: '2026-01-02T00:00:00Z',
          actor_name: '=HYPERLINK("http://evil.example")',
          change_description: 'one, two',
        },
      ]);
      await cover(db, '2025-12-01T00:00:00Z', '2026-03-01T00:00:00Z');
      const { status, stdout, stderr } = await runProgram(
        [...report, ...january, '--format', 'csv'],
        settings,
      );
      assert.equal(status, 0);
      assert.equal(
        stdout,
        'time,person,source_label,change_description,action,source_type,actor_id,ip_address,source_id,id\r\n' +
          `2026-01-02T00:00:00Z,"'=HYPERLINK(""http://evil.example"")",Security: Session expiration,"one, two",update,account_setting,1509756491122,52.40.123.85,23639740139415,1\r\n`,
      );
      assert.deepEqual(stderr.split('\n'), [
        'Account settings changed, 2026-01-01 to 2026-02-01 (UTC)',
        'Coverage: The audit log from 2026-01-01 00:00:00 to 2026-02-01 00:00:00 was read completely; not verified yet.',
        'Gaps: none.',
        ...auditLimits,
        '',
      ]);
    });
  });

  it('prints changes of other types of objects, and says when a type is not known', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [
        { id: 1, created_at: '2026-01-02T00:00:00Z', source_type: 'rule' },
        { id: 2, created_at: '2026-01-03T00:00:00Z', source_type: 'ticket' },
        { id: 3, created_at: '2026-01-04T00:00:00Z' },
      ]);
      const { status, stdout } = await runProgram(
        [
          ...report,
          ...january,
          '--source-type',
          'rule',
          '--source-type',
          'tickets',
          '--format',
          'json',
        ],
        settings,
      );
      assert.equal(status, 0);
      const { title, account, statement, rows } = JSON.parse(stdout) as {
        title: string;
        account: string;
        statement: { coverage: string[] };
        rows: { id: string }[];
      };
      assert.deepEqual(
        [title, account],
        ['Changes of rule, tickets, 2026-01-01 to 2026-02-01 (UTC)', 'acme'],
      );
      assert.deepEqual(statement.coverage, [
        'No part of the audit log from 2026-01-01 00:00:00 to 2026-02-01 00:00:00 is completely stored.',
        'No change of the type tickets is stored at all. The stored types are account_setting, rule, ticket.',
      ]);
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['1'],
      );
    });
  });
});

describe('report account-settings', { concurrency: 2 }, () => {
  const table: [string, string][] = [
    [
      '--from 2026-02-01 --to 2026-01-01',
      '--from 2026-02-01 is not before --to 2026-01-01. Swap the two.',
    ],
    [
      '--from 2026-01-01 --to 2026-01-01',
      '--from 2026-01-01 is not before --to 2026-01-01. Swap the two.',
    ],
    [
      '--from 2026-01-01 --time-zone Europe/Madird',
      '--time-zone is "Europe/Madird". Use an IANA time zone such as Europe/Madrid or UTC.',
    ],
    [
      '--from yesterday --to 2026-02-30',
      '--from is "yesterday". Use a day such as 2026-01-31, or a time with its zone such as 2026-01-31T08:00:00Z.\n' +
        '--to is "2026-02-30". Use a day such as 2026-01-31, or a time with its zone such as 2026-01-31T08:00:00Z.',
    ],
    ['--from 9998-01-01', '--from 9998-01-01 is in the future. Use a time in the past.'],
    [
      '--to 2026-01-01',
      'Specify a time range: --days 30, --since "2 days ago", --month 2026-09, or --from 2026-01-31 with or without --to.',
    ],
    [
      '--from 2026-01-01 --format xml',
      "error: option '--format <format>' argument 'xml' is invalid. Allowed choices are table, csv, json, ndjson, xlsx, parquet.\n(see --help)",
    ],
  ];
  for (const [line, sentence] of table)
    it(`refuses "${line}" with status 2 and one sentence for each problem`, async () => {
      // No database: the arguments are checked before one is opened.
      const { status, stdout, stderr } = await runProgram([...report, ...line.split(' ')]);
      assert.deepEqual(
        { status, stdout, stderr },
        { status: 2, stdout: '', stderr: `${sentence}\n` },
      );
    });
});
