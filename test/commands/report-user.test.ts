import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { smallAccount, withAccount } from '../support/pulled-account.ts';
import { runProgram } from '../support/program.ts';
import {
  auditLimits,
  cover,
  storeChanges,
  storePeople,
  withStored,
} from '../support/report-data.ts';

const joe = {
  id: 1509756491122,
  name: 'Joe Agent',
  email: 'joe.agent@acme.example',
  role: 'admin',
  role_type: 4,
  last_login_at: '2026-01-29T15:31:16Z',
};
const changesOnly =
  'Limit: Activities are changes and sign-ins. What a user only looked at is in the access log.';

type JsonReport = {
  title: string;
  details: Record<string, unknown>;
  statement: { coverage: string[]; gaps: string[] };
  rows: Record<string, unknown>[];
};

describe('report user', { concurrency: 2 }, () => {
  it('prints who a user is and what they did last', async () => {
    await withStored(async (db, settings) => {
      await storePeople(db, [joe]);
      await db.query(
        `insert into zendesk.user_history (account, id, valid_from, valid_to, name, email, role, team_member)
         values ('acme', $1, '2025-01-01', '2026-01-01T08:00:00Z', 'Joe Trainee', null, 'agent', true)`,
        [joe.id],
      );
      await storeChanges(db, [
        { id: 1, created_at: '2026-01-02T00:00:00Z', source_label: 'Older' },
        { id: 2, created_at: '2026-01-03T00:00:00Z', source_label: 'Newer' },
        { id: 3, created_at: '2026-01-04T00:00:00Z', actor_id: 5 },
      ]);
      await cover(db, '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z');
      const { status, stdout, stderr } = await runProgram(
        ['report', 'user', 'JOE.agent@acme.example', '--last', '1'],
        settings,
      );
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.deepEqual(stdout.replace(/\(\d+d( \d+h)?\)/, '(days)').split('\n'), [
        'Joe Agent (1509756491122): the last activity',
        '',
        'Id           1509756491122',
        'Name         Joe Agent',
        'E-mail       joe.agent@acme.example',
        'Role         admin',
        'Role type    admin',
        'Team member  yes',
        'Last login   2026-01-29 15:31:16',
        'Previously   Joe Trainee, agent (until 2026-01-01 08:00:00)',
        '',
        'Time                 Person     What   Change                                 Action  Type             Actor id       IP address    Source id       Id',
        '2026-01-03 00:00:00  Joe Agent  Newer  Changed from 10 minutes to 30 minutes  update  account_setting  1509756491122  52.40.123.85  23639740139415  2',
        '',
        '1 row.',
        '',
        'Coverage: The audit log from 2026-01-01 00:00:00 to 2026-02-01 00:00:00 was read completely; not verified yet.',
        'Gap: 2026-02-01 00:00:00 to now (days) is not completely stored yet.',
        ...auditLimits,
        changesOnly,
        '',
      ]);
    });
  });

  it('refuses an unknown user, and a name of several people, with status 2', async () => {
    await withStored(async (db, settings) => {
      await storePeople(db, [
        joe,
        { id: 2, name: 'joe agent' },
        { id: 3, name: 'Ann\u001B[2J Agent' },
      ]);
      const table: [string, string][] = [
        [
          'nobody',
          'No user "nobody" is stored for the account acme. Use an id, an e-mail address or a full name.\n',
        ],
        [
          'ann',
          'No user "ann" is stored for the account acme. Similar users are 3 (Ann [2J Agent). Choose one by id.\n',
        ],
        [
          'Joe Agent',
          '"Joe Agent" matches 2 users: 2 (joe agent), 1509756491122 (Joe Agent, joe.agent@acme.example). Choose one by id.\n',
        ],
        ['', 'The user is empty. Use an id, an e-mail address or a full name.\n'],
      ];
      for (const [user, sentence] of table) {
        const { status, stdout, stderr } = await runProgram(['report', 'user', user], settings);
        assert.deepEqual({ status, stdout, stderr }, { status: 2, stdout: '', stderr: sentence });
      }
      const { status, stderr } = await runProgram(['report', 'user', '2', '--last', '0'], settings);
      assert.deepEqual(
        { status, stderr },
        { status: 2, stderr: '--last is "0". Use a whole number from 1 to 999999999.\n' },
      );
    });
  });

  it('with --live asks Zendesk within the budget, and prints the same as from the database', async () => {
    const small = { ...smallAccount, accessLogDays: 1, accessLogRowsPerDay: 10 };
    await withAccount(small, async ({ settings, simulator, query }) => {
      const migrated = await runProgram(['migrate'], settings);
      assert.equal(migrated.status, 0);
      const records = [...simulator.records('audit_logs', new Date(0), new Date())];
      const busiest = Map.groupBy(records, (record) => String(record['actor_id']))
        .entries()
        .toArray()
        .filter(([id]) => Number(id) > 0)
        .toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
      const ask = async (...flags: string[]): Promise<JsonReport> => {
        const { status, stdout, stderr } = await runProgram(
          ['report', 'user', String(busiest), '--last', '120', '--format', 'json', ...flags],
          settings,
        );
        assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
        return JSON.parse(stdout) as JsonReport;
      };

      const live = await ask('--live');
      assert.match(
        live.statement.coverage[0] ?? '',
        /^Read from Zendesk at .*; stored rows were not used\.$/,
      );
      const asked = simulator.requests().filter(({ path }) => path.startsWith('/api/'));
      const [budget] = await query<{ spent: unknown[] }>(
        `select spent from zendesk_sync.budgets where budget_group = 'support'`,
      );
      assert.equal(JSON.stringify(budget?.spent).length > 2, true, 'the budget was not spent');
      assert.ok(asked.length <= 3, `${asked.length} requests`);

      assert.equal((await runProgram(['sync', 'audit_logs', 'users'], settings)).status, 0);
      const stored = await ask();
      assert.equal(live.title, stored.title);
      assert.ok(live.rows.length > 1);
      assert.deepEqual(live.rows, stored.rows);
      for (const key of ['id', 'name', 'email', 'role', 'role_type', 'time_zone', 'created_at'])
        assert.equal(live.details[key], stored.details[key], key);
    });
  });

  it('with --live refuses an account that is not in the settings, and a user whom Zendesk does not know', async () => {
    await withAccount({ ...smallAccount, auditLogDays: 1 }, async ({ settings }) => {
      await runProgram(['migrate'], settings);
      const table: [string[], string][] = [
        [
          ['5', '--account', 'beta'],
          '--account is "beta", but the settings are for acme. Leave out one of --account and --live.\n',
        ],
        [['5'], 'Zendesk has no user 5 in the account acme.\n'],
        [
          ['5', '--last', '5000'],
          '--last is 5000. Use at most 1000 with --live, or leave out --live to read what is stored.\n',
        ],
      ];
      for (const [args, sentence] of table) {
        const { status, stderr } = await runProgram(
          ['report', 'user', ...args, '--live'],
          settings,
        );
        assert.deepEqual({ status, stderr }, { status: 2, stderr: sentence });
      }
    });
  });
});
