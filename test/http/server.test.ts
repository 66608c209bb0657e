import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createMetrics } from '../../src/http/metrics.ts';
import { startHttpServer, type HttpOptions, type HttpServer } from '../../src/http/server.ts';
import { loadStatus } from '../../src/ingest/status.ts';
import { collectLog } from '../support/collected-log.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { streams } from '../../src/streams/registry.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { readExposition, valueOf } from '../support/exposition.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { patienceMs } from '../support/patience.ts';
import { withClient } from '../support/query.ts';

/** Answers are not kept, so that a test sees every change. */
const times = { keepMs: 0, limitMs: patienceMs };

async function start(
  test: TestContext,
  databaseUrl: string,
  options: Partial<HttpOptions> = {},
): Promise<HttpServer> {
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    databases: [{ name: undefined, url: databaseUrl, accounts: [] }],
    metrics: createMetrics({ version: '1.2.3', nodeVersion: '24.0.0' }),
    scheduler: { listOverdue: () => [] },
    streams,
    signal: new AbortController().signal,
    log: collectLog(),
    times,
    ...options,
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= server.close());
  test.after(close);
  return { ...server, close };
}

type Answer = { status: number; type: string | null; body: string };

async function ask({ port }: HttpServer, path: string, method = 'GET'): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: await response.text(),
  };
}

const jsonType = 'application/json; charset=utf-8';
const json = (status: number, value: unknown): Answer => ({
  status,
  type: jsonType,
  body: `${JSON.stringify(value)}\n`,
});
const unreachable =
  'Postgres cannot be reached (ECONNREFUSED). Check that it is running and that DATABASE_URL points to it.';

describe('the HTTP server', { concurrency: true }, () => {
  it('says that the process is not alive when a schedule does not tick', async (test) => {
    await withLedger(async (_db, url) => {
      const scheduler = { listOverdue: () => ['acme users'] };
      const server = await start(test, url, { scheduler });
      assert.deepEqual(
        await ask(server, '/livez'),
        json(503, { alive: false, reason: 'Schedules are overdue: acme users.' }),
      );
    });
  });

  it('says that a working process is alive and ready, and shows the status from the database', async (test) => {
    await withLedger(async (db, url) => {
      const server = await start(test, url);
      assert.deepEqual(await ask(server, '/livez'), json(200, { alive: true }));
      assert.deepEqual(await ask(server, '/readyz'), json(200, { ready: true }));
      assert.deepEqual(await ask(server, '/status'), json(200, []));
      await takeLease(db, auditLogs);
      const [status] = await loadStatus(db, streams);
      assert.deepEqual(await ask(server, '/status'), json(200, [status]));
      assert.equal(status?.state, 'running');
    });
  });

  it('answers GET and HEAD of its paths, with any query, and nothing else', async (test) => {
    await withLedger(async (_, url) => {
      const server = await start(test, url);
      assert.deepEqual(await ask(server, '/livez?now'), json(200, { alive: true }));
      assert.deepEqual(await ask(server, '/readyz', 'HEAD'), {
        status: 200,
        type: jsonType,
        body: '',
      });
      const nothing = json(404, {
        reason: 'There is nothing here. The pages are /livez, /readyz, /status, /metrics.',
      });
      for (const path of ['/', '/livez/', '//livez', '/etc/passwd'])
        assert.deepEqual(await ask(server, path), nothing);
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
        assert.deepEqual(
          await ask(server, '/status', method),
          json(405, { reason: 'Only GET and HEAD are supported.' }),
        );
      const { headers } = await fetch(`http://127.0.0.1:${server.port}/livez`, { method: 'POST' });
      assert.equal(headers.get('allow'), 'GET, HEAD');
      assert.equal(headers.get('cache-control'), 'no-store');
    });
  });

  it('is alive but not ready while Postgres is down, says why, and is ready when it is back', async (test) => {
    await withLedger(async (_, url) => {
      const proxy = await startDatabaseProxy(url);
      test.after(() => proxy.close());
      const server = await start(test, proxy.url);
      assert.deepEqual(await ask(server, '/readyz'), json(200, { ready: true }));
      proxy.redirect('postgres://127.0.0.1:1/none');
      proxy.cut();
      assert.deepEqual(await ask(server, '/livez'), json(200, { alive: true }));
      const { status, body } = await ask(server, '/readyz');
      assert.equal(status, 503);
      assert.match(
        body,
        /^\{"ready":false,"reason":"Postgres cannot be reached \(.+\)\. Check that it is running and that DATABASE_URL points to it\."\}\n$/,
      );
      assert.equal((await ask(server, '/status')).status, 503);
      const metrics = await ask(server, '/metrics');
      assert.equal(metrics.status, 200);
      const families = readExposition(metrics.body);
      assert.equal(valueOf(families, 'zendesk_log_sync_database_up'), 0);
      assert.ok(!families.has('zendesk_log_sync_gaps'));
      assert.equal(
        valueOf(families, 'zendesk_log_sync_build_info', {
          version: '1.2.3',
          node_version: '24.0.0',
        }),
        1,
      );
      proxy.redirect(url);
      assert.deepEqual(await ask(server, '/readyz'), json(200, { ready: true }));
      const again = readExposition((await ask(server, '/metrics')).body);
      assert.equal(valueOf(again, 'zendesk_log_sync_database_up'), 1);
      assert.ok(again.has('zendesk_log_sync_gaps'));
    });
  });

  it('says that nothing answers at the address of the database', async (test) => {
    const server = await start(test, 'postgres://me:kr7-password@127.0.0.1:1/zendesk');
    assert.deepEqual(await ask(server, '/livez'), json(200, { alive: true }));
    assert.deepEqual(
      await ask(server, '/readyz'),
      json(503, { ready: false, reason: unreachable }),
    );
    assert.deepEqual(await ask(server, '/status'), json(503, { reason: unreachable }));
  });

  it('waits for a limited time for a database that accepts and stays silent', async (test) => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const server = await start(test, `postgres://me@127.0.0.1:${port}/zendesk`, {
      times: { keepMs: 0, limitMs: 300 },
    });
    const reason = 'Postgres did not answer in time.';
    const [alive, ready, status, metrics] = await Promise.all(
      ['/livez', '/readyz', '/status', '/metrics'].map((path) => ask(server, path)),
    );
    assert.deepEqual(alive, json(200, { alive: true }));
    assert.deepEqual(ready, json(503, { ready: false, reason }));
    assert.deepEqual(status, json(503, { reason }));
    assert.equal(metrics?.status, 200);
    assert.match(metrics.body, /^zendesk_log_sync_database_up 0$/m);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('is not ready before the migrations are applied, and not with those of a newer program', async (test) => {
    const database = await createEmptyTestDatabase();
    test.after(() => database.drop());
    const empty = await start(test, database.url);
    const { status, body } = await ask(empty, '/readyz');
    assert.equal(status, 503);
    assert.match(
      body,
      /^\{"ready":false,"reason":"The database lacks \d+ migrations of this program \(0000_tables, .+\); they are being applied, or run \\"migrate\\"\."\}\n$/,
    );
    assert.deepEqual(
      await ask(empty, '/status'),
      json(503, {
        reason:
          'The database does not have the tables of this version of zendesk-log-sync; run "migrate" or "sync" first.',
      }),
    );
    await withLedger(async (db, url) => {
      await db.query(
        `insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)`,
      );
      const newer = await start(test, url);
      assert.deepEqual(
        await ask(newer, '/readyz'),
        json(503, {
          ready: false,
          reason:
            'The database was migrated by a newer version of this program (1 migration unknown here); ' +
            'start that version, or restore a backup from before the upgrade.',
        }),
      );
    });
  });

  it('is not ready, but alive, after the signal that ends it', async (test) => {
    await withLedger(async (_, url) => {
      const stopping = new AbortController();
      const server = await start(test, url, { signal: stopping.signal });
      assert.equal((await ask(server, '/readyz')).status, 200);
      stopping.abort();
      assert.deepEqual(
        await ask(server, '/readyz'),
        json(503, { ready: false, reason: 'The process is being stopped.' }),
      );
      assert.equal((await ask(server, '/livez')).status, 200);
    });
  });

  it('queries the database once when many ask at the same time', async (test) => {
    await withLedger(async (_, url) => {
      const server = await start(test, url, { times: { keepMs: patienceMs, limitMs: patienceMs } });
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask(server, '/metrics')));
      assert.ok(answers.every(({ status }) => status === 200));
      const connections = await withClient(url, (query) =>
        query(
          `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name = 'zendesk-log-sync'`,
        ),
      );
      // The other one is the test's own.
      assert.ok(connections.length <= 2, `${connections.length} connections`);
    });
  });

  it('closes at once, also when a client keeps its connection', async (test) => {
    await withLedger(async (_, url) => {
      const server = await start(test, url);
      const { port } = server;
      assert.equal((await ask(server, '/livez')).status, 200);
      await server.close();
      await assert.rejects(fetch(`http://127.0.0.1:${port}/livez`));
    });
  });

  it('refuses an address where it cannot listen, in a sentence', async (test) => {
    const first = await start(test, 'postgres://127.0.0.1:1/none');
    await assert.rejects(start(test, 'postgres://127.0.0.1:1/none', { port: first.port }), {
      code: 'bad_input',
      message: `HTTP_PORT is ${first.port}, which another program already uses on 127.0.0.1. Set another port, or 0 to switch HTTP off.`,
    });
    await assert.rejects(start(test, 'postgres://127.0.0.1:1/none', { host: '192.0.2.1' }), {
      code: 'bad_input',
      message:
        'HTTP_HOST is "192.0.2.1", where nothing can listen (EADDRNOTAVAIL). Use an address of this machine: 127.0.0.1, or to 0.0.0.0 for every address.',
    });
    await assert.rejects(start(test, 'postgres://127.0.0.1:1/none', { host: 'no.such.invalid' }), {
      code: 'bad_input',
      message:
        /^HTTP_HOST is "no\.such\.invalid", where nothing can listen \(E\w+\)\. Use an address of this machine: /,
    });
  });
});
