import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import {
  accessLimits,
  coverAccesses,
  outcomeNote,
  storeAccesses,
} from '../support/accessed-rows.ts';
import { runProgram, temporary } from '../support/program.ts';
import { storePeople, withStored } from '../support/report-data.ts';

const day = '2026-11-02';
const span = ['--from', day, '--to', '2026-11-03'];

/** What Ann did on a day. */
async function storeDay(db: Database): Promise<void> {
  await storePeople(db, [
    { id: 7, name: 'Ann Agent', role: 'agent', email: 'ann@acme.example' },
    { id: 8, name: 'Al Admin', role: 'admin' },
  ]);
  await storeAccesses(db, [
    { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/937' },
    { timestamp: `${day}T10:01:00Z`, url: '/api/v2/search?query==cmd()' },
    {
      timestamp: `${day}T10:20:00Z`,
      url: '/api/v2/tickets/937/comments',
      ip_address: '198.51.100.9',
    },
    { timestamp: `${day}T10:21:00Z`, url: '/api/v2/tickets/937', user_id: 8 },
    { timestamp: `${day}T10:22:00Z`, url: '/api/v2/users/417', status: 404 },
    { timestamp: `${day}T10:23:00Z`, url: '/api/v2/incremental/tickets' },
    { timestamp: `${day}T10:24:00Z`, url: '/api/v2/users/me/settings.json' },
    { timestamp: '2026-11-03T00:00:00Z', url: '/api/v2/tickets/1' },
    { timestamp: `${day}T10:25:00Z`, url: '/api/v2/tickets/1', user_id: 10 },
  ]);
  await coverAccesses(db, `${day}T00:00:00Z`, '2026-11-03T00:00:00Z');
}

describe('report agent', { concurrency: 2 }, () => {
  it('prints visits, searches, exports and what was denied, by time', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const { status, stdout, stderr } = await runProgram(
        ['report', 'agent', 'ann@ACME.example', ...span],
        settings,
      );
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.deepEqual(stdout.split('\n'), [
        'Ann Agent (7): what they did, 2026-11-02 to 2026-11-03 (UTC)',
        '',
        'Requests             5',
        'Denied               1',
        'IP addresses         2',
        'First                2026-11-02 10:00:00',
        'Last                 2026-11-02 10:23:00',
        'Answered, by kind    view 2, export 1, search 1',
        'Different resources  ticket 1',
        '',
        'From                 Kind    Type    Resource  Search  Outcome  Until                Requests  IP address',
        '2026-11-02 10:00:00  view    ticket  937               ok       2026-11-02 10:20:00         2  198.51.100.9, 203.0.113.9',
        '2026-11-02 10:01:00  search                    =cmd()  ok       2026-11-02 10:01:00         1  203.0.113.9',
        '2026-11-02 10:22:00  view    user    417               denied   2026-11-02 10:22:00         1  203.0.113.9',
        '2026-11-02 10:23:00  export  ticket                    ok       2026-11-02 10:23:00         1  203.0.113.9',
        '',
        '4 rows.',
        '',
        'Coverage: The access log from 2026-11-02 00:00:00 to 2026-11-03 00:00:00 was read completely; not verified yet.',
        'Gaps: none.',
        ...accessLimits,
        'Note: Requests of one kind for one thing are one visit while there are at most 30 minutes between them. Each search, export, write and reading of a credential is listed separately. Add --requests to show each request.',
        outcomeNote,
        '',
      ]);
    });
  });

  it('writes the same rows as CSV and JSON, and into files', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const asked = ['report', 'agent', 'Ann Agent', ...span];
      const path = join(mkdtempSync(join(temporary, 'agent-')), 'ann.csv');
      const filed = await runProgram([...asked, '--output', path], settings);
      assert.deepEqual([filed.status, filed.stdout], [0, '']);
      assert.match(filed.stderr, /^Requests {13}5$/m);
      assert.deepEqual(readFileSync(path, 'utf8').split('\r\n').slice(0, 3), [
        '\uFEFFtime,kind,resource_type,resource_id,search_query,outcome,until,requests,ip_address',
        '2026-11-02 10:00:00,view,ticket,937,,ok,2026-11-02 10:20:00,2,"198.51.100.9, 203.0.113.9"',
        "2026-11-02 10:01:00,search,,,'=cmd(),ok,2026-11-02 10:01:00,1,203.0.113.9",
      ]);
      const ndjson = await runProgram([...asked, '--format', 'ndjson'], settings);
      const rows = ndjson.stdout.trimEnd().split('\n');
      const json = await runProgram([...asked, '--format', 'json'], settings);
      const report = JSON.parse(json.stdout) as { details: unknown; rows: unknown[] };
      assert.deepEqual(
        report.rows,
        rows.map((row) => JSON.parse(row) as unknown),
      );
      assert.equal(rows.length, 4);
      assert.deepEqual(report.details, {
        requests: 5,
        denied_requests: 1,
        addresses: 2,
        first_at: '2026-11-02T10:00:00Z',
        last_at: '2026-11-02T10:23:00Z',
        kinds: 'view 2, export 1, search 1',
        resources: 'ticket 1',
      });
    });
  });

  it('is empty for somebody who did nothing then, and works for somebody known only from the log', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const ask = async (agent: string, from: string): Promise<string[]> => {
        const { status, stdout } = await runProgram(
          ['report', 'agent', agent, '--from', from, '--to', '2026-11-03'],
          settings,
        );
        assert.equal(status, 0);
        return stdout.split('\n');
      };
      const idle = await ask('7', '2026-11-02T12:00:00Z');
      assert.deepEqual(idle.slice(0, 3), [
        'Ann Agent (7): what they did, 2026-11-02 12:00:00 to 2026-11-03 00:00:00 (UTC)',
        '',
        'No rows.',
      ]);
      assert.equal(
        (await ask('10', day))[0],
        `User (10): what they did, ${day} to 2026-11-03 (UTC)`,
      );
    });
  });

  it('refuses arguments that make no sense with one sentence and status 2', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const table: [string[], string | RegExp][] = [
        [
          ['nobody', '--from', day],
          'No user "nobody" is stored for the account acme. Use an id, an e-mail address or a full name.\n',
        ],
        [
          ['ann', '--from', day],
          'No user "ann" is stored for the account acme. Similar users are 7 (Ann Agent, ann@acme.example). Choose one by id.\n',
        ],
        [
          [' ', '--from', day],
          'The agent is empty. Use an id, an e-mail address or a full name.\n',
        ],
        [
          ['7', '--from', '2026-11-03', '--to', day],
          `--from 2026-11-03 is not before --to ${day}. Swap the two.\n`,
        ],
        [
          ['7', '--from', '2026-11-31'],
          '--from is "2026-11-31". Use a day such as 2026-01-31, or a time with its zone such as 2026-01-31T08:00:00Z.\n',
        ],
        [
          ['7', '--from', day, '--time-zone', 'CET2'],
          '--time-zone is "CET2". Use an IANA time zone such as Europe/Madrid or UTC.\n',
        ],
        [
          ['7', '--from', '2025-01-01', '--to', '2025-02-01'],
          /^The access log .* for only 90 days\. Use a start at .*\n$/,
        ],
      ];
      for (const [args, sentence] of table) {
        const { status, stdout, stderr } = await runProgram(['report', 'agent', ...args], settings);
        assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
        if (typeof sentence === 'string') assert.equal(stderr, sentence);
        else assert.match(stderr, sentence);
      }
    });
  });
});
