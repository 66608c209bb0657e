import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { accessLimits, coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { runProgram, temporary } from '../support/program.ts';
import { storePeople, withStored } from '../support/report-data.ts';

const day = '2026-11-02';
const command = ['report', 'subject', '--from', day, '--to', '2026-11-03'];

/** A day on which Ann and Al worked with the person 417 and her tickets 937 and 941. */
async function storeDay(db: Database): Promise<void> {
  await storePeople(db, [
    { id: 7, name: 'Ann Agent', role: 'agent' },
    { id: 8, name: 'Al Admin', role: 'admin' },
  ]);
  await storeAccesses(db, [
    { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/937', user_id: 8 },
    { timestamp: `${day}T10:05:00Z`, url: '/api/v2/tickets/937', user_id: 8, method: 'PUT' },
    { timestamp: `${day}T11:00:00Z`, url: '/api/v2/users/417/identities.json' },
    { timestamp: `${day}T11:01:00Z`, url: '/api/v2/tickets/937', status: 403 },
    { timestamp: `${day}T12:00:00Z`, url: '/api/v2/search?query=jane', ip_address: '2001:db8::7' },
    { timestamp: `${day}T12:01:00Z`, url: '/api/v2/tickets.json', user_id: 8 },
    { timestamp: `${day}T12:02:00Z`, url: '/api/v2/incremental/users', user_id: 9 },
    { timestamp: `${day}T12:03:00Z`, url: '/api/v2/moon_phases' },
    { timestamp: `${day}T12:04:00Z`, url: '/api/v2/tickets/5' },
    { timestamp: '2026-11-03T00:00:00Z', url: '/api/v2/users/417' },
  ]);
  await coverAccesses(db, `${day}T00:00:00Z`, '2026-11-03T00:00:00Z');
}

const statement = [
  'Coverage: The access log from 2026-11-02 00:00:00 to 2026-11-03 00:00:00 was read completely; not verified yet.',
  'Coverage: No stored request of the account acme names ticket 941. Check the id.',
  'Gaps: none.',
  ...accessLimits,
  'Note: Confirmed: a successful request named the person or one of the tickets.',
  'Note: Possible: a list, a search, an export, a request whose ids the log does not show, or one that no rule matches may have shown the person. The log does not say.',
  'Note: A confirmed row is a visit: a series of requests by one agent for one record, with at most 30 minutes between them. A possible row is what an agent did of one kind on one day. Add --requests to show each request.',
];

describe('report subject', { concurrency: 2 }, () => {
  it('prints who has certainly seen a person, and who possibly', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const { status, stdout, stderr } = await runProgram(
        [...command, '--user', '417', '--tickets', '937,941'],
        settings,
      );
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.deepEqual(stdout.split('\n'), [
        'Accesses to user 417 and 2 tickets, 2026-11-02 to 2026-11-03 (UTC)',
        '',
        'Confirmed requests             3',
        'Confirmed visits               2',
        'Agents who made them           2',
        'Tickets seen                   1',
        'First                          2026-11-02 10:00:00',
        'Last                           2026-11-02 11:00:00',
        'By programs                    0',
        'Denied or failed, not counted  1',
        'Possible: lists                1',
        'Possible: searches             1',
        'Possible: exports              1',
        'Possible: no readable id       0',
        'Possible: unknown requests     1',
        '',
        'Tier       From                 Agent      Kind          Resource  Type    Requests  Until                Role   Agent id  IP address   Search  Program',
        'confirmed  2026-11-02 10:00:00  Al Admin   view, write   937       ticket         2  2026-11-02 10:05:00  admin  8         203.0.113.9          no',
        'confirmed  2026-11-02 11:00:00  Ann Agent  view          417       user           1  2026-11-02 11:00:00  agent  7         203.0.113.9          no',
        'possible   2026-11-02 12:00:00  Ann Agent  search                                 1  2026-11-02 12:00:00  agent  7         2001:db8::7  jane    no',
        'possible   2026-11-02 12:01:00  Al Admin   list                    ticket         1  2026-11-02 12:01:00  admin  8         203.0.113.9          no',
        'possible   2026-11-02 12:02:00  user 9     export                  user           1  2026-11-02 12:02:00         9         203.0.113.9          no',
        'possible   2026-11-02 12:03:00  Ann Agent  unclassified                           1  2026-11-02 12:03:00  agent  7         203.0.113.9          no',
        '',
        '6 rows.',
        '',
        ...statement,
        '',
      ]);
    });
  });

  it('with --pseudonymise prints nothing that identifies an agent or a search', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const flags = ['--user', '417', '--tickets', '937', '--tickets', '941', '--pseudonymise'];
      const json = await runProgram([...command, ...flags, '--format', 'json'], settings);
      assert.deepEqual([json.status, json.stderr], [0, '']);
      const { rows, details } = JSON.parse(json.stdout) as {
        rows: Record<string, unknown>[];
        details: Record<string, unknown>;
      };
      assert.deepEqual(rows[0], {
        tier: 'confirmed',
        time: '2026-11-02T10:00:00Z',
        agent: 'Agent 1',
        kind: 'view, write',
        resource_id: '937',
        resource_type: 'ticket',
        requests: 2,
        until: '2026-11-02T10:05:00Z',
        agent_role: 'admin',
        by_program: false,
      });
      assert.deepEqual(
        rows.map(({ tier, agent }) => [tier, agent]),
        [
          ['confirmed', 'Agent 1'],
          ['confirmed', 'Agent 2'],
          ['possible', 'Agent 2'],
          ['possible', 'Agent 1'],
          ['possible', 'Agent 3'],
          ['possible', 'Agent 2'],
        ],
      );
      assert.equal(details['confirmed_agents'], 2);
      const table = await runProgram([...command, ...flags], settings);
      for (const text of [json.stdout, table.stdout])
        assert.doesNotMatch(text, /Ann|Al Admin|user 9|203\.0\.113|2001:db8|jane/);
    });
  });

  it('writes the same rows as CSV and JSON, and into files', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const asked = [...command, '--user', '417', '--time-zone', 'Europe/Madrid'];
      const path = join(mkdtempSync(join(temporary, 'subject-')), 'jane.csv');
      const filed = await runProgram([...asked, '--output', path], settings);
      assert.deepEqual([filed.status, filed.stdout], [0, '']);
      assert.match(
        filed.stderr,
        /^Accesses to user 417, 2026-11-02 to 2026-11-03 \(Europe\/Madrid\)$/m,
      );
      assert.match(
        filed.stderr,
        /^Gap: 2026-11-02 00:00:00 to 2026-11-02 01:00:00 \(1h\) is not stored\.$/m,
      );
      assert.match(filed.stderr, /^Confirmed requests {13}1$/m);
      assert.match(filed.stderr, /^Wrote 5 rows to .*jane\.csv\.$/m);
      const lines = readFileSync(path, 'utf8').split('\r\n');
      assert.deepEqual(lines.slice(0, 3), [
        '\uFEFFtier,time,local_time,agent_name,kind,resource_id,resource_type,requests,until,local_until,agent_role,agent_id,ip_address,search_query,by_program',
        'confirmed,2026-11-02 11:00:00,2026-11-02 12:00:00,Ann Agent,view,417,user,1,2026-11-02 11:00:00,2026-11-02 12:00:00,agent,7,203.0.113.9,,false',
        'possible,2026-11-02 12:00:00,2026-11-02 13:00:00,Ann Agent,search,,,1,2026-11-02 12:00:00,2026-11-02 13:00:00,agent,7,2001:db8::7,jane,false',
      ]);
      const { stdout } = await runProgram([...asked, '--format', 'ndjson'], settings);
      const rows = stdout.trimEnd().split('\n');
      assert.equal(rows.length, 5);
      assert.equal((JSON.parse(rows[1] ?? '') as { search_query: string }).search_query, 'jane');
    });
  });

  it('refuses arguments that make no sense with a sentence for each and status 2', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const user =
        'Use the id of the person, digits only. The address of their profile in Zendesk shows it.\n';
      const table: [string, string][] = [
        [`--from ${day} --user jane@acme.example`, `--user is "jane@acme.example". ${user}`],
        [`--from ${day} --user 0`, `--user is "0". ${user}`],
        [
          `--from ${day} --user 417 --tickets 1,x`,
          '--tickets has "x". Use ids of tickets such as 1,2,3.\n',
        ],
        [
          `--from 2026-11-03 --to ${day} --user 417`,
          `--from 2026-11-03 is not before --to ${day}. Swap the two.\n`,
        ],
        [
          `--from ${day} --user 417 --time-zone Mars/Olympus`,
          '--time-zone is "Mars/Olympus". Use an IANA time zone such as Europe/Madrid or UTC.\n',
        ],
        [
          '--from 2999-01-01 --user 417',
          '--from 2999-01-01 is in the future. Use a time in the past.\n',
        ],
        [`--from ${day}`, "error: required option '--user <id>' not specified\n(see --help)\n"],
        [
          '--user 417',
          'Specify a time range: --days 30, --since "2 days ago", --month 2026-09, or --from 2026-01-31 with or without --to.\n',
        ],
      ];
      for (const [args, sentence] of table) {
        const { status, stdout, stderr } = await runProgram(
          ['report', 'subject', ...args.split(' ')],
          settings,
        );
        assert.deepEqual({ status, stdout, stderr }, { status: 2, stdout: '', stderr: sentence });
      }
      const old = await runProgram(
        ['report', 'subject', '--user', '417', '--from', '2025-01-01', '--to', '2025-02-01'],
        settings,
      );
      assert.deepEqual([old.status, old.stdout], [2, '']);
      assert.match(old.stderr, /^The access log .* for only 90 days\. Use a start at .*\n$/);
    });
  });
});
