import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { ask } from '../simulator/simulated-account.ts';
import { coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { runProgram } from '../support/program.ts';
import { withAccount, type PulledAccount } from '../support/pulled-account.ts';
import { withStored } from '../support/report-data.ts';

const small = { accessLogDays: 1, accessLogRowsPerDay: 10, auditLogDays: 1, auditLogRowsPerDay: 1 };
const day = '2026-11-02';
const flags = [
  '--from',
  day,
  '--to',
  '2026-11-03',
  '--requests',
  '--details',
  '--format',
  'ndjson',
];

/** A simulated account, and a database in which somebody has opened records by these urls. */
async function withAccesses(
  urls: readonly string[],
  work: (account: PulledAccount, db: Database) => Promise<void>,
): Promise<void> {
  await withAccount(small, async (account) => {
    const db = openDatabase({ url: account.databaseUrl });
    try {
      await storeAccesses(
        db,
        urls.map((url) => ({ timestamp: `${day}T10:00:00Z`, url })),
      );
      await coverAccesses(db, `${day}T00:00:00Z`, '2026-11-03T00:00:00Z');
      await work(account, db);
    } finally {
      await db.close();
    }
  });
}

type Row = Record<string, string | null>;

async function report(
  type: string,
  { settings, simulator }: PulledAccount,
): Promise<{ rows: Row[]; stderr: string; asked: string[] }> {
  const before = simulator.requests().length;
  const { status, stdout, stderr } = await runProgram(
    ['report', 'accessed', type, ...flags],
    settings,
  );
  assert.equal(status, 0, stderr);
  const asked = simulator
    .requests()
    .slice(before)
    .filter(({ path }) => path.startsWith('/api/'));
  return {
    rows: stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row),
    stderr,
    asked: asked.map(({ path, query }) => {
      const ids = new URLSearchParams(query).get('ids')?.split(',') ?? [];
      return `${path} ${ids.length}`;
    }),
  };
}

const showMany = '/api/v2/tickets/show_many';

describe('report accessed --details', { concurrency: 2 }, () => {
  it('adds subject and requester of tickets, a hundred in a request, and keeps the row of a deleted ticket', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => index + 1);
    const urls = [0, 100, 200].map(
      (start) => `${showMany}.json?ids=${ids.slice(start, start + 100).join(',')}`,
    );
    await withAccesses([...urls, '/api/v2/tickets/7'], async (account, db) => {
      const shown = new Map<string, Row>();
      for (const start of [0, 100, 200]) {
        const some = ids.slice(start, start + 100).join(',');
        const { json } = await ask<{ tickets: Record<string, unknown>[] }>(
          account.simulator,
          showMany,
          [['ids', some]],
        );
        for (const ticket of json.tickets)
          shown.set(String(ticket['id']), {
            subject: String(ticket['subject']),
            requester: String(ticket['requester_id']),
          });
      }
      const { rows, stderr, asked } = await report('tickets', account);
      const requesters = new Set([...shown.values()].map(({ requester }) => requester)).size;
      assert.deepEqual(asked, [
        `${showMany} 100`,
        `${showMany} 100`,
        `${showMany} 50`,
        '/api/v2/users/show_many 100',
        '/api/v2/users/show_many 100',
        `/api/v2/users/show_many ${requesters - 200}`,
      ]);
      const [budget] = await db.query<{ spent: number }>(
        `select sum((entry ->> 1)::integer)::integer as spent
         from zendesk_sync.budgets, jsonb_array_elements(spent) as entry where budget_group = 'support'`,
      );
      assert.equal(budget?.spent, 6, 'every request was taken from the budget');

      assert.equal(rows.length, 251);
      const gone = rows.filter(({ record }) => record === 'gone');
      assert.ok(gone.length > 0);
      for (const row of rows) {
        const { subject, requester } = shown.get(row['resource_id'] ?? '') ?? {
          subject: null,
          requester: null,
        };
        assert.equal(row['record'], subject === null ? 'gone' : 'found');
        assert.equal(row['ticket_subject'], subject);
        assert.equal(row['requester_id'], requester);
        assert.equal(typeof row['requester_name'], subject === null ? 'object' : 'string');
      }
      assert.match(
        stderr,
        /^Note: Details are as Zendesk shows them now\. In the column Record, "gone" means /m,
      );
    });
  });

  it('adds name and e-mail address of users', async () => {
    await withAccesses(['/api/v2/users/1'], async (account) => {
      const { json } = await ask<{ users: Record<string, unknown>[] }>(
        account.simulator,
        '/api/v2/users',
        [['page[size]', 1]],
      );
      const [user] = json.users;
      const db = openDatabase({ url: account.databaseUrl });
      await storeAccesses(
        db,
        [{ timestamp: `${day}T11:00:00Z`, url: `/api/v2/users/${String(user?.['id'])}` }],
        'acme',
      );
      await db.close();
      const { rows, asked } = await report('users', account);
      assert.deepEqual(asked, ['/api/v2/users/show_many 2']);
      assert.deepEqual(
        rows.map((row) => [row['user_name'], row['user_email'], row['record']]),
        [
          [null, null, 'gone'],
          [user?.['name'], user?.['email'], 'found'],
        ],
      );
    });
  });

  it('is refused for types without details, and without settings for Zendesk', async () => {
    await withAccesses(['/api/v2/macros/1'], async ({ settings, simulator }) => {
      const { status, stdout, stderr } = await runProgram(
        ['report', 'accessed', 'macros', ...flags],
        settings,
      );
      assert.deepEqual(
        { status, stdout, stderr },
        {
          status: 2,
          stdout: '',
          stderr:
            '--details works only for tickets and users, not for the type macro. Leave out --details.\n',
        },
      );
      assert.deepEqual(simulator.requests(), []);
    });
    await withStored(async (_, settings) => {
      const { status, stdout, stderr } = await runProgram(
        ['report', 'accessed', 'tickets', ...flags],
        settings,
      );
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^No Zendesk account is set up yet\.\n/);
    });
  });

  it('prints nothing but the reason when Zendesk refuses the details', async () => {
    await withAccesses(['/api/v2/tickets/7'], async ({ settings, simulator }) => {
      simulator.addFault({ kind: '403-scope', stream: 'tickets', times: Infinity });
      const { status, stdout, stderr } = await runProgram(
        ['report', 'accessed', 'tickets', ...flags],
        { ...settings, LOG_LEVEL: 'error' },
      );
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(
        stderr,
        /^\/api\/v2\/tickets\/show_many is not available \(403\): the token lacks the scope /,
      );
    });
  });
});
