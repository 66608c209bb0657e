import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fingerprint } from '../../src/ingest/quarantine.ts';
import { version } from '../../src/version.ts';
import { withDatabase } from '../support/database.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';
import { runProgram } from '../support/program.ts';
import { withClient, type Query } from '../support/query.ts';
import { smallAccount } from '../support/small-account.ts';

/** Puts records into quarantine as an older version would have left them. */
async function put(query: Query, stream: string, contents: readonly (string | Buffer)[]) {
  await query(
    `insert into zendesk_sync.streams (account, stream) values ($1, $2) on conflict do nothing`,
    [account, stream],
  );
  for (const content of contents) {
    const bytes = Buffer.from(content);
    await query(
      `insert into zendesk_sync.quarantine (account, stream, record_id, code, reason, content, fingerprint, tried_by, first_seen, last_seen)
       values ($1, $2, 'r5', 'record_unreadable', 'It has no time.', $3, $4, '0.0.1', '2026-11-01T10:00:00Z', '2026-11-02T10:00:00Z')`,
      [account, stream, bytes, fingerprint(bytes)],
    );
  }
}

const good = '{"id": 5, "created_at": "2026-03-01T10:00:00Z", "action": "update", "big": 12}';
const bad = '{"id": 6, "created_at": "soon"}';
const odd = Buffer.from([0x7b, 0xff, 0x7d]);

type Run = (...argv: string[]) => ReturnType<typeof runProgram>;

async function withQuarantine(work: (run: Run, query: Query) => Promise<void>): Promise<void> {
  await withDatabase((url) =>
    withClient(url, async (query) => {
      await put(query, 'audit_logs', [good, bad, odd]);
      await work((...argv) => runProgram(['quarantine', ...argv], { DATABASE_URL: url }), query);
    }),
  );
}

describe('quarantine', { concurrency: 3 }, () => {
  it('lists what could not be stored, without its content', async () => {
    await withQuarantine(async (run) => {
      const { status, stdout, stderr } = await run('list', '--format', 'csv');
      assert.equal(status, 0);
      assert.deepEqual(stdout.split('\r\n'), [
        'number,stream,record_id,record_time,first_seen,last_seen,times_seen,bytes,code,reason',
        ...[good.length, bad.length, 3].map(
          (bytes, place) =>
            `${place + 1},audit_logs,r5,,2026-11-01T10:00:00Z,2026-11-02T10:00:00Z,1,${bytes},record_unreadable,It has no time.`,
        ),
        '',
      ]);
      assert.match(stderr, /^Coverage: 3 records could not be stored\. /m);
      const other = await run('list', '--stream', 'users', '--format', 'json');
      assert.deepEqual((JSON.parse(other.stdout) as { rows: unknown }).rows, []);
    });
  });

  it('shows a record unchanged, byte by byte on request', async () => {
    await withQuarantine(async (run) => {
      const shown = await run('show', '2', '--format', 'json');
      const report = JSON.parse(shown.stdout) as {
        rows: object[];
        details: Record<string, unknown>;
      };
      assert.deepEqual(report.rows, [{ content: bad }]);
      assert.equal(report.details['reason'], 'It has no time.');
      const raw = await run('show', '2', '--raw');
      assert.deepEqual([raw.status, raw.stdout], [0, bad]);
      const bytes = await run('show', '3', '--format', 'json');
      assert.deepEqual((JSON.parse(bytes.stdout) as { rows: object[] }).rows, [
        { content: '{\uFFFD}', base64: odd.toString('base64') },
      ]);
    });
  });

  it('says what is wrong with its arguments, with status 2', async () => {
    await withQuarantine(async (run) => {
      const unknown = await run('show', '99');
      assert.deepEqual(
        [unknown.status, unknown.stderr],
        [
          2,
          'No record of acme has the number 99 in quarantine. "quarantine list" shows the numbers.\n',
        ],
      );
      const wrong = await run('retry', 'x', '--stream', 'tickets', '--format', 'csv');
      assert.deepEqual(
        [wrong.status, wrong.stderr],
        [
          2,
          '--stream is "tickets". Use audit_logs, access_logs, users.\nThe number is "x". Use a number from "quarantine list", digits only.\n--format is "csv". Use table or json.\n',
        ],
      );
    });
  });

  it('stores on a retry what can be stored now, keeps the rest, and ends with status 1 while there is any', async () => {
    await withQuarantine(async (run, query) => {
      const one = await run('retry', '1', '--format', 'json');
      assert.deepEqual([one.status, one.stderr], [0, '']);
      assert.deepEqual((JSON.parse(one.stdout) as { streams: object[] }).streams[0], {
        stream: 'audit_logs',
        stored: 1,
        known: 0,
        left: 0,
      });
      assert.deepEqual(await query('select id, action, extra from zendesk.audit_logs'), [
        { id: '5', action: 'update', extra: { big: 12 } },
      ]);
      assert.deepEqual(await query('select changes from zendesk.audit_day'), [{ changes: 1 }]);
      const all = await run('retry');
      assert.equal(all.status, 1);
      assert.match(all.stdout, /audit_logs +0 +0 +2/);
      assert.deepEqual(
        await query('select id::text, tried_by, reason from zendesk_sync.quarantine order by id'),
        [
          { id: '2', tried_by: version, reason: 'Record 6 has no usable created_at.' },
          { id: '3', tried_by: version, reason: 'It has no time.' },
        ],
      );
    });
  });

  it('does not overwrite newer content with old content', async () => {
    await withQuarantine(async (run, query) => {
      await run('retry', '1');
      await put(query, 'audit_logs', [good.replace('update', 'create')]);
      const again = await run('retry', '4', '--format', 'json');
      assert.equal(again.status, 0);
      assert.match(again.stdout, /"known": 1/);
      assert.deepEqual(await query('select action from zendesk.audit_logs'), [
        { action: 'update' },
      ]);
      assert.deepEqual(await query('select id::integer from zendesk_sync.quarantine order by id'), [
        { id: 2 },
        { id: 3 },
      ]);
    });
  });

  it('is tried again by another version of the program at its first run', async () => {
    await withInstallation(smallAccount('audit_logs'), {}, async (installation) => {
      const { url } = installation;
      await withClient(url, async (query) => {
        await put(query, 'audit_logs', [good, bad]);
        await put(query, 'users', ['{"id": 77, "name": "Grace Hopper", "role": "agent"}']);
        await pullCompletely(installation, 'audit_logs');
        await installation.worker('users').follow(new AbortController().signal);
        assert.deepEqual(await query('select action from zendesk.audit_logs where id = 5'), [
          { action: 'update' },
        ]);
        assert.deepEqual(await query('select name from zendesk.users where id = 77'), [
          { name: 'Grace Hopper' },
        ]);
        assert.deepEqual(await query('select tried_by from zendesk_sync.quarantine'), [
          { tried_by: version },
        ]);
      });
    });
  });
});
