import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { readExposition, valueOf } from '../support/exposition.ts';
import { findFreePort } from '../support/free-port.ts';
import { listListeners } from '../support/listeners.ts';
import { runProgram, startProgram, type Environment, type Program } from '../support/program.ts';
import {
  smallAccount,
  waitUntil,
  withAccount,
  type PulledAccount,
} from '../support/pulled-account.ts';

const never = '0 0 29 2 *';
const once = {
  AUDIT_LOGS_SCHEDULE: never,
  ACCESS_LOGS_SCHEDULE: never,
  USERS_SCHEDULE: never,
};

/** A service that answers on a port of its own. */
type Service = Program & {
  readonly port: number;
  get(path: string): Promise<{ status: number; body: string }>;
};

async function startService(settings: Environment): Promise<Service> {
  const port = await findFreePort();
  const program = startProgram(['serve'], { ...settings, HTTP_PORT: String(port) });
  await program.waitFor(/"msg":"answering over HTTP"/);
  return {
    ...program,
    port,
    async get(path) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, body: await response.text() };
    },
  };
}

/** Waits for the first run of each stream, and until nothing runs. */
async function waitForPull({ query }: PulledAccount): Promise<void> {
  await waitUntil(async () => {
    const done = await query(
      `select from zendesk_sync.status s where state = 'ok' and gaps = 0 and covered_until is not null and rows > 0
         and not exists (select from zendesk_sync.runs r where ended_at is null)`,
    );
    return done.length === 3;
  });
}

async function stop(service: Program): Promise<void> {
  service.kill('SIGTERM');
  const { status, stdout } = await service.ended;
  assert.equal(status, 0, stdout);
}

const readinessOf = async (service: Service): Promise<number> =>
  (await service.get('/readyz')).status;

describe('the HTTP server of serve', { concurrency: 2 }, () => {
  it('shows health, what `status` shows, and counters that equal the rows of the tables', async () => {
    await withAccount(smallAccount, async (account) => {
      const { settings, query } = account;
      const service = await startService({ ...settings, ...once });
      assert.deepEqual(await service.get('/livez'), { status: 200, body: '{"alive":true}\n' });
      await waitUntil(async () => (await readinessOf(service)) === 200);
      await waitForPull(account);
      // A backfill brings people, who are then looked up by another run.
      await waitUntil(async () => {
        const families = readExposition((await service.get('/metrics')).body);
        const [rows] = await query<Record<string, number>>(
          `select (select count(*) from zendesk.audit_logs)::integer as audit_logs,
             (select count(*) from zendesk.access_logs)::integer as access_logs,
             (select count(*) from zendesk.users)::integer as users`,
        );
        return Object.entries(rows ?? {}).every(
          ([stream, count]) =>
            valueOf(families, 'zendesk_log_sync_rows_new_total', { account: 'acme', stream }) ===
            count,
        );
      });
      const steady = ({
        lag_seconds: _lag,
        headroom_seconds: _headroom,
        ...row
      }: Record<string, unknown>) => row;
      // What is kept for some seconds may be older than the last run, which may end in between.
      await waitUntil(async () => {
        const told = await runProgram(['status', '--json'], settings);
        assert.equal(told.status, 0);
        const rows = JSON.parse(told.stdout) as Record<string, unknown>[];
        assert.deepEqual(
          rows.map(({ stream, gaps }) => [stream, gaps]),
          [
            ['audit_logs', 0],
            ['access_logs', 0],
            ['users', 0],
          ],
        );
        const shown = JSON.parse((await service.get('/status')).body) as Record<string, unknown>[];
        return JSON.stringify(shown.map(steady)) === JSON.stringify(rows.map(steady));
      });
      await stop(service);
    });
  });

  it('listens only on 127.0.0.1, elsewhere if HTTP_HOST says so, and nowhere with HTTP_PORT=0', async (test) => {
    if (!existsSync('/proc/self/net/tcp')) return test.skip('needs /proc');
    await withAccount(smallAccount, async ({ settings }) => {
      const service = await startService({ ...settings, ...once });
      assert.deepEqual(listListeners(service.pid), [`127.0.0.1:${service.port}`]);
      await stop(service);
      const open = await startService({
        ...settings,
        ...once,
        HTTP_HOST: '0.0.0.0',
        HTTP_TOKEN: 'reader jane 0123456789abcdef',
      });
      assert.deepEqual(listListeners(open.pid), [`0.0.0.0:${open.port}`]);
      await stop(open);
      const silent = startProgram(['serve'], { ...settings, ...once, HTTP_PORT: '0' });
      await silent.waitFor(/"msg":"started"/);
      assert.deepEqual(listListeners(silent.pid), []);
      assert.doesNotMatch(silent.written(), /HTTP/);
      await stop(silent);
    });
  });

  it('is not served to other machines before something says who may see the page', async () => {
    const settings = {
      ZENDESK_SUBDOMAIN: 'acme',
      ZENDESK_OAUTH_TOKEN: 'token',
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
      HTTP_PORT: String(await findFreePort()),
      HTTP_HOST: '0.0.0.0',
    };
    const { status, stdout, stderr } = await runProgram(['serve'], settings);
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 2,
        stdout: '',
        stderr:
          'HTTP_HOST is "0.0.0.0", so other machines can reach the page, and nothing says who may see it. Set HTTP_TOKEN_FILE or HTTP_TRUSTED_PROXY, or HTTP_PAGE=off, which leaves only what monitoring asks.\n',
      },
    );
    await withAccount(smallAccount, async (account) => {
      const service = await startService({
        ...account.settings,
        ...once,
        HTTP_HOST: '0.0.0.0',
        HTTP_PAGE: 'off',
      });
      await waitUntil(async () => (await readinessOf(service)) === 200);
      assert.equal((await service.get('/')).status, 404);
      assert.equal((await service.get('/api/overview')).status, 404);
      await stop(service);
    });
  });

  it('ends the program with status 2 and one sentence when the port is taken, before anything is pulled', async () => {
    await withAccount(smallAccount, async ({ settings, simulator }) => {
      const { port } = new URL(simulator.url);
      const { status, stdout, stderr } = await runProgram(['serve'], {
        ...settings,
        HTTP_PORT: port,
      });
      assert.deepEqual(
        { status, stdout, stderr },
        {
          status: 2,
          stdout: '',
          stderr: `HTTP_PORT is ${port}, which another program already uses on 127.0.0.1. Set another port, or 0 to switch HTTP off.\n`,
        },
      );
      assert.deepEqual(simulator.requests(), []);
    });
  });

  it('stays alive while Postgres is down, is not ready meanwhile, and continues when it is back', async () => {
    await withAccount(smallAccount, async (account) => {
      const { settings, databaseUrl, query } = account;
      const proxy = await startDatabaseProxy(databaseUrl);
      try {
        const service = await startService({
          ...settings,
          DATABASE_URL: proxy.url,
          STREAMS: 'users',
          USERS_SCHEDULE: '* * * * * *',
        });
        await service.waitFor(/"msg":"run complete"/);
        await waitUntil(async () => (await readinessOf(service)) === 200);
        proxy.redirect('postgres://127.0.0.1:1/none');
        proxy.cut();
        await waitUntil(async () => (await readinessOf(service)) === 503);
        assert.deepEqual(await service.get('/livez'), { status: 200, body: '{"alive":true}\n' });
        assert.match((await service.get('/metrics')).body, /^zendesk_log_sync_database_up 0$/m);
        assert.equal((await service.get('/status')).status, 503);
        proxy.redirect(databaseUrl);
        await waitUntil(async () => (await readinessOf(service)) === 200);
        const [last] = await query<{ id: string }>(
          'select max(id)::text as id from zendesk_sync.runs',
        );
        await waitUntil(async () => {
          const next = await query(
            `select from zendesk_sync.runs where id > $1::bigint and outcome = 'complete'`,
            [last?.id],
          );
          return next.length > 0;
        });
        await stop(service);
      } finally {
        await proxy.close();
      }
    });
  });
});
