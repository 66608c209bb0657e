import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findFreePort } from '../support/free-port.ts';
import { runProgram, startProgram, temporary } from '../support/program.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// The embedded database has it.
returnToMachineClock();

// It brings its own database; one of another version has nothing to do with it.
describe('connection', { skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined }, () => {
  it('says how others reach the embedded database at EMBEDDED_PORT, and makes a login that reads and cannot write', async () => {
    const port = await findFreePort();
    const settings = {
      DATA_DIR: join(temporary, 'connection'),
      EMBEDDED_PORT: String(port),
      ZENDESK_SUBDOMAIN: 'acme',
      ZENDESK_OAUTH_TOKEN: 'no-such-token-0123456789',
      ZENDESK_BASE_URL: `http://127.0.0.1:${await findFreePort()}`,
    };
    const service = startProgram(['serve'], settings);
    await service.waitFor(/shows how other programs connect to it/);
    await service.waitFor(/"msg":"started"/);
    const owner = await runProgram(['connection'], settings);
    assert.equal(owner.status, 0, owner.stderr);
    assert.match(owner.stdout, new RegExp(`^port {6}${port}$`, 'm'));
    const [, ownUrl = ''] = /^url +(\S+)$/m.exec(owner.stdout) ?? [];
    await withClient(ownUrl, async (query) => {
      assert.equal((await query('select 1')).length, 1);
    });
    const made = await runProgram(['connection', '--role', 'reader', '--json'], settings);
    const { url, user, password } = JSON.parse(made.stdout) as Record<string, string>;
    assert.equal(user, 'zendesk_reader_login');
    assert.match(password ?? '', /^[0-9a-f]{48}$/);
    await withClient(url ?? '', async (query) => {
      await waitUntil(
        async () => (await query('select stream from zendesk_sync.status')).length > 0,
      );
      assert.deepEqual(
        await query(
          `select current_setting('jit') as jit, current_setting('statement_timeout') as timeout`,
        ),
        [{ jit: 'off', timeout: '1min' }],
      );
      await assert.rejects(query('delete from zendesk.users'), { code: '42501' });
    });
    const again = await runProgram(['connection', '--role', 'reader'], settings);
    assert.match(again.stdout, /^password {2}–$/m);
    assert.match(again.stderr, /Add --new-password to create a new one\./);
    const renewed = await runProgram(
      ['connection', '--role', 'reader', '--new-password', '--json'],
      settings,
    );
    const second = JSON.parse(renewed.stdout) as Record<string, string>;
    assert.notEqual(second['password'], password);
    await withClient(second['url'] ?? '', async (query) => {
      assert.equal((await query('select 1')).length, 1);
    });
    service.kill('SIGTERM');
    assert.equal((await service.ended).status, 0);

    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const { status, stderr } = await runProgram(['connection'], settings);
    other.close();
    assert.deepEqual(
      [status, stderr],
      [
        2,
        `The embedded PostgreSQL server cannot use port ${port} of 127.0.0.1, because another program uses it; choose another EMBEDDED_PORT, or stop that program.\n`,
      ],
    );
  });
});
