import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import {
  accessLimits,
  coverAccesses,
  outcomeNote,
  storeAccesses,
  storeState,
} from '../support/accessed-rows.ts';
import { runProgram, temporary } from '../support/program.ts';
import { storePeople, withStored } from '../support/report-data.ts';

const day = '2026-11-02';
const span = ['--from', day, '--to', '2026-11-03'];

/** A day on which Ann, Al, Dora (who has left) and an unknown person worked with tickets. */
async function storeDay(db: Database): Promise<void> {
  await storePeople(db, [
    { id: 7, name: 'Ann Agent', role: 'agent', email: 'ann@acme.example' },
    { id: 8, name: '=Al Admin', role: 'admin' },
    { id: 9, name: 'Dora', role: 'end-user', team_member: false, departed_at: '2026-11-10' },
  ]);
  await storeState(db, {
    id: 9,
    name: 'Dora',
    role: 'admin',
    from: '2026-01-01',
    to: '2026-11-10',
  });
  await storeState(db, { id: 9, name: 'Dora', role: 'end-user', from: '2026-11-10' });
  await storeAccesses(db, [
    { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/937?[...]' },
    { timestamp: `${day}T10:05:00Z`, url: '/api/v2/tickets/show_many.json?ids=1%2C2', user_id: 8 },
    { timestamp: `${day}T10:06:00Z`, url: '/api/v2/tickets/5', status: 403 },
    {
      timestamp: `${day}T10:07:00Z`,
      url: '/api/v2/tickets/937',
      method: 'PUT',
      user_id: 9,
      ip_address: '2001:db8::7',
    },
    { timestamp: `${day}T10:08:00Z`, url: '/api/v2/tickets/937', status: 500, user_id: 10 },
    { timestamp: `${day}T10:09:00Z`, url: '/api/v2/users/417' },
    { timestamp: `${day}T10:10:00Z`, url: '/api/v2/tickets.json' },
    { timestamp: `${day}T10:11:00Z`, url: '/api/v2/moon_phases/5' },
    { timestamp: '2026-11-03T00:00:00Z', url: '/api/v2/tickets/1' },
  ]);
  await refreshRollups(db, 'acme', [accessLogs]);
  await coverAccesses(db, `${day}T00:00:00Z`, '2026-11-03T00:00:00Z');
}

const statement = [
  'Coverage: The access log from 2026-11-02 00:00:00 to 2026-11-03 00:00:00 was read completely; not verified yet.',
  'Coverage: No rule recognises what 12.5 % of the requests on these days (1 of 8) were about.',
  'Gaps: none.',
  ...accessLimits,
  outcomeNote,
];

const visitNote =
  'Note: A visit is all that one agent asked for of one thing with no more than 30 minutes in between; --requests shows each request.';

describe('report accessed', { concurrency: 2 }, () => {
  it('prints who visited which ticket, when and from where, denied visits and departed agents too', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      await storeAccesses(
        db,
        [
          {
            timestamp: `${day}T10:20:00Z`,
            url: '/api/v2/tickets/937/comments',
            user_id: 10,
            status: 500,
          },
        ],
        'acme',
      );
      const { status, stdout, stderr } = await runProgram(
        ['report', 'accessed', 'tickets', ...span],
        settings,
      );
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.deepEqual(stdout.split('\n').slice(0, 12), [
        'Tickets accessed, 2026-11-02 to 2026-11-03 (UTC)',
        '',
        'Agent id  Agent      Role   Resource  From                 Kind   Outcome  Requests  Until                IP address   Program  Type',
        '7         Ann Agent  agent  937       2026-11-02 10:00:00  view   ok              1  2026-11-02 10:00:00  203.0.113.9  no       ticket',
        '8         =Al Admin  admin  1         2026-11-02 10:05:00  view   ok              1  2026-11-02 10:05:00  203.0.113.9  no       ticket',
        '8         =Al Admin  admin  2         2026-11-02 10:05:00  view   ok              1  2026-11-02 10:05:00  203.0.113.9  no       ticket',
        '7         Ann Agent  agent  5         2026-11-02 10:06:00  view   denied          1  2026-11-02 10:06:00  203.0.113.9  no       ticket',
        '9         Dora       admin  937       2026-11-02 10:07:00  write  ok              1  2026-11-02 10:07:00  2001:db8::7  no       ticket',
        '10        user 10           937       2026-11-02 10:08:00  view   failed          2  2026-11-02 10:20:00  203.0.113.9  no       ticket',
        '',
        '6 rows.',
        '',
      ]);
      assert.ok(stdout.includes(`\n${visitNote}\n${outcomeNote}\n`));
    });
  });

  it('prints who accessed which ticket with each request by --requests', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const { status, stdout, stderr } = await runProgram(
        ['report', 'accessed', 'tickets', ...span, '--requests'],
        settings,
      );
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.deepEqual(stdout.split('\n'), [
        'Tickets accessed, 2026-11-02 to 2026-11-03 (UTC)',
        '',
        'Agent id  Agent      Role   Resource  Time                 IP address   Outcome  Kind   Status  Program  Type',
        '7         Ann Agent  agent  937       2026-11-02 10:00:00  203.0.113.9  ok       view      200  no       ticket',
        '8         =Al Admin  admin  1         2026-11-02 10:05:00  203.0.113.9  ok       view      200  no       ticket',
        '8         =Al Admin  admin  2         2026-11-02 10:05:00  203.0.113.9  ok       view      200  no       ticket',
        '7         Ann Agent  agent  5         2026-11-02 10:06:00  203.0.113.9  denied   view      403  no       ticket',
        '9         Dora       admin  937       2026-11-02 10:07:00  2001:db8::7  ok       write     200  no       ticket',
        '10        user 10           937       2026-11-02 10:08:00  203.0.113.9  failed   view      500  no       ticket',
        '',
        '6 rows.',
        '',
        ...statement,
        '',
      ]);
    });
  });

  it('writes the same rows as CSV and JSON, also in files, and nothing that a spreadsheet would execute', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const ask = async (...flags: string[]): Promise<{ stdout: string; stderr: string }> => {
        const { status, stdout, stderr } = await runProgram(
          [
            'report',
            'accessed',
            'Ticket',
            ...span,
            '--requests',
            '--time-zone',
            'Europe/Madrid',
            ...flags,
          ],
          settings,
        );
        assert.equal(status, 0, stderr);
        return { stdout, stderr };
      };
      const path = join(mkdtempSync(join(temporary, 'accessed-')), 'tickets.csv');
      const filed = await ask('--output', path);
      assert.equal(filed.stdout, '');
      assert.match(
        filed.stderr,
        /^Tickets accessed, .*\nCoverage: [^]*\nWrote 6 rows to .*\.csv\.\n$/,
      );
      const lines = readFileSync(path, 'utf8').split('\r\n');
      assert.deepEqual(lines.slice(0, 3), [
        '\uFEFFagent_id,agent_name,agent_role,resource_id,time,local_time,ip_address,outcome,kind,status,by_program,resource_type',
        '7,Ann Agent,agent,937,2026-11-02 10:00:00,2026-11-02 11:00:00,203.0.113.9,ok,view,200,false,ticket',
        "8,'=Al Admin,admin,1,2026-11-02 10:05:00,2026-11-02 11:05:00,203.0.113.9,ok,view,200,false,ticket",
      ]);
      assert.equal(
        (await ask('--format', 'csv')).stdout.replaceAll(/(\d)T([\d:]+)Z/g, '$1 $2'),
        lines.join('\r\n').slice(1),
      );

      const ndjson = (await ask('--format', 'ndjson')).stdout.trimEnd().split('\n');
      assert.deepEqual(JSON.parse(ndjson[5] ?? ''), {
        agent_id: '10',
        agent_name: 'user 10',
        agent_role: null,
        resource_id: '937',
        time: '2026-11-02T10:08:00Z',
        local_time: '2026-11-02 11:08:00',
        ip_address: '203.0.113.9',
        outcome: 'failed',
        kind: 'view',
        status: 500,
        by_program: false,
        resource_type: 'ticket',
      });
      const json = JSON.parse((await ask('--format', 'json')).stdout) as {
        title: string;
        statement: { notes: string[] };
        rows: unknown[];
      };
      assert.equal(json.title, 'Tickets accessed, 2026-11-02 to 2026-11-03 (Europe/Madrid)');
      assert.deepEqual(json.statement.notes, [outcomeNote.replace('Note: ', '')]);
      assert.deepEqual(
        json.rows,
        ndjson.map((line) => JSON.parse(line) as unknown),
      );
    });
  });

  it('can be limited to one type, and to some agents or roles', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const ask = async (
        type: string,
        ...flags: string[]
      ): Promise<{ title: string; found: string[]; left: boolean }> => {
        const { status, stdout, stderr } = await runProgram(
          ['report', 'accessed', type, ...span, '--format', 'json', ...flags],
          settings,
        );
        assert.equal(status, 0, stderr);
        const {
          title,
          rows,
          statement: said,
        } = JSON.parse(stdout) as {
          title: string;
          rows: { agent_id: string; resource_id: string }[];
          statement: { notes: string[] };
        };
        return {
          title,
          found: rows.map((row) => `${row.agent_id} ${row.resource_id}`),
          left: said.notes.includes(
            '--role leaves out requests of people whose role at that time is unknown.',
          ),
        };
      };
      const dates = '2026-11-02 to 2026-11-03 (UTC)';
      assert.deepEqual(await ask('users'), {
        title: `Users accessed, ${dates}`,
        found: ['7 417'],
        left: false,
      });
      assert.deepEqual(await ask('ticket-forms'), {
        title: `Ticket forms accessed, ${dates}`,
        found: [],
        left: false,
      });
      assert.deepEqual(await ask('tickets', '--agent', 'ANN@acme.example', '--agent', '9'), {
        title: `Tickets accessed, ${dates}, by Ann Agent (7) and Dora (9)`,
        found: ['7 937', '7 5', '9 937'],
        left: false,
      });
      assert.deepEqual(await ask('tickets', '--role', 'admin'), {
        title: `Tickets accessed, ${dates}, role admin`,
        found: ['8 1', '8 2', '9 937'],
        left: true,
      });
      const everybody = ['7 937', '8 1', '8 2', '7 5', '9 937', '10 937'];
      assert.deepEqual(await ask('tickets', '--role', 'agent,admin'), {
        title: `Tickets accessed, ${dates}, role agent or admin`,
        found: everybody,
        left: false,
      });
    });
  });

  it('says what is missing of the last days', async () => {
    await withStored(async (db, settings) => {
      const now = Date.now();
      const hoursAgo = (hours: number): string => new Date(now - hours * 3_600_000).toISOString();
      await storeAccesses(db, [{ timestamp: hoursAgo(30), url: '/api/v2/tickets/1' }]);
      await coverAccesses(db, hoursAgo(36), hoursAgo(24));
      const { status, stdout } = await runProgram(
        ['report', 'accessed', 'tickets', '--days', '2'],
        settings,
      );
      assert.equal(status, 0);
      assert.match(stdout, /^1 row\.$/m);
      assert.match(
        stdout,
        /^Coverage: Of the access log from .*, 50\.0 % of the time was read completely; not verified yet\.$/m,
      );
      assert.match(stdout, /^Gap: \S+ \S+ to \S+ \S+ \((12h|11h 59m)\) is not stored\.$/m);
      assert.match(stdout, /^Gap: .* to now \(1d\) is not completely stored yet\.$/m);
    });
  });

  it('refuses arguments that make no sense with one sentence and status 2', async () => {
    await withStored(async (db, settings) => {
      await storeDay(db);
      const moment = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
      const table: [string, string | RegExp][] = [
        [
          'tikets --days 3',
          '"tikets" is not a type of resource that a rule knows. Did you mean tickets?\n',
        ],
        [
          'tickets',
          'Specify a time range: --days 30, --since "2 days ago", --month 2026-09, or --from 2026-01-31 with or without --to.\n',
        ],
        [
          `tickets --to ${day}`,
          'Specify a time range: --days 30, --since "2 days ago", --month 2026-09, or --from 2026-01-31 with or without --to.\n',
        ],
        [
          `tickets --days 3 --from ${day}`,
          '--days and --from or --to are both set. Specify the time range in one way only.\n',
        ],
        ['tickets --days 0', '--days is "0". Use a whole number from 1 to 36500.\n'],
        ['tickets --days 36501', '--days is "36501". Use a whole number from 1 to 36500.\n'],
        [
          `tickets --from 2026-11-03 --to ${day}`,
          `--from 2026-11-03 is not before --to ${day}. Swap the two.\n`,
        ],
        [
          'tickets --days 3 --time-zone Europe/Nowhere',
          '--time-zone is "Europe/Nowhere". Use an IANA time zone such as Europe/Madrid or UTC.\n',
        ],
        [
          'tickets --days 3 --role owner',
          '--role is "owner". Use agent, admin or both: agent,admin.\n',
        ],
        [
          'tickets --days 3 --agent nobody',
          'No user "nobody" is stored for the account acme. Use an id, an e-mail address or a full name.\n',
        ],
        [
          'tickets --from 2025-01-01 --to 2025-02-01',
          new RegExp(
            `^The access log from 2025-01-01 00:00:00 to 2025-02-01 00:00:00 is not stored, and Zendesk keeps it for only 90 days\\. Use a start at ${moment} or later\\.\\n$`,
          ),
        ],
      ];
      for (const [args, sentence] of table) {
        const { status, stdout, stderr } = await runProgram(
          ['report', 'accessed', ...args.split(' ')],
          settings,
        );
        assert.deepEqual({ status, stdout }, { status: 2, stdout: '' }, args);
        if (typeof sentence === 'string') assert.equal(stderr, sentence);
        else assert.match(stderr, sentence);
      }
    });
  });

  it('says so when the log was never pulled', async () => {
    await withStored(async (_, settings) => {
      const ask = (days: string) =>
        runProgram(['report', 'accessed', 'tickets', '--days', days], settings);
      const young = await ask('30');
      assert.equal(young.status, 0);
      assert.match(young.stdout, /^No rows\.$/m);
      assert.match(
        young.stdout,
        /^Coverage: No part of the access log from .* is completely stored\.$/m,
      );
      const old = await ask('200');
      assert.deepEqual([old.status, old.stdout], [2, '']);
      assert.match(old.stderr, /is not stored, and Zendesk keeps it for only 90 days\. /);
    });
  });
});
