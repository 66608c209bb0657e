import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram, startProgram } from '../support/program.ts';
import { compareLog, smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';

type Result = {
  account: string;
  complete: boolean;
  streams: {
    stream: string;
    complete: boolean;
    runs: { task: string; outcome: string; requests: number; new: number; error: string | null }[];
  }[];
  status: { stream: string; state: string; gaps: number }[];
};

describe('sync', { concurrency: 2 }, () => {
  it('pulls every stream completely, reports what it did and ends with status 0', async () => {
    await withAccount(smallAccount, async (account) => {
      const { status, stdout } = await runProgram(['sync'], account.settings);
      assert.equal(status, 0);
      for (const stream of ['audit_logs', 'access_logs'] as const) {
        const { stored, shown } = await compareLog(account, stream);
        assert.ok(stored.length > 500);
        assert.deepEqual(stored, shown);
      }
      const people = await account.query<{ id: string }>(
        'select id::text as id from zendesk.users where team_member order by id',
      );
      const team = account.simulator
        .users()
        .filter(({ active, role }) => active && role !== 'end-user')
        .map(({ id }) => String(id))
        .toSorted((a, b) => Number(a) - Number(b));
      assert.deepEqual(
        people.map(({ id }) => id),
        team,
      );
      const rows = (
        await account.query<{ rows: number }>(
          'select count(*)::integer as rows from zendesk.access_logs',
        )
      )[0]?.rows;
      assert.match(stdout, /^Stream +Task +Outcome +Requests +New +Changed +Late\n/);
      for (const line of [
        'audit_logs +live',
        'audit_logs +backfill',
        'access_logs +live',
        'access_logs +backfill',
        'users +listing',
      ])
        assert.match(stdout, new RegExp(`^${line} +complete +\\d+ +[\\d,]+ +\\d+ +0$`, 'm'));
      assert.match(stdout, /^Account acme, times in UTC\nStream +State +Covered from/m);
      assert.match(
        stdout,
        new RegExp(
          // The sync itself may take minutes.
          `^access_logs +ok +[-\\d]+ +[-\\d]+ [:\\d]+ +none +(?:[5-9]|\\d\\d)m +${rows?.toLocaleString('en-US')}$`,
          'm',
        ),
      );
    });
  });

  it('pulls only the named streams, and prints only the result as JSON on stdout', async () => {
    await withAccount(smallAccount, async ({ settings, simulator, query }) => {
      const { status, stdout } = await runProgram(['sync', 'users', 'access_logs', '--json'], {
        ...settings,
        LOG_LEVEL: 'trace',
      });
      assert.equal(status, 0);
      const result = JSON.parse(stdout) as Result;
      assert.equal(result.account, 'acme');
      assert.equal(result.complete, true);
      assert.deepEqual(
        result.streams.map(({ stream, complete, runs }) => [
          stream,
          complete,
          runs.map(({ task, outcome, error }) => [task, outcome, error]),
        ]),
        [
          [
            'access_logs',
            true,
            [
              ['live', 'complete', null],
              ['backfill', 'complete', null],
            ],
          ],
          ['users', true, [['listing', 'complete', null]]],
        ],
      );
      assert.deepEqual(
        result.status.map(({ stream, state, gaps }) => ({ stream, state, gaps })),
        [
          { stream: 'access_logs', state: 'ok', gaps: 0 },
          { stream: 'users', state: 'ok', gaps: 0 },
        ],
      );
      const fetched = result.streams[0]?.runs.reduce((sum, run) => sum + run.new, 0);
      assert.deepEqual(await query('select count(*)::integer as rows from zendesk.access_logs'), [
        { rows: fetched },
      ]);
      const asked = simulator.requests().filter(({ stream }) => stream === 'audit_logs');
      assert.deepEqual(asked, []);
    });
  });

  it('pulls what STREAMS names when no stream is named', async () => {
    await withAccount(smallAccount, async ({ settings, simulator }) => {
      const { status, stdout } = await runProgram(['sync', '--json'], {
        ...settings,
        STREAMS: 'users',
      });
      assert.equal(status, 0);
      assert.deepEqual(
        (JSON.parse(stdout) as Result).streams.map(({ stream }) => stream),
        ['users'],
      );
      assert.deepEqual(
        [...new Set(simulator.requests().map(({ stream }) => stream))],
        ['oauth', 'users'],
      );
    });
  });

  it('ends with status 1 and the reason when a stream is not available, and completes the others', async () => {
    await withAccount(smallAccount, async (account) => {
      account.simulator.addFault({ kind: '403-plan', stream: 'access_logs', times: Infinity });
      const first = await runProgram(['sync'], account.settings);
      assert.equal(first.status, 1);
      assert.match(first.stdout, /^access_logs +live +failed +0 +0 +0 +0$/m);
      assert.match(
        first.stdout,
        /^access_logs: Zendesk has just refused access_logs \(403\), which may be temporary, so the next run asks again\. If it persists: The access log is not available \(403\): it needs the add-on .*$/m,
      );
      await account.query(
        `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'`,
      );
      const { status, stdout, stderr } = await runProgram(['sync'], account.settings);
      assert.equal(status, 1);
      assert.match(stdout, /^access_logs +live +unavailable +0 +0 +0 +0$/m);
      assert.match(
        stdout,
        /^access_logs: The access log is not available \(403\): it needs the add-on .*$/m,
      );
      assert.match(stdout, /^access_logs +unavailable .*$/m);
      assert.match(stderr, /"level":"warn".*The access log is not available/);
      const { stored, shown } = await compareLog(account, 'audit_logs');
      assert.deepEqual(stored, shown);
      assert.match(stdout, /^users +listing +complete /m);
    });
  });

  it('ends with status 1 and says so in JSON when a stream fails, and completes the others', async () => {
    await withAccount(smallAccount, async (account) => {
      account.simulator.addFault({ kind: '401', stream: 'users', times: Infinity });
      const { status, stdout } = await runProgram(['sync', '--json'], account.settings);
      assert.equal(status, 1);
      const { complete, streams } = JSON.parse(stdout) as Result;
      assert.equal(complete, false);
      assert.deepEqual(
        streams.map((stream) => [stream.stream, stream.complete]),
        [
          ['audit_logs', true],
          ['access_logs', true],
          ['users', false],
        ],
      );
      assert.equal(streams[2]?.runs[0]?.outcome, 'failed');
      assert.match(streams[2]?.runs[0]?.error ?? '', /^Zendesk refuses the access token \(401\)/);
      const { stored, shown } = await compareLog(account, 'access_logs');
      assert.deepEqual(stored, shown);
    });
  });

  it('ends with status 2 and a sentence for names that are not streams, and does nothing', async () => {
    await withAccount(smallAccount, async ({ settings, simulator, query }) => {
      const { status, stdout, stderr } = await runProgram(
        ['sync', 'tickets', 'users', 'Users'],
        settings,
      );
      assert.deepEqual(
        { status, stdout, stderr },
        {
          status: 2,
          stdout: '',
          stderr:
            '"tickets" is not a stream. Use audit_logs, access_logs, users, or no name for all streams.\n' +
            '"Users" is not a stream. Use audit_logs, access_logs, users, or no name for all streams.\n',
        },
      );
      assert.deepEqual(simulator.requests(), []);
      assert.deepEqual(await query('select * from zendesk_sync.streams'), []);
    });
  });

  it('stops at a signal with status 1, and the next one continues there', async () => {
    await withAccount(
      { ...smallAccount, answerMs: 60, auditLogRowsPerDay: 100 },
      async (account) => {
        const first = startProgram(['sync'], account.settings);
        const pages = async (): Promise<number> =>
          (
            await account.query<{ pages: number }>(
              `select coalesce(sum(pages), 0)::integer as pages from zendesk_sync.fetches where stream = 'audit_logs' and kind = 'backfill'`,
            )
          )[0]?.pages ?? 0;
        await waitUntil(async () => (await pages()) >= 10);
        first.kill('SIGINT');
        const stopped = await first.ended;
        assert.deepEqual([stopped.status, stopped.signal], [1, null]);
        assert.match(
          stopped.stdout,
          /^audit_logs(?:, [a-z_]+)*: The run was stopped before its end\. The next run goes on where it stopped\.$/m,
        );
        const second = await runProgram(['sync'], account.settings);
        assert.equal(second.status, 0);
        const { stored, shown } = await compareLog(account, 'audit_logs');
        assert.deepEqual(stored, shown);
        const [read] = await account.query<{ again: number }>(
          `select sum(rows_seen - rows_new)::integer as again from zendesk_sync.fetches
           where stream = 'audit_logs' and kind = 'backfill' and outcome <> 'split'`,
        );
        // Of a span that proves too dense, up to four pages are read once more; from its start it would be ten.
        assert.ok((read?.again ?? Infinity) < 800, `${read?.again} rows were read twice`);
      },
    );
  });
});
