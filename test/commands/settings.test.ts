import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertDiscreet, runProgram, temporary } from '../support/program.ts';
import { compareLog, smallAccount, withAccount } from '../support/pulled-account.ts';

describe('settings', { concurrency: 2 }, () => {
  it('are all checked at once: status 2, a sentence for each problem, and no secret in any', async () => {
    const secrets = ['kr7-client-secret ', 'kr7-token', 'kr7-database-password'];
    const settings = {
      DATABASE_URL: 'mysql://zls:kr7-database-password@db/zendesk',
      ZENDESK_SUBDOMAIN: 'https://acme.zendesk.com',
      ZENDESK_BASE_URL: 'http://acme.example',
      ZENDESK_CLIENT_ID: 'log-puller',
      ZENDESK_CLIENT_SECRET: 'kr7-client-secret ',
      ZENDESK_OAUTH_TOKEN: 'kr7-token',
      ACCESS_LOGS_SCHEDULE: 'hourly',
      STREAMS: 'audit_logs,tickets',
      SETTLE: '5',
      LOG_LEVEL: 'loud',
    };
    for (const command of ['serve', 'sync']) {
      const { status, stdout, stderr } = await runProgram([command], settings);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
      assertDiscreet(stderr, secrets);
      const lines = stderr.trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => line.split(' ')[0]),
        [
          'DATABASE_URL',
          'ACCESS_LOGS_SCHEDULE',
          'STREAMS',
          'SETTLE',
          'LOG_LEVEL',
          'ZENDESK_SUBDOMAIN',
          'ZENDESK_BASE_URL',
          'ZENDESK_CLIENT_SECRET',
          'ZENDESK_CLIENT_ID,',
        ],
      );
      assert.equal(
        lines[0],
        `DATABASE_URL is set to ${settings.DATABASE_URL.length} characters that are not shown here. Use ` +
          'postgres://user:password@host:5432/database, and check the scheme, the host and the port.',
      );
    }
  });

  it('of Zendesk are not needed by commands that do not talk to it', async () => {
    await withAccount(smallAccount, async ({ databaseUrl }) => {
      const { status } = await runProgram(['status'], {
        DATABASE_URL: databaseUrl,
        ZENDESK_SUBDOMAIN: '!',
      });
      assert.equal(status, 0);
    });
  });

  it('that are secret can come from files as well', async () => {
    await withAccount(smallAccount, async (account) => {
      const directory = join(temporary, 'secrets');
      mkdirSync(directory);
      const {
        DATABASE_URL: url = '',
        ZENDESK_CLIENT_SECRET: secret = '',
        ...open
      } = account.settings;
      writeFileSync(join(directory, 'url'), `${url}\n`);
      writeFileSync(join(directory, 'secret'), `${secret}\n`);
      const { status, stderr } = await runProgram(['sync', 'audit_logs'], {
        ...open,
        DATABASE_URL_FILE: join(directory, 'url'),
        ZENDESK_CLIENT_SECRET_FILE: join(directory, 'secret'),
      });
      assert.equal(status, 0, stderr);
      const { stored, shown } = await compareLog(account, 'audit_logs');
      assert.ok(stored.length > 500);
      assert.deepEqual(stored, shown);
    });
  });

  it('that name a file which is not there end with status 2', async () => {
    const { status, stdout, stderr } = await runProgram(['status'], {
      DATABASE_URL_FILE: '/nowhere/url',
    });
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 2,
        stdout: '',
        stderr:
          'DATABASE_URL_FILE is "/nowhere/url", which cannot be read (ENOENT). Check that it is a text file, and its path and permissions.\n',
      },
    );
  });

  it('choose how to log in: by a ready token, or by an API token, with a warning', async () => {
    await withAccount(smallAccount, async ({ settings, simulator }) => {
      const { ZENDESK_CLIENT_ID: _id, ZENDESK_CLIENT_SECRET: _secret, ...rest } = settings;
      const { readyToken, email, apiToken } = simulator.options.credentials;
      const token = await runProgram(['sync', 'users'], {
        ...rest,
        ZENDESK_OAUTH_TOKEN: readyToken,
      });
      assert.equal(token.status, 0);
      assert.doesNotMatch(token.stderr, /warn/);
      const legacy = await runProgram(['sync', 'users'], {
        ...rest,
        ZENDESK_USER_EMAIL: email,
        ZENDESK_API_TOKEN: apiToken,
      });
      assert.equal(legacy.status, 0);
      assert.match(legacy.stderr, /"level":"warn".*ZENDESK_API_TOKEN .*2027-04-30/);
      assert.deepEqual(
        [...new Set(simulator.requests().map(({ authorization }) => authorization))],
        ['bearer', 'basic'],
      );
    });
  });
});
