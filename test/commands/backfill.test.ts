import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '../support/program.ts';
import { smallAccount, withAccount } from '../support/pulled-account.ts';

const dayMs = 86_400_000;
const daysAgo = (days: number): string =>
  `${new Date(Date.now() - days * dayMs).toISOString().slice(0, 10)}T00:00:00Z`;

const covered = `select stream, to_char(covered_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as from,
    to_char(covered_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as to
  from zendesk_sync.coverage order by covered_from`;

describe('backfill', { concurrency: 2 }, () => {
  it('reads the given span, and covers only that span', async () => {
    await withAccount(smallAccount, async ({ settings, simulator, query }) => {
      const [from, to] = [daysAgo(9), daysAgo(4)];
      const { status, stdout } = await runProgram(
        ['backfill', 'access_logs', '--from', from, '--to', to],
        settings,
      );
      assert.equal(status, 0);
      const truth = [...simulator.records('access_logs', new Date(from), new Date(to))];
      assert.ok(truth.length > 500);
      const stored = await query<{ id: string }>(
        'select id from zendesk.access_logs where timestamp >= $1 and timestamp < $2',
        [from, to],
      );
      assert.deepEqual(
        stored.map(({ id }) => id).toSorted(),
        truth.map((record) => String(record['id'])).toSorted(),
      );
      const rows = stored.length.toLocaleString('en-US');
      assert.match(
        stdout,
        new RegExp(
          `^Stream +Task +Outcome +Requests +New +Changed +Late\\naccess_logs +backfill +complete +\\d +${rows} +0 +0\\n+$`,
        ),
      );
      assert.deepEqual(await query(covered), [{ stream: 'access_logs', from, to }]);
    });
  });

  it('reads a covered span again, finds nothing new, and says so as JSON', async () => {
    await withAccount(smallAccount, async ({ settings, simulator, query }) => {
      const [from, to] = [daysAgo(9), daysAgo(4)];
      const run = ['backfill', 'audit_logs', '--from', from.slice(0, 10), '--to', to, '--json'];
      const first = await runProgram(run, settings);
      const pages = (): number =>
        simulator.requests().filter(({ stream }) => stream === 'audit_logs').length;
      const pagesOnce = pages();
      const second = await runProgram(run, settings);
      const pagesAgain = pages() - pagesOnce;
      assert.deepEqual([first.status, second.status], [0, 0]);
      const [stored] = await query<{ rows: number }>(
        'select count(*)::integer as rows from zendesk.audit_logs',
      );
      assert.ok((stored?.rows ?? 0) > 50);
      const result = (requests: number, rows: number): unknown => ({
        account: 'acme',
        complete: true,
        streams: [
          {
            stream: 'audit_logs',
            complete: true,
            runs: [
              {
                task: 'backfill',
                outcome: 'complete',
                requests,
                new: rows,
                changed: 0,
                late: 0,
                code: null,
                error: null,
              },
            ],
          },
        ],
      });
      assert.deepEqual(JSON.parse(first.stdout), result(pagesOnce, stored?.rows ?? 0));
      assert.deepEqual(JSON.parse(second.stdout), result(pagesAgain, 0));
      assert.ok(pagesAgain > 0);
      assert.deepEqual(await query(covered), [{ stream: 'audit_logs', from, to }]);
    });
  });

  it('ends with status 1 and the reason when Zendesk refuses', async () => {
    await withAccount(smallAccount, async ({ settings, simulator, query }) => {
      simulator.addFault({ kind: '403-scope', stream: 'audit_logs', times: Infinity });
      const asked = ['backfill', 'audit_logs', '--from', daysAgo(9), '--to', daysAgo(4)];
      const first = await runProgram(asked, settings);
      assert.equal(first.status, 1);
      assert.match(first.stdout, /^audit_logs +backfill +failed +0 +0 +0 +0$/m);
      assert.match(
        first.stdout,
        /^audit_logs: Zendesk has just refused audit_logs \(403\), which may be temporary, so the next run asks again\. /m,
      );
      await query(
        `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'`,
      );
      const { status, stdout } = await runProgram(asked, settings);
      assert.equal(status, 1);
      assert.match(stdout, /^audit_logs +backfill +unavailable +0 +0 +0 +0$/m);
      assert.match(
        stdout,
        /^audit_logs: The audit log is not available \(403\): the token lacks the scope read; /m,
      );
      assert.deepEqual(await query(covered), []);
    });
  });

  it('refuses arguments that make no sense with a sentence for each, and does nothing', async () => {
    await withAccount(smallAccount, async ({ settings, simulator, query }) => {
      const expected =
        'Use a day such as 2026-01-31, or a time with its zone such as 2026-01-31T08:00:00Z.';
      const table: [string, string[], string | RegExp][] = [
        [
          'inverted',
          ['audit_logs', '--from', '2026-02-01', '--to', '2026-01-01'],
          '--from 2026-02-01 is not before --to 2026-01-01. Swap the two.\n',
        ],
        [
          'empty',
          ['audit_logs', '--from', '2026-02-01', '--to', '2026-02-01T01:00+01:00'],
          '--from 2026-02-01 is not before --to 2026-02-01T01:00+01:00. Swap the two.\n',
        ],
        [
          'unreadable, and no log',
          ['tickets', '--from', 'yesterday', '--to', '2026-02-31'],
          `"tickets" is not a log. Use audit_logs or access_logs.\n--from is "yesterday". ${expected}\n--to is "2026-02-31". ${expected}\n`,
        ],
        [
          'without a zone',
          ['audit_logs', '--from', '2026-01-01T08:00:00', '--to', '2026-02-01'],
          `--from is "2026-01-01T08:00:00". ${expected}\n`,
        ],
        [
          'people',
          ['users', '--from', '2026-01-01', '--to', '2026-02-01'],
          'users has no time range. Use audit_logs or access_logs, or run "sync users" for the people.\n',
        ],
        [
          'not kept any more',
          ['access_logs', '--from', '2024-01-01', '--to', '2024-02-01'],
          /^--from 2024-01-01 is more than 90 days ago; Zendesk keeps the access log for 90 days; start at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ or later\.\n$/,
        ],
        [
          'in the future',
          ['audit_logs', '--from', '2100-01-01', '--to', '2100-02-01'],
          '--from 2100-01-01 is in the future. Use a time in the past.\n',
        ],
      ];
      const ends = table.map(async ([name, args, sentence]) => {
        const { status, stdout, stderr } = await runProgram(['backfill', ...args], settings);
        assert.deepEqual({ name, status, stdout }, { name, status: 2, stdout: '' });
        if (typeof sentence === 'string') assert.equal(stderr, sentence);
        else assert.match(stderr, sentence);
      });
      await Promise.all(ends);
      assert.deepEqual(simulator.requests(), []);
      assert.deepEqual(await query('select * from zendesk_sync.streams'), []);
      assert.deepEqual(await query('select * from zendesk_sync.runs'), []);
    });
  });
});
