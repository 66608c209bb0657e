import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { findFreePort } from '../support/free-port.ts';
import { endsWithin, startProgram } from '../support/program.ts';
import { smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';

describe('serve', () => {
  it('that was started before Postgres waits for it and says so', async () => {
    await withAccount(smallAccount, async ({ settings, databaseUrl, query }) => {
      const proxy = await startDatabaseProxy(databaseUrl);
      const nobody = new URL(proxy.url);
      nobody.port = String(await findFreePort());
      proxy.redirect(nobody.href);
      const service = startProgram(['serve'], { ...settings, DATABASE_URL: proxy.url });
      await service.waitFor(/waiting for Postgres: /);
      proxy.redirect(databaseUrl);
      await service.waitFor(/Postgres answers/);
      await waitUntil(async () => (await query('select from zendesk_sync.runs')).length > 0);
      service.kill('SIGTERM');
      assert.equal((await service.ended).status, 0);
      await proxy.close();
    });
  });

  it('that waits for Postgres ends with status 0 at a signal', async () => {
    await withAccount(smallAccount, async ({ settings, databaseUrl }) => {
      const nobody = new URL(databaseUrl);
      nobody.port = String(await findFreePort());
      const service = startProgram(['serve'], { ...settings, DATABASE_URL: nobody.href });
      await service.waitFor(/waiting for Postgres: .*ECONNREFUSED/);
      service.kill('SIGTERM');
      assert.ok(await endsWithin(service, 10_000));
      assert.equal((await service.ended).status, 0);
    });
  });

  it('does not wait for a database that does not exist', async () => {
    await withAccount(smallAccount, async ({ settings, databaseUrl }) => {
      const missing = new URL(databaseUrl);
      missing.pathname = '/no_such_database';
      const service = startProgram(['serve'], { ...settings, DATABASE_URL: missing.href });
      const { status, stderr } = await service.ended;
      assert.equal(status, 1);
      assert.match(stderr, /database "no_such_database" does not exist/);
    });
  });

  it('ends within ten seconds with status 0 while the database is silently cut off', async () => {
    await withAccount(smallAccount, async ({ settings, databaseUrl, query }) => {
      const proxy = await startDatabaseProxy(databaseUrl);
      const service = startProgram(['serve'], { ...settings, DATABASE_URL: proxy.url });
      await waitUntil(async () => (await query('select from zendesk_sync.fetches')).length > 0);
      proxy.silenceAll();
      service.kill('SIGTERM');
      assert.ok(await endsWithin(service, 10_000), service.written());
      assert.equal((await service.ended).status, 0, service.written());
      await proxy.close();
    });
  });
});
