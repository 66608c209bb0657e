import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withAccounts, type ListedAccount } from '../support/accounts.ts';
import { findFreePort } from '../support/free-port.ts';
import { waitUntil } from '../support/pulled-account.ts';

const live: ListedAccount['simulator'] = {
  subdomain: 'live',
  seed: 3,
  anchor: new Date(Date.now() - 120_000),
  accessLogDays: 1,
  accessLogRowsPerDay: 100,
  accessLogLiveRowsPerMinute: 240,
  auditLogDays: 0,
};

describe('serve with several accounts', () => {
  it('keeps one account up to date while another fills 90 days, a third gets 429 and a fourth is down', async () => {
    const port = await findFreePort();
    const listed: ListedAccount[] = [
      {
        simulator: {
          subdomain: 'dense',
          accessLogDays: 89,
          accessLogRowsPerDay: 20_000,
          answerMs: 800,
          limits: false,
        },
      },
      { simulator: { subdomain: 'limited', accessLogDays: 30 } },
      {
        simulator: { subdomain: 'down' },
        entry: { base_url: `http://127.0.0.1:${port}`, oauth_token_env: 'DOWN_TOKEN' },
      },
      { simulator: live },
    ];
    await withAccounts(listed, async ({ start, simulator, query }) => {
      simulator('limited').addFault({
        kind: '429-retry-after',
        stream: 'access_logs',
        seconds: 1,
        times: Infinity,
      });
      const service = start(['serve'], {
        STREAMS: 'access_logs',
        ACCESS_LOGS_SCHEDULE: '*/2 * * * * *',
        ACCESS_LOGS_REQUESTS_PER_MINUTE: '600',
        DOWN_TOKEN: 'qz4-down-token',
      });
      const pagesOfDense = async (): Promise<number> => {
        const [sum] = await query<{ pages: number }>(
          `select coalesce(sum(pages), 0)::integer as pages from zendesk_sync.fetches
           where account = 'dense' and kind = 'backfill'`,
        );
        return sum?.pages ?? 0;
      };
      // All of them are working.
      await waitUntil(async () => (await pagesOfDense()) > 2);
      await waitUntil(
        async () =>
          (
            await query(
              `select from zendesk_sync.budgets where account = 'limited' and pause_reason is not null`,
            )
          ).length === 1,
      );
      await waitUntil(
        async () =>
          (await query(`select from zendesk_sync.runs where account = 'down'`)).length > 0,
      );
      await service.waitFor(/"account":"live".*"task":"live".*"run complete"/);
      const pagesBefore = await pagesOfDense();
      const refusedBefore = simulator('limited').counts();

      const from = new Date();
      const until = new Date(from.getTime() + 6000);
      // A time stamp is cut to a second.
      const arrived = (): Promise<{ ticks: number }[]> =>
        query(
          `select (select count(*)::integer from zendesk_sync.runs r
              where r.account = 'live' and r.task = 'live'
                and r.started_at >= l.timestamp + interval '1 second' and r.ended_at < l.first_synced_at) as ticks
           from zendesk.access_logs l where account = 'live' and timestamp >= $1 and timestamp < $2`,
          [from, until],
        );
      await waitUntil(() => Date.now() > until.getTime());
      const shown = [...simulator('live').records('access_logs', from, until)];
      assert.ok(shown.length > 5, `${shown.length} new rows`);
      await waitUntil(async () => (await arrived()).length >= shown.length);
      const without = Math.max(...(await arrived()).map(({ ticks }) => ticks));
      assert.ok(without < 2, `a row came only after ${without} ticks without it`);

      // The others were working all the time.
      const busy = await query<{ account: string }>(
        `select distinct account from zendesk_sync.runs
         where account <> 'live' and outcome is distinct from 'complete' and coalesce(ended_at, now()) > $1
         order by account`,
        [from],
      );
      assert.deepEqual(
        busy.map(({ account }) => account),
        ['dense', 'down', 'limited'],
      );
      assert.ok((await pagesOfDense()) > pagesBefore);
      assert.notDeepEqual(simulator('limited').counts(), refusedBefore);
      assert.deepEqual(
        await query(
          `select distinct account from zendesk.access_logs where account not in ('dense', 'live')`,
        ),
        [],
      );

      service.kill('SIGTERM');
      const { status, stdout, stderr } = await service.ended;
      assert.deepEqual([status, stderr], [0, ''], stdout);
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(
        lines.filter(({ account }) => account === undefined),
        [],
        'each line says which account it is about',
      );
      assert.deepEqual(
        lines.filter(({ msg }) => msg === 'stopped').map(({ account }) => account),
        ['dense', 'limited', 'down', 'live'],
      );
      assert.deepEqual(
        await query('select from zendesk_sync.leases where expires_at > now()'),
        [],
        'every lease is given back',
      );
    });
  });
});
