import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endsWithin, startProgram, type Program } from '../support/program.ts';
import {
  assertCoverageTrue,
  smallAccount,
  waitUntil,
  withAccount,
  type PulledAccount,
} from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';

const everySecond = '* * * * * *';
const never = '0 0 29 2 *';

/** After a signal the program ends within this time (README). */
const promisedMs = 10_000;

/** Stops a service by a signal and checks that it ended in good order; returns when the signal was sent. */
async function stop(service: Program, signal: 'SIGTERM' | 'SIGINT'): Promise<number> {
  const sentMs = Date.now();
  service.kill(signal);
  assert.ok(await endsWithin(service, promisedMs));
  const end = await service.ended;
  assert.deepEqual(
    { status: end.status, signal: end.signal },
    { status: 0, signal: null },
    end.stdout,
  );
  assert.match(end.stdout, /"msg":"stopped"\}\n$/);
  return sentMs;
}

/** Fails if there were requests after a signal, except those in progress: no more than were in progress at once before. */
function assertSilentSince({ simulator }: PulledAccount, sentMs: number): void {
  const requests = simulator.requests();
  const after = requests.filter(({ startedAt }) => startedAt > sentMs);
  const before = requests.filter(({ startedAt }) => startedAt <= sentMs);
  const atOnce = before.map(
    (one) =>
      before.filter(
        ({ startedAt, endedAt }) =>
          startedAt <= one.startedAt && (endedAt ?? Infinity) > one.startedAt,
      ).length,
  );
  assert.ok(after.length <= Math.max(...atOnce), JSON.stringify(after));
}

describe('serve', { concurrency: 2 }, () => {
  it('is the default command, pulls at once regardless of the schedules, and logs JSON', async () => {
    await withAccount(smallAccount, async ({ settings, query }) => {
      const service = startProgram([], {
        ...settings,
        AUDIT_LOGS_SCHEDULE: never,
        ACCESS_LOGS_SCHEDULE: never,
        USERS_SCHEDULE: never,
      });
      await waitUntil(async () => {
        const done = await query(
          `select from zendesk_sync.status where state = 'ok' and gaps = 0 and covered_until is not null and rows > 0`,
        );
        return done.length === 3;
      });
      await stop(service, 'SIGTERM');
      const { stdout, stderr } = await service.ended;
      assert.equal(stderr, '');
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      for (const { level, time, msg, percent } of lines) {
        assert.equal(level, 'info');
        assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        // Progress is told when it takes longer than ten seconds.
        if (percent !== undefined) continue;
        // People are listed again after a backfill; the signal may come while they are. Checkpoints come by the minute.
        const known = [
          'started',
          'run complete',
          'run interrupted',
          'checkpoint of the sealed log',
          'stopped',
        ];
        assert.ok(known.includes(String(msg)), String(msg));
      }
      const [{ time: _time, pid: _pid, hostname: _host, ...started } = {}] = lines;
      assert.deepEqual(started, {
        level: 'info',
        account: 'acme',
        streams: ['audit_logs', 'access_logs', 'users'],
        schedules: { audit_logs: never, access_logs: never, users: never },
        msg: 'started',
      });
    });
  });

  it('has new rows in the table within two ticks during a backfill, stops at a signal, and continues there', async () => {
    await withAccount(
      {
        // A day less than Zendesk keeps, so that no row expires while the test runs.
        accessLogDays: 89,
        accessLogRowsPerDay: 3000,
        anchor: new Date(Date.now() - 120_000),
        accessLogLiveRowsPerMinute: 120,
        answerMs: 400,
        limits: false,
      },
      async (account) => {
        const { settings, query } = account;
        const service = {
          ...settings,
          STREAMS: 'access_logs',
          ACCESS_LOGS_SCHEDULE: '*/2 * * * * *',
          ACCESS_LOGS_REQUESTS_PER_MINUTE: '300',
        };
        const first = startProgram(['serve'], service);
        await first.waitFor(/"task":"live".*"run complete"/);
        const from = new Date();
        const until = new Date(from.getTime() + 5000);
        // A time stamp is cut to a second.
        const live = (): Promise<{ ticks: number }[]> =>
          query(
            `select (select count(*)::integer from zendesk_sync.runs
                where task = 'live' and started_at >= timestamp + interval '1 second' and ended_at < first_synced_at) as ticks
             from zendesk.access_logs where timestamp >= $1 and timestamp < $2`,
            [from, until],
          );
        await waitUntil(() => Date.now() > until.getTime());
        const shown = [...account.simulator.records('access_logs', from, until)];
        assert.ok(shown.length > 0);
        await waitUntil(async () => (await live()).length >= shown.length);
        const without = Math.max(...(await live()).map(({ ticks }) => ticks));
        assert.ok(without < 2, `a row came only after ${without} ticks without it`);
        const [backfill] = await query<{ outcome: string | null }>(
          `select outcome from zendesk_sync.runs where task = 'backfill'`,
        );
        assert.equal(backfill?.outcome, null, 'the backfill is still going on');

        // In the middle of a span, so that there is something to continue.
        await waitUntil(async () => {
          const open = await query(
            `select from zendesk_sync.fetches
             where kind = 'backfill' and outcome is null and cursor is not null and pages between 1 and 3`,
          );
          return open.length > 0;
        });
        assertSilentSince(account, await stop(first, 'SIGTERM'));
        assert.ok((await assertCoverageTrue(account, 'access_logs')) > 0);
        const runs = await query('select from zendesk_sync.runs where ended_at is null');
        assert.deepEqual(runs, [], 'each run is recorded to its end');
        const leases = await query('select from zendesk_sync.leases where expires_at > now()');
        assert.deepEqual(leases, [], 'the lease is given back');

        const resumable = `select id, pages from zendesk_sync.fetches
          where kind = 'backfill' and outcome = 'failed' and error = 'Stopped before its end.' and cursor is not null and pages > 0`;
        const stopped = await query<{ id: string; pages: number }>(resumable);
        assert.ok(stopped.length > 0);
        const second = startProgram(['serve'], service);
        for (const { id, pages } of stopped)
          await waitUntil(async () => {
            const now = await query(
              `select from zendesk_sync.fetches
               where id = $1 and coalesce(outcome, 'complete') = 'complete' and pages > $2`,
              [id, pages],
            );
            return now.length === 1;
          });
        assertSilentSince(account, await stop(second, 'SIGINT'));
        assert.ok((await assertCoverageTrue(account, 'access_logs')) > 0);
      },
    );
  });

  it('ends in good order at a signal while Zendesk does not answer', async () => {
    await withAccount(smallAccount, async (account) => {
      account.simulator.addFault({
        kind: 'slow',
        ms: 120_000,
        times: Infinity,
        stream: 'audit_logs',
      });
      account.simulator.addFault({ kind: 'slow', ms: 120_000, times: Infinity, stream: 'users' });
      const service = startProgram(['serve'], { ...account.settings, STREAMS: 'audit_logs,users' });
      await waitUntil(() => {
        const asked = account.simulator.requests().map(({ stream }) => stream);
        return asked.includes('audit_logs') && asked.includes('users');
      });
      assertSilentSince(account, await stop(service, 'SIGTERM'));
      const runs = await account.query<{ outcome: string }>(
        'select outcome from zendesk_sync.runs',
      );
      assert.deepEqual(
        runs.map(({ outcome }) => outcome),
        ['interrupted', 'interrupted'],
      );
    });
  });

  it('ends within ten seconds at a signal with status 0 while Postgres does not answer', async () => {
    await withAccount(smallAccount, async ({ settings, databaseUrl }) => {
      // Its first run may have ended when the table is locked.
      const service = startProgram(['serve'], {
        ...settings,
        STREAMS: 'audit_logs',
        AUDIT_LOGS_SCHEDULE: everySecond,
      });
      await service.waitFor(/"started"/);
      await withClient(databaseUrl, async (query) => {
        await query('begin');
        await query('lock table zendesk_sync.fetches in access exclusive mode');
        // A copy of the same template has the same table under the same number.
        const waiting = `select from pg_locks
          where database = (select oid from pg_database where datname = current_database())
            and relation = 'zendesk_sync.fetches'::regclass and not granted`;
        await waitUntil(async () => (await query(waiting)).length > 0);
        service.kill('SIGTERM');
        assert.ok(await endsWithin(service, promisedMs));
        const { status, signal, stderr } = await service.ended;
        assert.deepEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
      });
    });
  });

  it('does not ask again for a stream that Zendesk has refused for minutes, and continues with the others', async () => {
    await withAccount(smallAccount, async ({ settings, simulator, query }) => {
      simulator.addFault({ kind: '403-plan', stream: 'access_logs', times: Infinity });
      const service = startProgram(['serve'], {
        ...settings,
        STREAMS: 'audit_logs,access_logs',
        ACCESS_LOGS_SCHEDULE: everySecond,
        AUDIT_LOGS_SCHEDULE: everySecond,
      });
      const countTicks = async (): Promise<number> => {
        const ticks = await query(
          `select from zendesk_sync.runs where stream = 'audit_logs' and task = 'live' and outcome = 'complete'`,
        );
        return ticks.length;
      };
      const countAsked = (): number =>
        simulator.requests().filter(({ stream }) => stream === 'access_logs').length;
      // The first refusals may be temporary: it keeps asking.
      await waitUntil(() => countAsked() > 3);
      await waitUntil(async () => {
        const refused = await query(
          `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'
           where stream = 'access_logs' and refused_since is not null returning 1`,
        );
        return refused.length === 1;
      });
      await waitUntil(async () => {
        const marked = await query(
          `select from zendesk_sync.streams where stream = 'access_logs' and unavailable_since is not null`,
        );
        return marked.length === 1;
      });
      const asked = countAsked();
      const ticks = await countTicks();
      await waitUntil(async () => (await countTicks()) >= ticks + 4);
      await stop(service, 'SIGTERM');
      assert.equal(countAsked(), asked);
      const [{ state, last_error: reason } = {}] = await query<Record<string, string>>(
        `select state, last_error from zendesk_sync.status where stream = 'access_logs'`,
      );
      assert.equal(state, 'unavailable');
      assert.match(reason ?? '', /^The access log is not available \(403\): it needs the add-on /);
    });
  });

  it('writes pretty log lines when LOG_FORMAT asks for them', async () => {
    await withAccount(smallAccount, async ({ settings }) => {
      const service = startProgram(['serve'], {
        ...settings,
        STREAMS: 'users',
        LOG_FORMAT: 'pretty',
      });
      await service.waitFor(/^\[\d\d:\d\d:\d\d\] INFO: run complete \{.*"stream":"users".*\}$/m);
      service.kill('SIGTERM');
      assert.equal((await service.ended).status, 0);
    });
  });
});
