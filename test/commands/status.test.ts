import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { createEmptyTestDatabase, withDatabase } from '../support/database.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { withClient, type Query } from '../support/query.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const now = Date.now();
/** Half an hour beyond the full hour, so that ages in hours stay the same while the test runs. */
const ago = (days: number, hours = 0): Date =>
  new Date(Math.floor((now - days * dayMs - hours * hourMs - hourMs / 2) / 1000) * 1000);
const day = (moment: Date): string => moment.toISOString().slice(0, 10);
const minute = (moment: Date): string => moment.toISOString().slice(0, 16).replace('T', ' ');

/** Puts a stream into the ledger as pulling it would. */
async function record(
  query: Query,
  stream: string,
  state: {
    account?: string;
    retentionDays?: number;
    horizon?: Date;
    unavailable?: string;
    covered?: readonly (readonly [Date, Date])[];
    rows?: number;
    runs?: readonly { task: string; at: Date; outcome: string | null; error?: string }[];
    heldUntil?: Date;
  },
): Promise<void> {
  const { account = 'acme' } = state;
  await query(
    `insert into zendesk_sync.streams (account, stream, retention_days, horizon, unavailable_since, unavailable_reason)
     values ($1, $2, $3, $4, case when $5::text is not null then now() end, $5)`,
    [account, stream, state.retentionDays, state.horizon, state.unavailable],
  );
  for (const [from, until] of state.covered ?? [])
    await query('insert into zendesk_sync.coverage values ($1, $2, $3, $4)', [
      account,
      stream,
      from,
      until,
    ]);
  await query(
    `insert into zendesk_sync.stored_rows (account, stream, day, rows) values ($1, $2, '2026-11-01', $3)`,
    [account, stream, state.rows ?? 0],
  );
  for (const { task, at, outcome, error } of state.runs ?? [])
    await query(
      `insert into zendesk_sync.runs (account, stream, task, holder, started_at, ended_at, outcome, error)
       values ($1, $2, $3, 'test', $4, case when $5::text is not null then $4::timestamptz end, $5, $6)`,
      [account, stream, task, at, outcome, error],
    );
  if (state.heldUntil !== undefined)
    await query(`insert into zendesk_sync.leases values ($1, $2, 'test', 1, $3)`, [
      account,
      stream,
      state.heldUntil,
    ]);
}

const complete = (task: string, at: Date): { task: string; at: Date; outcome: string } => ({
  task,
  at,
  outcome: 'complete',
});

describe('status', { concurrency: 2 }, () => {
  it('shows what is covered, what is missing and what is wrong, within 80 columns', async () => {
    await withDatabase((url) =>
      withClient(url, async (query) => {
        await record(query, 'audit_logs', {
          horizon: ago(800),
          covered: [[ago(800), ago(0, 1)]],
          rows: 1_234_567,
          runs: [complete('live', ago(0))],
          heldUntil: new Date(now + hourMs),
        });
        await record(query, 'access_logs', {
          retentionDays: 90,
          covered: [
            [ago(100), ago(95)],
            [ago(92), ago(42, 6)],
            [ago(40), ago(0, 2)],
          ],
          rows: 98_765_432,
          runs: [
            complete('live', ago(3)),
            {
              task: 'live',
              at: ago(0),
              outcome: 'failed',
              error: 'No usable answer from Zendesk.',
            },
          ],
        });
        await record(query, 'users', { unavailable: 'The list of users is not available (403).' });
        const { status, stdout, stderr } = await runProgram(['status'], { DATABASE_URL: url });
        assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
        assert.equal(
          stdout,
          [
            'Account acme, times in UTC',
            'Stream       State        Covered from  Covered until     Gaps  Lag        Rows',
            `audit_logs   running      ${day(ago(800))}    ${minute(ago(0, 1))}  none  1h    1,234,567`,
            `access_logs  failed       ${day(ago(92))}    ${minute(ago(42, 6))}  1     2h   98,765,432`,
            'users        unavailable                                                      0',
            'access_logs: No usable answer from Zendesk.',
            'access_logs: 3d were never stored, and Zendesk no longer has them.',
            'access_logs: 2d 6h are missing; Zendesk deletes the oldest part in 47d 17h.',
            `access_logs: last pulled successfully ${minute(ago(3))}.`,
            'users: The list of users is not available (403).',
            'audit_logs, access_logs: not verified yet.',
            '',
          ].join('\n'),
        );
        for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `too wide: ${line}`);
      }),
    );
  });

  it('prints the same sentence once, and shows states in colour on request', async () => {
    await withDatabase((url) =>
      withClient(url, async (query) => {
        const failed = [{ task: 'live', at: ago(0), outcome: 'failed', error: 'Zendesk is down.' }];
        await record(query, 'audit_logs', { runs: failed });
        await record(query, 'access_logs', { horizon: ago(3), runs: failed });
        const settings = { DATABASE_URL: url };
        const plain = await runProgram(['status'], settings);
        assert.ok(
          plain.stdout.includes('\naudit_logs, access_logs: Zendesk is down.\n'),
          plain.stdout,
        );
        const coloured = await runProgram(['status'], { ...settings, FORCE_COLOR: '1' });
        assert.ok(coloured.stdout.includes('  \u001B[31mfailed\u001B[39m'), coloured.stdout);
        assert.equal(stripVTControlCharacters(coloured.stdout), plain.stdout);
      }),
    );
  });

  it('--check ends with status 1 when a stream needs a person, and says why', async () => {
    await withDatabase((url) =>
      withClient(url, async (query) => {
        const check = async (
          more: Record<string, string> = {},
        ): Promise<{ status: number | null; stderr: string }> => {
          const { status, stderr } = await runProgram(['status', '--check'], {
            DATABASE_URL: url,
            ...more,
          });
          return { status, stderr };
        };
        assert.deepEqual(await check(), {
          status: 1,
          stderr: 'Nothing has been pulled yet. Run "sync" or "serve".\n',
        });
        const justNow = new Date(Date.now() - 60_000);
        await record(query, 'audit_logs', { runs: [complete('live', justNow)] });
        assert.deepEqual(await check(), { status: 0, stderr: '' });
        await record(query, 'access_logs', { unavailable: 'Zendesk has no access log (404).' });
        await record(query, 'users', { runs: [complete('listing', justNow)] });
        assert.deepEqual(await check(), {
          status: 1,
          stderr: 'acme access_logs needs attention: Zendesk refuses it.\n',
        });
        assert.deepEqual(await check({ STREAMS: 'audit_logs,users' }), { status: 0, stderr: '' });
      }),
    );
  });

  it('shows the state of scheduled reports, and --check says that one could not be written', async () => {
    await withDatabase(async (url) => {
      await withClient(url, async (query) => {
        await record(query, 'audit_logs', {
          covered: [[ago(30), ago(0)]],
          runs: [{ task: 'live', at: new Date(), outcome: 'complete' }],
        });
        await query(
          `insert into zendesk_sync.scheduled_reports (account, report, schedule, due_at, next_due_at, finished_at, file, rows, error)
           values ('acme', 'log', 'x', now(), '2030-01-01T06:00:00Z', '2026-11-02T06:00:01Z', 'acme-log.csv', 1204, null),
             ('acme', 'weekly', 'x', now(), '2030-01-01T06:00:00Z', '2026-11-02T06:00:01Z', 'acme-weekly.csv', 7, 'The disk is full.')`,
        );
        const found = await runProgram(['status', '--check'], { DATABASE_URL: url });
        const failed =
          'acme: the scheduled report weekly could not be written at 2026-11-02 06:00 UTC: The disk is full';
        assert.ok(
          found.stdout.includes(
            'acme: the scheduled report log was written at 2026-11-02 06:00 UTC (1,204 rows); next 2030-01-01 06:00 UTC.\n',
          ),
          found.stdout,
        );
        assert.ok(found.stdout.includes(`${failed}; next 2030-01-01 06:00 UTC.\n`), found.stdout);
        assert.equal(found.status, 1);
        assert.ok(found.stderr.endsWith(`${failed}.\n`), found.stderr);
      });
    });
  });

  it('--watch shows what has changed until a signal, and goes with no other option', async () => {
    await withDatabase((url) =>
      withClient(url, async (query) => {
        await record(query, 'users', { unavailable: 'No list of users.' });
        const watching = startProgram(['status', '--watch'], { DATABASE_URL: url });
        await watching.waitFor(/No list of users/);
        await query(`update zendesk_sync.streams set unavailable_reason = 'Another reason.'`);
        await watching.waitFor(/Another reason/);
        watching.kill('SIGINT');
        assert.equal((await watching.ended).status, 0);
        const { status, stderr } = await runProgram(['status', '--watch', '--json'], {
          DATABASE_URL: url,
        });
        assert.deepEqual(
          { status, stderr },
          {
            status: 2,
            stderr: '--watch runs until Ctrl-C. Leave out --json, or leave out --watch.\n',
          },
        );
      }),
    );
  });

  it('prints the rows of zendesk_sync.status as JSON', async () => {
    await withDatabase((url) =>
      withClient(url, async (query) => {
        await record(query, 'access_logs', {
          retentionDays: 90,
          covered: [[ago(91), ago(2)]],
          rows: 12,
          runs: [complete('live', ago(2))],
        });
        await record(query, 'users', { account: 'beta', runs: [complete('listing', ago(1))] });
        const { status, stdout, stderr } = await runProgram(['status', '--json'], {
          DATABASE_URL: url,
        });
        const ended = Date.now();
        assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
        const rows = JSON.parse(stdout) as Record<string, unknown>[];
        const [first, second] = rows;
        assert.equal(rows.length, 2);
        assert.deepEqual(
          { ...first, headroom_seconds: null, lag_seconds: null, covered_from: null },
          {
            account: 'acme',
            stream: 'access_logs',
            state: 'ok',
            covered_from: null,
            covered_until: ago(2).toISOString(),
            gaps: 0,
            gap_seconds: 0,
            lost_seconds: 0,
            headroom_seconds: null,
            lag_seconds: null,
            last_success: ago(2).toISOString(),
            last_error: null,
            last_error_code: null,
            last_error_at: null,
            rows: 12,
            quarantined: 0,
            losses: [],
            late_rows: [],
            anchors: [],
            removals: [],
            archived_rows: 0,
            verified_at: null,
            deeply_verified_at: null,
            verification_findings: 0,
            found: [],
            last_reconciliation: null,
          },
        );
        const lag = Number(first?.['lag_seconds']);
        const [least, most] = [now, ended].map((at) => (at - ago(2).getTime()) / 1000);
        assert.ok(least !== undefined && most !== undefined && lag >= least && lag <= most + 1);
        assert.ok(Math.abs(Number(first?.['headroom_seconds']) + lag - 90 * 86_400) < 2);
        assert.deepEqual(
          [second?.['account'], second?.['stream'], second?.['state']],
          ['beta', 'users', 'ok'],
        );
      }),
    );
  });

  it('says what to do when nothing was pulled yet, and when there are no tables', async () => {
    await withDatabase(async (url) => {
      const { status, stdout, stderr } = await runProgram(['status'], { DATABASE_URL: url });
      assert.deepEqual(
        { status, stdout, stderr },
        { status: 0, stdout: 'Nothing has been pulled yet. Run "sync" or "serve".\n', stderr: '' },
      );
      const { stdout: json } = await runProgram(['status', '--json'], { DATABASE_URL: url });
      assert.deepEqual(JSON.parse(json), []);
    });
    const empty = await createEmptyTestDatabase();
    try {
      for (const args of [['status'], ['status', '--json']]) {
        const { status, stdout, stderr } = await runProgram(args, { DATABASE_URL: empty.url });
        assert.deepEqual(
          { status, stdout, stderr },
          {
            status: 1,
            stdout: '',
            stderr:
              'The database does not have the tables of this version of zendesk-log-sync; run "migrate" or "sync" first.\n',
          },
        );
      }
    } finally {
      await empty.drop();
    }
  });
});
