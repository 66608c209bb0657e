import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';
import {
  openAccounts,
  withAccounts,
  type Accounts,
  type ListedAccount,
} from '../support/accounts.ts';
import { runProgram, temporary } from '../support/program.ts';

type Pass = {
  account: string;
  complete: boolean;
  streams: {
    stream: string;
    complete: boolean;
    runs: { task: string; outcome: string; requests: number; new: number; error: string | null }[];
  }[];
  status: { account: string; stream: string; state: string; gaps: number }[];
};
type Passes = { complete: boolean; accounts: Pass[] };

/** The same seed and anchor: equal ids in both accounts. */
const twin: SimulatorSettings = {
  anchor: new Date(),
  agents: 8,
  accessLogDays: 4,
  accessLogRowsPerDay: 200,
  auditLogDays: 20,
  auditLogRowsPerDay: 20,
};
const acme: ListedAccount = {
  simulator: { ...twin, subdomain: 'acme', credentials: { clientSecret: 'qz4-acme-secret' } },
};
const globex: ListedAccount = {
  simulator: { ...twin, subdomain: 'globex', credentials: { readyToken: 'qz4-globex-token' } },
  entry: { oauth_token_env: 'GLOBEX_TOKEN', streams: ['audit_logs', 'access_logs'] },
};
const environment = { GLOBEX_TOKEN: 'qz4-globex-token', LOG_LEVEL: 'trace' };

describe('a file of accounts', () => {
  let accounts: Accounts;
  let pulled: Passes;
  const run = (...args: string[]): ReturnType<Accounts['run']> => accounts.run(args, environment);
  const countRequests = (): Record<string, number> =>
    Object.fromEntries(
      ['acme', 'globex'].map((name) => [name, accounts.simulator(name).requests().length]),
    );
  before(async () => {
    accounts = await openAccounts([acme, globex]);
    const { status, stdout, stderr } = await run('sync', '--json');
    assert.equal(status, 0, stderr);
    pulled = JSON.parse(stdout) as Passes;
  });
  after(() => accounts.close());

  it('is pulled completely by one "sync", each account with its own credentials and streams', () => {
    assert.equal(pulled.complete, true);
    assert.deepEqual(
      pulled.accounts.map(({ account, complete, streams, status }) => ({
        account,
        complete,
        streams: streams.map((pass) => [pass.stream, pass.complete]),
        status: status.map(({ account: of, stream, state, gaps }) => [of, stream, state, gaps]),
      })),
      [
        {
          account: 'acme',
          complete: true,
          streams: [
            ['audit_logs', true],
            ['access_logs', true],
            ['users', true],
          ],
          status: [
            ['acme', 'audit_logs', 'ok', 0],
            ['acme', 'access_logs', 'ok', 0],
            ['acme', 'users', 'ok', 0],
          ],
        },
        {
          account: 'globex',
          complete: true,
          streams: [
            ['audit_logs', true],
            ['access_logs', true],
          ],
          status: [
            ['globex', 'audit_logs', 'ok', 0],
            ['globex', 'access_logs', 'ok', 0],
          ],
        },
      ],
    );
    const minted = ['acme', 'globex'].map((name) =>
      accounts
        .simulator(name)
        .requests()
        .some(({ stream }) => stream === 'oauth'),
    );
    assert.deepEqual(minted, [true, false]);
  });

  for (const [stream, time] of [
    ['audit_logs', 'created_at'],
    ['access_logs', 'timestamp'],
  ] as const) {
    it(`keeps every row of ${stream} under its own account, although their ids are equal`, async () => {
      const until = new Date(Date.now() - 600_000);
      const rows = await accounts.query<{ account: string; ids: string[] }>(
        `select account, array_agg(id::text) as ids from zendesk.${stream} where ${time} < $1
         group by account order by account`,
        [until],
      );
      const shown = [...accounts.simulator('acme').records(stream, new Date(0), until)];
      const ids = shown.map((record) => String(record['id'])).toSorted();
      assert.ok(ids.length > 300, String(ids.length));
      assert.deepEqual(
        rows.map((row) => ({ account: row.account, ids: row.ids.toSorted() })),
        [
          { account: 'acme', ids },
          { account: 'globex', ids },
        ],
      );
      const changed = await accounts.query('select from zendesk.revisions');
      assert.deepEqual(changed, []);
    });
  }

  it('has one table of each account in "status"', async () => {
    const { status, stdout } = await run('status');
    assert.equal(status, 0);
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.startsWith('Account ')),
      ['Account acme, times in UTC', 'Account globex, times in UTC'],
    );
    const { stdout: json } = await run('status', '--json');
    assert.deepEqual(
      (JSON.parse(json) as Pass['status']).map(({ account, stream }) => [account, stream]),
      pulled.accounts.flatMap(({ status: own }) =>
        own.map(({ account, stream }) => [account, stream]),
      ),
    );
  });

  it('is pulled for only one account by "sync --account", which prints the result of that account', async () => {
    const asked = countRequests();
    const { status, stdout } = await run('sync', 'access_logs', '--account', 'globex', '--json');
    assert.equal(status, 0);
    const { account, complete, streams } = JSON.parse(stdout) as Pass;
    assert.deepEqual(
      { account, complete, streams: streams.map(({ stream }) => stream) },
      { account: 'globex', complete: true, streams: ['access_logs'] },
    );
    const askedThen = countRequests();
    assert.equal(askedThen['acme'], asked['acme']);
    assert.ok((askedThen['globex'] ?? 0) > (asked['globex'] ?? 0));
  });

  it('makes "backfill" require an account, and then only that one is read', async () => {
    const day = (ago: number): string =>
      new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
    const backfill = ['backfill', 'access_logs', '--from', day(3), '--to', day(1)];
    const asked = countRequests();
    const unclear = await run(...backfill);
    assert.deepEqual(
      [unclear.status, unclear.stdout, unclear.stderr],
      [2, '', 'The settings have several accounts (acme, globex). Choose one with --account.\n'],
    );
    const { status, stdout } = await run(...backfill, '--account', 'acme', '--json');
    assert.equal(status, 0);
    const { account, complete, streams } = JSON.parse(stdout) as Pass;
    assert.deepEqual([account, complete], ['acme', true]);
    assert.deepEqual(
      streams[0]?.runs.map(({ task, outcome, new: fresh }) => [task, outcome, fresh]),
      [['backfill', 'complete', 0]],
    );
    const askedThen = countRequests();
    assert.equal(askedThen['globex'], asked['globex']);
    assert.ok((askedThen['acme'] ?? 0) > (asked['acme'] ?? 0));
  });

  for (const command of [
    ['sync'],
    ['backfill', 'audit_logs', '--from', '2026-01-01', '--to', '2026-01-02'],
    ['doctor'],
    ['report', 'user', '1', '--live'],
  ])
    it(`does not have the account that "${command.slice(0, 2).join(' ')}" names, and the message says so`, async () => {
      const { status, stdout, stderr } = await run(...command, '--account', 'initech');
      assert.deepEqual(
        [status, stdout, stderr],
        [2, '', '--account is "initech", which the settings do not have. Use acme, globex.\n'],
      );
    });

  it('is examined by "doctor" account by account', async () => {
    const { status, stdout } = await run('doctor', '--json');
    const { ok, accounts: pages } = JSON.parse(stdout) as {
      ok: boolean;
      accounts: { account: string; origin: string; ok: boolean; checks: { name: string }[] }[];
    };
    assert.deepEqual([status, ok], [0, true], stdout);
    assert.deepEqual(
      pages.map(({ account, origin, ok: well }) => [account, origin, well]),
      ['acme', 'globex'].map((name) => [name, accounts.simulator(name).url, true]),
    );
    const asked = countRequests();
    const { stdout: one } = await run('doctor', '--account', 'globex', '--json');
    const { account, checks } = JSON.parse(one) as (typeof pages)[number];
    assert.equal(account, 'globex');
    // The logins of readers belong to the server, where other tests make some meanwhile.
    const countOwn = (page: readonly { name: string }[] | undefined): number | undefined =>
      page?.filter(({ name }) => name !== 'readers').length;
    assert.equal(countOwn(checks), countOwn(pages[1]?.checks));
    assert.equal(countRequests()['acme'], asked['acme']);
  });

  it('is answered by reports for one account at a time, from the database and live', async () => {
    const user = String(accounts.simulator('acme').users()[0]?.id);
    const report = ['report', 'user', user, '--format', 'json'];
    const unclear = await run(...report);
    assert.deepEqual(
      [unclear.status, unclear.stdout, unclear.stderr],
      [2, '', 'The database has the accounts acme, globex. Choose one with --account.\n'],
    );
    const unclearLive = await run(...report, '--live');
    assert.deepEqual(
      [unclearLive.status, unclearLive.stdout, unclearLive.stderr],
      [2, '', 'The settings have several accounts (acme, globex). Choose one with --account.\n'],
    );
    const asked = countRequests();
    const accountOf = async (...flags: string[]): Promise<unknown> => {
      const { status, stdout, stderr } = await run(...report, ...flags);
      assert.equal(status, 0, stderr);
      return (JSON.parse(stdout) as { account: unknown }).account;
    };
    assert.equal(await accountOf('--account', 'globex'), 'globex');
    assert.deepEqual(countRequests(), asked);
    assert.equal(await accountOf('--account', 'acme', '--live'), 'acme');
    const askedThen = countRequests();
    assert.equal(askedThen['globex'], asked['globex']);
    assert.ok((askedThen['acme'] ?? 0) > (asked['acme'] ?? 0));
  });
});

describe('one account of several', { concurrency: 2 }, () => {
  for (const [what, entry, sentence] of [
    [
      'whose token is refused',
      { oauth_token_env: 'GLOBEX_TOKEN' },
      /^Zendesk refuses ZENDESK_OAUTH_TOKEN \(401\)/,
    ],
    [
      'whose client is refused',
      { client_id: 'log-puller', client_secret_env: 'GLOBEX_TOKEN' },
      /^Zendesk .*\(401\)/,
    ],
  ] as const) {
    it(`${what} does not stop the others, and the status is 1`, async () => {
      await withAccounts([{ ...globex, entry }, acme], async ({ run, query }) => {
        const { status, stdout } = await run(['sync', '--json'], {
          GLOBEX_TOKEN: 'qz4-wrong',
        });
        assert.equal(status, 1);
        assert.ok(!stdout.includes('qz4'), stdout);
        const { complete, accounts } = JSON.parse(stdout) as Passes;
        assert.deepEqual(
          [complete, accounts.map((pass) => [pass.account, pass.complete])],
          [
            false,
            [
              ['globex', false],
              ['acme', true],
            ],
          ],
        );
        for (const { runs } of accounts[0]?.streams ?? [])
          for (const { outcome, error } of runs) {
            assert.equal(outcome, 'failed');
            assert.match(error ?? '', sentence);
          }
        assert.deepEqual(await query('select distinct account from zendesk.access_logs'), [
          { account: 'acme' },
        ]);
        const again = await run(['sync', 'users'], { GLOBEX_TOKEN: 'qz4-wrong' });
        assert.equal(again.status, 1);
        assert.match(again.stdout, /^globex\n\nStream [^]*\nacme\n\nStream /);
        assert.equal(
          (await run(['sync', 'users', '--account', 'acme'], { GLOBEX_TOKEN: 'x' })).status,
          0,
        );
      });
    });
  }
});

describe('a file of accounts that is wrong', { concurrency: 2 }, () => {
  const file = join(temporary, 'wrong.yaml');
  before(() =>
    writeFileSync(
      file,
      `accounts:
  - subdomain: acme
    oauth_token_file: /nowhere/acme
    settle: soon
  - subdomain: globex
    client_id: log-puller
    client_secret: qz4-in-the-open
    steams: users
`,
    ),
  );
  for (const command of [
    ['sync', '--account', 'acme'],
    ['serve'],
    ['backfill', 'audit_logs', '--from', '2026-01-01', '--to', '2026-01-02'],
    ['doctor'],
    ['report', 'user', '1', '--live'],
  ])
    it(`is refused by "${command[0]}" with all problems at once and status 2`, async () => {
      const { status, stdout, stderr } = await runProgram(command, {
        ACCOUNTS_FILE: file,
        DATABASE_URL: 'postgres://localhost:1/none',
        LOG_LEVEL: 'loud',
      });
      assert.deepEqual([status, stdout], [2, '']);
      const problems = stderr.trimEnd().split('\n');
      for (const [place, start] of [
        'LOG_LEVEL is "loud". Use trace, ',
        `${file}, account globex: client_secret is in the file itself. Keep secrets out of this file: `,
        `${file}, account globex: "steams" is not a setting. Use subdomain, `,
        `${file}, account acme: settle is "soon". Use a duration `,
        `${file}, account acme: oauth_token_file is "/nowhere/acme", which cannot be read (ENOENT). Check that it is a text file, `,
      ].entries())
        assert.ok(problems[place]?.startsWith(start), stderr);
      assert.equal(problems.length, 5, stderr);
      assert.doesNotMatch(stderr, /in-the-open/);
    });
});
