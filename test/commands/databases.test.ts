import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Accounts } from '../support/accounts.ts';
import { findFreePort } from '../support/free-port.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { openTwoDatabases, tokens } from '../support/two-databases.ts';

describe('accounts in two databases', () => {
  let accounts: Accounts;
  const run = (...args: string[]): ReturnType<Accounts['run']> => accounts.run(args, tokens);
  before(async () => {
    accounts = await openTwoDatabases();
    const { status, stderr } = await run('sync', '--json');
    assert.equal(status, 0, stderr);
  });
  after(() => accounts.close());

  it('are pulled by one "sync", each into its own', async () => {
    const stored = async (database: string): Promise<unknown> =>
      accounts.queryOf(database)('select account from zendesk.access_logs group by account');
    assert.deepEqual(await stored('east'), [{ account: 'acme' }]);
    assert.deepEqual(await stored('west'), [{ account: 'globex' }]);
  });

  it('are in one status', async () => {
    const { status, stdout } = await run('status', '--json');
    const rows = JSON.parse(stdout) as { account: string; stream: string }[];
    assert.equal(status, 0);
    assert.deepEqual(
      rows.map(({ account, stream }) => `${account} ${stream}`),
      ['acme', 'globex'].flatMap((account) =>
        ['audit_logs', 'access_logs', 'users'].map((stream) => `${account} ${stream}`),
      ),
    );
  });

  it('are each found by what is about one account, and all by what is about all', async () => {
    const report = await run('report', 'agent', '1', '--account', 'globex', '--days', '3');
    assert.match(report.stdout + report.stderr, /globex/);
    const verified = await run('verify', '--json');
    const logs = JSON.parse(verified.stdout) as { account: string; findings: unknown[] }[];
    assert.deepEqual(
      logs.map(({ account, findings }) => [account, findings]),
      [
        ['acme', []],
        ['globex', []],
      ],
    );
    assert.equal(verified.status, 0, verified.stderr);
  });

  it('leave no doubt which one a statement is for', async () => {
    const statement = 'select distinct account from zendesk_sync.streams';
    const unclear = await run('sql', statement);
    assert.equal(unclear.status, 2);
    assert.equal(
      unclear.stderr,
      'The settings have several databases (east, west). Choose one with --database, or an account with --account where the command has that.\n',
    );
    const west = await run('sql', statement, '--database', 'west', '--format', 'csv');
    assert.equal(west.stdout.trim(), 'account\r\nglobex');
    const south = await run('sql', statement, '--database', 'south');
    assert.equal(south.status, 2);
    assert.equal(
      south.stderr,
      '--database is "south", which the settings do not have. Use east, west.\n',
    );
  });

  it('do not wait for one that is away: it is named, and the others are asked', async () => {
    const whole = readFileSync(accounts.file, 'utf8');
    const away = `"postgres://127.0.0.1:${await findFreePort()}/zendesk"`;
    writeFileSync(accounts.file, whole.replace(/(east:\n {4}url: ).*/, `$1${away}`));
    const told =
      'Database east: Postgres cannot be reached (ECONNREFUSED). Check that it is running and that its url in ACCOUNTS_FILE points to it.\n';
    try {
      for (const [args, shown] of [
        [['status'], /^Account globex/m],
        [['verify'], /^Account globex/m],
        [['gaps'], /^Account globex: no gaps\.$/m],
        [['migrate'], /^west: The database is up to date\.$/m],
        [['archive', 'list'], /^Nothing is in the archive\.$/m],
      ] as const) {
        const { status, stdout, stderr } = await run(...args);
        assert.match(stdout, shown);
        assert.deepEqual(
          [status, stderr.endsWith(told)],
          [1, true],
          `${args.join(' ')}: ${stderr}`,
        );
      }
      for (const command of ['verify', 'gaps']) {
        const { stdout } = await run(command, '--json');
        const accountsOf = (JSON.parse(stdout) as { account: string }[]).map((one) => one.account);
        assert.deepEqual(accountsOf, ['globex'], command);
      }
      const keys = JSON.parse((await run('keys', 'show', '--json')).stdout) as {
        account: string;
        keys: unknown[] | null;
      }[];
      assert.deepEqual(
        Object.fromEntries(keys.map(({ account, keys: own }) => [account, own?.length ?? null])),
        { acme: null, globex: 1 },
      );
      const west = await run('keys', 'show', '--database', 'west');
      assert.deepEqual(west.stdout.match(/^Account \S+/gm), ['Account globex,']);
      writeFileSync(
        accounts.file,
        whole.replaceAll(/( url: ).*/g, `$1${away}`).replace('/zendesk"', '/other"'),
      );
      const { stdout, stderr } = await run('status');
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /^Database east: Postgres cannot be reached.*\nDatabase west: Postgres/m,
      );
    } finally {
      writeFileSync(accounts.file, whole);
    }
  });

  it('are brought to the present schema one after the other', async () => {
    const { status, stdout } = await run('migrate');
    assert.equal(status, 0);
    assert.equal(stdout, 'east: The database is up to date.\nwest: The database is up to date.\n');
  });

  it('are served by one process; one that is not reachable stops only its accounts, and is logged', async () => {
    const [port, nowhere] = [await findFreePort(), await findFreePort()];
    const file = readFileSync(accounts.file, 'utf8');
    writeFileSync(
      accounts.file,
      file.replace(/(west:\n {4}url: ).*/, `$1"postgres://127.0.0.1:${nowhere}/zendesk"`),
    );
    const service = accounts.start(['serve'], { ...tokens, HTTP_PORT: String(port) });
    const get = async (path: string): Promise<{ status: number; body: string }> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, body: await response.text() };
    };
    await service.waitFor(/"msg":"started"/);
    await service.waitFor(/waiting for Postgres: /);
    await waitUntil(async () => (await get('/readyz')).status === 200);
    const ready = JSON.parse((await get('/readyz')).body) as { ready: boolean; away: string[] };
    assert.equal(ready.ready, true);
    assert.match(ready.away.join(), /^Database west: Postgres cannot be reached/);
    await waitUntil(async () => {
      const { status, body } = await get('/status');
      const part = JSON.parse(body) as { reason: string; status?: { account: string }[] };
      return status === 503 && part.status?.every(({ account }) => account === 'acme') === true;
    });
    await waitUntil(async () => {
      const { body } = await get('/metrics');
      return (
        body.includes('zendesk_log_sync_database_up{database="east"} 1') &&
        body.includes('zendesk_log_sync_database_up{database="west"} 0') &&
        body.includes('zendesk_log_sync_gaps{account="acme",stream="audit_logs"}')
      );
    });
    await waitUntil(async () => {
      const { status, body } = await get('/api/overview');
      if (status !== 200) return false;
      const { parts } = JSON.parse(body) as {
        parts: { told: { account: string; found: string }[] };
      };
      return (
        'stream acme audit_logs' in parts &&
        parts.told.some(
          ({ account, found }) => account === 'globex' && found.startsWith('Database west: '),
        )
      );
    });
    service.kill('SIGTERM');
    assert.equal((await service.ended).status, 0);
    writeFileSync(accounts.file, file);
  });
});
