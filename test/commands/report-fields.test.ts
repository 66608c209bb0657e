import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { storeAccesses } from '../support/accessed-rows.ts';
import { runProgram } from '../support/program.ts';
import { smallAccount, withAccount } from '../support/pulled-account.ts';
import { storePeople, withStored } from '../support/report-data.ts';
import { storeRecords } from '../support/stored-records.ts';

type Fields = Readonly<Record<string, unknown>>;

async function ask(settings: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runProgram(['report', ...args], settings);
  assert.equal(status, 0, stderr);
  return stdout;
}

async function askLines(
  settings: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Fields[]> {
  const text = await ask(settings, ...args, '--format', 'ndjson');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Fields);
}

/** What Zendesk leaves out is null in a stored record. */
function withoutNulls(record: object): Fields {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]: [string, unknown]) =>
      value === null ? [] : [[key, value]],
    ),
  );
}

const byId = (a: Fields, b: Fields): number => (String(a['id']) < String(b['id']) ? -1 : 1);

describe('the fields of a record', { concurrency: 2 }, () => {
  it('are given with --raw as Zendesk sent them, in reports on either log', async () => {
    const small = { ...smallAccount, accessLogDays: 1, accessLogRowsPerDay: 300 };
    await withAccount(small, async ({ settings, simulator }) => {
      assert.equal((await runProgram(['sync'], settings)).status, 0);
      const all = ['--since', '30 days ago', '--raw'];
      const changes = [...simulator.records('audit_logs', new Date(0), new Date())];
      const ids = new Set((await askLines(settings, 'log', ...all)).map(({ id }) => id));
      const stored = changes.filter(({ id }) => ids.has(id));
      assert.ok(stored.length > 10);
      assert.deepEqual(
        (await askLines(settings, 'log', ...all)).map(withoutNulls).toSorted(byId),
        stored.map(withoutNulls).toSorted(byId),
      );
      const requests = await askLines(settings, 'accessed', 'tickets', ...all);
      const sent = new Map(
        [...simulator.records('access_logs', new Date(0), new Date())].map((record) => [
          record['id'],
          record,
        ]),
      );
      assert.ok(requests.length > 10);
      assert.equal(new Set(requests.map(({ id }) => id)).size, requests.length, 'each record once');
      for (const request of requests)
        assert.deepEqual(withoutNulls(request), withoutNulls(sent.get(request['id']) ?? {}));
    });
  });

  it('of a user and of what they did come from Zendesk with --live', async () => {
    const small = { ...smallAccount, accessLogDays: 1, accessLogRowsPerDay: 10 };
    await withAccount(small, async ({ settings, simulator }) => {
      assert.equal((await runProgram(['sync', 'audit_logs', 'users'], settings)).status, 0);
      const records = [...simulator.records('audit_logs', new Date(0), new Date())];
      const actor = String(records.find(({ actor_id: id }) => Number(id) > 0)?.['actor_id']);
      const report = async (...flags: string[]) =>
        JSON.parse(await ask(settings, 'user', actor, '--format', 'json', ...flags)) as {
          details: { user: Fields } & Fields;
          rows: Fields[];
        };
      const raw = await report('--live', '--raw');
      const { user } = raw.details;
      assert.equal(String(user['id']), actor);
      assert.ok(Object.keys(user).length > 20, Object.keys(user).join());
      assert.ok('user_fields' in user && 'phone' in user && 'tags' in user);
      assert.deepEqual(
        raw.rows,
        records
          .filter(({ actor_id: id }) => String(id) === actor)
          .toSorted((a, b) => (String(a['created_at']) < String(b['created_at']) ? 1 : -1))
          .slice(0, 20),
      );
      const all = await report('--live', '--all-fields');
      assert.deepEqual(Object.keys(all.details), Object.keys(user));
      assert.equal(all.details['tags'], JSON.stringify(user['tags']));
      const same = (fields: Fields): Fields => {
        const { created_at: _, extra: __, ...row } = fields;
        return row;
      };
      const stored = await report('--all-fields');
      assert.equal(Object.keys(stored.rows[0] ?? {}).length, 13);
      assert.deepEqual(all.rows.map(same), stored.rows.map(same));
    });
  });

  it('have unknown fields and values without a column in their places', async () => {
    await withStored(async (db, settings) => {
      const created_at = '2026-09-01T10:00:00Z';
      await createPartitionKeeper(db)(auditLogs.table, [Date.parse(created_at)]);
      const record = {
        url: null,
        id: 7,
        action_label: null,
        actor_id: 'somebody',
        source_id: 5,
        source_type: 'rule',
        source_label: 'A rule',
        action: 'update',
        change_description: 'null \u0000 byte',
        ip_address: '10.0.0.1, 10.0.0.2',
        created_at,
        actor_name: null,
        approval: { by: [1, 2] },
      };
      await storeRecords(db, auditLogs, [record], {});
      const [raw] = await askLines(settings, 'log', '--month', '2026-09', '--raw');
      assert.deepEqual(raw, record);
      const [all] = await askLines(settings, 'log', '--month', '2026-09', '--all-fields');
      assert.deepEqual(JSON.parse(String(all?.['extra'])), {
        actor_id: 'somebody',
        approval: { by: [1, 2] },
        change_description: { json: JSON.stringify(record.change_description) },
        ip_address: record.ip_address,
      });
    });
  });

  it('are beside the columns of reports on the access log with --all-fields, one line for each request', async () => {
    await withStored(async (db, settings) => {
      await storePeople(db, [{ id: 7, name: 'Ann Agent', role: 'agent' }]);
      await storeAccesses(db, [
        { timestamp: '2026-11-02T10:00:00Z', url: '/api/v2/tickets/937' },
        { timestamp: '2026-11-02T10:01:00Z', url: '/api/v2/tickets/937/comments' },
        { timestamp: '2026-11-02T10:02:00Z', url: '/api/v2/users/417' },
      ]);
      const span = ['--from', '2026-11-02', '--to', '2026-11-03', '--all-fields'];
      const shown = (rows: readonly Fields[]): unknown[] =>
        rows.map((row) => [row['timestamp'], row['resource_id'] ?? '-', row['method'], row['url']]);
      const first = ['2026-11-02T10:00:00Z', '937', 'GET', '/api/v2/tickets/937'];
      const second = ['2026-11-02T10:01:00Z', '937', 'GET', '/api/v2/tickets/937/comments'];
      const third = ['2026-11-02T10:02:00Z', '417', 'GET', '/api/v2/users/417'];
      const accessed = await askLines(settings, 'accessed', 'tickets', ...span);
      assert.deepEqual(shown(accessed), [first, second]);
      assert.equal(accessed[0]?.['user_id'], '7');
      assert.equal(accessed[0]['agent_name'], 'Ann Agent');
      const agent = await askLines(settings, 'agent', '7', ...span);
      assert.deepEqual(shown(agent), [first, second, third]);
      const subject = ['subject', '--user', '417', '--tickets', '937'];
      assert.deepEqual(shown(await askLines(settings, ...subject, ...span)), [
        first,
        second,
        third,
      ]);
      assert.deepEqual(
        shown(await askLines(settings, 'ticket', '937', ...span)),
        [first, second].map(([time, , ...rest]) => [time, '-', ...rest]),
      );
      const lines = async (...args: string[]): Promise<number> =>
        (await askLines(settings, ...args, ...span.slice(0, -1))).length;
      assert.equal(await lines('agent', '7'), 2);
      assert.equal(await lines('agent', '7', '--requests'), 3);
      assert.equal(await lines(...subject), 2);
      assert.equal(await lines(...subject, '--requests'), 3);
    });
  });

  it('are refused in one sentence if they contradict other options', async () => {
    const table: [string, string][] = [
      [
        'log --days 3 --all-fields --raw',
        '--all-fields and --raw are both set. Use only one of them.\n',
      ],
      [
        'accessed tickets --days 3 --details --raw',
        '--details and --raw are both set. Use only one of them.\n',
      ],
      [
        'subject --user 7 --days 3 --pseudonymise --raw',
        '--pseudonymise cannot be used with --all-fields or --raw, which show who the agents are. Use only one of them.\n',
      ],
    ];
    for (const [args, sentence] of table) {
      const { status, stderr } = await runProgram(['report', ...args.split(' ')], {});
      assert.deepEqual({ status, stderr }, { status: 2, stderr: sentence });
    }
  });
});
