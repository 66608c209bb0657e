import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';
import { withDatabase } from '../support/database.ts';
import { unfold } from '../support/doctor-page.ts';
import { runProgram } from '../support/program.ts';

const path = '/api/v2/audit_logs';
const at = (hoursAgo: number): number => Math.floor(Date.now() / 1000) - hoursAgo * 3600;
const momentOf = (second: number): string =>
  `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;

type Ask = (...argv: string[]) => ReturnType<typeof runProgram>;

/** Runs `work` with a Zendesk whose records are bytes, and the program in front of it. */
async function withRawLogs(work: (server: RawLogServer, ask: Ask) => Promise<void>): Promise<void> {
  await withDatabase(async (url) => {
    const server = await startRawLogServer();
    const settings = {
      DATABASE_URL: url,
      ZENDESK_SUBDOMAIN: 'acme',
      ZENDESK_BASE_URL: server.origin,
      ZENDESK_OAUTH_TOKEN: 'token-of-raw-logs',
    };
    try {
      assert.equal((await runProgram(['migrate'], settings)).status, 0);
      await work(server, (...argv) => runProgram(argv, settings));
    } finally {
      server.close();
    }
  });
}

type Row = { field: string; raw: unknown };
type Statement = { coverage: string[]; gaps: string[] };
type Asked = { rows: Record<string, unknown>[]; statement: Statement };

async function askJson(ask: Ask, ...argv: string[]): Promise<Asked> {
  const { status, stdout, stderr } = await ask(...argv, '--format', 'json');
  assert.deepEqual([status, stderr], [0, '']);
  return JSON.parse(stdout) as Asked;
}

/** A record of what the user 7 did. */
function change(id: number, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ id, created_at: momentOf(at(id)), actor_id: 7, ...more });
}

describe('a record that cannot be read', { concurrency: 3 }, () => {
  it('makes audit show --live lose only the field that is wrong', async () => {
    await withRawLogs(async (server, ask) => {
      server.others[`${path}/5`] =
        '{"audit_log":{"id":5,"created_at":"soon","action":"update","actor_id":12345678901234567890}}';
      const { rows, statement } = await askJson(ask, 'audit', 'show', '5', '--live');
      const raw = (field: string): unknown =>
        (rows as unknown as Row[]).find((row) => row.field === field)?.raw;
      assert.deepEqual(['id', 'created_at', 'action', 'actor_id', 'extra'].map(raw), [
        '5',
        null,
        'update',
        '12345678901234567890',
        '{"action":"update","actor_id":12345678901234567890,"created_at":"soon","id":5}',
      ]);
      assert.deepEqual(statement.gaps, [
        'It cannot be stored as Zendesk sends it: Record 5 has no usable created_at.',
      ]);
    });
  });

  it('makes report user --live lose only that record, and affects no other people', async () => {
    await withRawLogs(async (server, ask) => {
      server.others['/api/v2/users/show_many'] =
        '{"users":[{"id":null,"name":"Nobody"},{"id":7,"name":"Ann","role":"admin"}]}';
      server.others[path] =
        `{"audit_logs":[${change(1)},${change(2, { created_at: 'soon' })},${change(3)},${change(3)},` +
        `${change(4, { actor_id: 8 })}],"meta":{"has_more":false}}`;
      const { rows, statement } = await askJson(ask, 'report', 'user', '007', '--live');
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['1', '3'],
      );
      assert.deepEqual(statement.gaps.slice(1), [
        'Zendesk also sent activities of other users. They are left out, so some activities may be missing.',
        'Of the activities that Zendesk sent, one record cannot be read (record 2 of the page (id 2): Record 2 has no usable created_at).',
      ]);
      server.others['/api/v2/users/show_many'] = '{"users":[{"name":"Ann"},5]}';
      const unknown = await askJson(ask, 'report', 'user', '7', '--live');
      assert.deepEqual(unknown.rows, rows);
      assert.equal(
        unknown.statement.gaps[1],
        'Zendesk did not say who the user is: 2 records cannot be read (the first: record 1 of the page: Zendesk sent a record in users without a usable id).',
      );
    });
  });

  it('is named by doctor, which uses the others', async () => {
    await withRawLogs(async (server, ask) => {
      const records = Array.from({ length: 50 }, (_, place) => at(2400 - place));
      const bad = (second: number): string => `{"id":1,"created_at":"${second}"}`;
      server.records = {
        audit_logs: records.map((second, place) => ({
          second,
          content: place % 10 === 0 ? bad(second) : change(place, { created_at: momentOf(second) }),
        })),
        access_logs: [{ second: at(10), content: '{"id":"a"}' }],
      };
      const { stdout } = await ask('doctor');
      const lines = unfold(stdout);
      const oldest = momentOf(records[1] ?? 0)
        .slice(0, 16)
        .replace('T', ' ');
      const quarantined =
        '-> A sync puts such a record into quarantine and stores the others: see "quarantine list". If there are many, try a newer version of this program.';
      const found = (title: string): string[] => {
        const place = lines.findIndex((line) => line.includes(` ${title}: `));
        return lines.slice(place, place + 2);
      };
      assert.deepEqual(found('Audit log'), [
        `warning Audit log: answers; oldest record ${oldest} UTC, AGE; 5 records cannot be read (the first: record 1 of the page (id 1): Record 1 has no usable created_at)`,
        quarantined,
      ]);
      assert.deepEqual(found('Access log'), [
        'problem Access log: answers with records, but none can be read; one record cannot be read (record 1 of the page (id a): Record a has no usable timestamp)',
        quarantined,
      ]);
    });
  });
});

describe('audit show', () => {
  it('keeps numbers that JavaScript cannot hold, live, stored and in previous versions', async () => {
    await withRawLogs(async (server, ask) => {
      const second = at(48);
      const record = (more: string): string =>
        `{"id":5,"created_at":"${momentOf(second)}","actor_id":9007199254740993,"n":12345678901234567890,${more}}`;
      const numbers = '"big":1e30,"exact":1.50';
      server.others[`${path}/5`] = `{"audit_log":${record(numbers)}}`;
      const show = async (...flags: string[]): Promise<Asked> =>
        askJson(ask, 'audit', 'show', '5', ...flags);
      const rawOf = ({ rows }: Asked, field: string, version: string): unknown =>
        rows.find((row) => row['field'] === field && row['version'] === version)?.['raw'];
      const extra = '{"big":1000000000000000000000000000000,"exact":1.50,"n":12345678901234567890}';
      const live = await show('--live');
      assert.equal(rawOf(live, 'actor_id', 'live'), '9007199254740993');
      assert.equal(
        rawOf(live, 'extra', 'live')?.toString().replace('1.50', '1.5'),
        extra.replace('1.50', '1.5'),
      );
      for (const content of [record('"big":1e30,"exact":1.25'), record(numbers)]) {
        server.records.audit_logs = [{ second, content }];
        assert.equal(
          (
            await ask(
              'backfill',
              'audit_logs',
              '--from',
              momentOf(at(60)),
              '--to',
              momentOf(at(40)),
            )
          ).status,
          0,
        );
      }
      const stored = await show();
      assert.equal(rawOf(stored, 'actor_id', 'stored'), '9007199254740993');
      assert.equal(rawOf(stored, 'extra', 'stored'), rawOf(live, 'extra', 'live'));
      assert.equal(rawOf(stored, 'extra', 'former 1'), extra.replace('1.50', '1.25'));
      assert.equal(
        (await show('--live')).statement.coverage[1],
        'It is stored here as Zendesk sends it.',
      );
    });
  });
});
