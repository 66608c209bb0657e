import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TestDatabase } from '../support/database.ts';
import { expectPage, names, pullAccount, unfold, withSimulator } from '../support/doctor-page.ts';
import { runProgram, settingsFor, temporary } from '../support/program.ts';
import { withClient, type Query } from '../support/query.ts';

/** Everything is pulled into it before; nobody may write there afterwards. */
let pulled: TestDatabase;
let content: string;
before(async () => {
  pulled = await pullAccount();
  content = await withClient(pulled.url, digest);
});
after(() => pulled.drop());

/** The content of all tables of ours, in short. */
async function digest(query: Query): Promise<string> {
  const tables = await query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('zendesk', 'zendesk_sync', 'drizzle') and c.relkind = 'r' order by 1`,
  );
  assert.ok(tables.length > 15, String(tables.length));
  const digests: string[] = [];
  for (const { name } of tables) {
    const [row] = await query<{ rows: string }>(
      `select concat(count(*), ' ', md5(string_agg(t::text, '' order by t::text))) as rows from ${name} t`,
    );
    digests.push(`${name} ${row?.rows}`);
  }
  return digests.join('\n');
}

describe('doctor', { concurrency: 2 }, () => {
  it('prints one screen without advice when all is well', async () => {
    await withSimulator({}, async (simulator) => {
      const settings = settingsFor(simulator, pulled.url);
      const { status, stdout } = await runProgram(['doctor'], settings);
      assert.deepEqual(unfold(stdout), await expectPage(simulator, pulled.url, {}));
      assert.equal(status, 0);
      // The database of a test has a long name, which takes a line of its own. Readers belong to the server: to other tests.
      const own = stdout.replace(/^warning {2}Readers: .*\n(?: .*\n)*/m, '');
      assert.ok(own.trimEnd().split('\n').length <= 26, stdout);
      assert.ok(!stdout.includes('\u001b'), 'coloured without a terminal');
      assert.ok(simulator.requests().length <= 7);
      assert.deepEqual(
        [...new Set(simulator.requests().map(({ method, path }) => `${method} ${path}`))],
        [
          'POST /oauth/tokens',
          'GET /api/v2/audit_logs',
          'GET /api/v2/access_logs',
          'GET /api/v2/users',
        ],
      );
    });
  });

  it('prints the same checks as JSON', async () => {
    await withSimulator({}, async (simulator) => {
      simulator.addFault({ kind: '403-plan', stream: 'audit_logs', times: Infinity });
      const began = new Date();
      const { status, stdout } = await runProgram(
        ['doctor', '--json'],
        settingsFor(simulator, pulled.url),
      );
      assert.equal(status, 1);
      const { examined_at: at, checks: all, ...rest } = JSON.parse(stdout);
      // The logins of readers belong to the server, where other tests make some meanwhile.
      const checks = all.filter(({ name }: { name: string }) => name !== 'readers');
      assert.deepEqual(rest, { account: 'acme', origin: simulator.url, ok: false });
      assert.ok(began <= new Date(at) && new Date(at) <= new Date(), at);
      assert.deepEqual(
        checks.map(({ name }: { name: string }) => name),
        names.map((name) => name.toLowerCase()),
      );
      assert.deepEqual(checks[4], {
        name: 'audit log',
        state: 'problem',
        found:
          'not available (403): it needs the plan Zendesk Suite Enterprise or Support Enterprise (or a higher one) and the role admin. ' +
          'Zendesk said: "Forbidden: You do not have access to this page. Please contact the account owner of this help desk for further help.".',
        way_out: 'Check the plan, and the role of the user whose credentials are used.',
      });
      assert.deepEqual(checks[6], { name: 'users', state: 'ok', found: 'answers', way_out: null });
    });
  });
});

describe('doctor, which writes nothing,', () => {
  it('does not create the embedded database', async () => {
    const directory = join(temporary, 'never-made');
    const made = join(temporary, 'made');
    await withSimulator({}, async (simulator) => {
      const settings = settingsFor(simulator, '');
      const { status, stdout } = await runProgram(['doctor'], {
        ...settings,
        DATA_DIR: directory,
      });
      assert.match(
        unfold(stdout).join('\n'),
        new RegExp(
          `^ok Database: the first sync creates the embedded one in ${directory}, where .* are free$`,
          'm',
        ),
      );
      assert.match(stdout, /^skipped {2}Migrations: there is no database yet$/m);
      assert.match(stdout, /^skipped {2}Verification: there is no database yet$/m);
      assert.equal(status, 0);
      assert.equal(existsSync(directory), false);

      assert.equal((await runProgram(['migrate'], { DATA_DIR: made })).status, 0);
      const again = await runProgram(['doctor'], { ...settings, DATA_DIR: made });
      assert.match(
        unfold(again.stdout).join('\n'),
        new RegExp(
          `^ok Database: PostgreSQL 1\\d\\.\\d+, database zendesk, user postgres, embedded in ${made}$`,
          'm',
        ),
      );
      assert.equal(again.status, 0, again.stdout);
    });
  });

  it('ends with status 2 when a setting is wrong, but still examines the database', async () => {
    const { status, stdout, stderr } = await runProgram(['doctor'], {
      DATABASE_URL: pulled.url,
      ZENDESK_SUBDOMAIN: 'acme!',
      ZENDESK_CLIENT_ID: 'log-puller',
    });
    assert.deepEqual({ status, stderr }, { status: 2, stderr: '' });
    const page = unfold(stdout);
    assert.deepEqual(page.slice(0, 2), ['Examined NOW', '']);
    assert.match(
      page.slice(2, 4).join('\n'),
      /^problem Settings: 2 problems: ZENDESK_SUBDOMAIN is "acme!"\. .* ZENDESK_CLIENT_ID is set but ZENDESK_CLIENT_SECRET is not\. .*\n-> Correct them\. The table of settings is in docs\/settings\.md\.$/,
    );
    assert.ok(page.includes('skipped Audit log: the settings are wrong'));
    assert.ok(page.includes('ok Migrations: up to date'));
  });

  it('leaves all tables as they were', async () => {
    assert.equal(await withClient(pulled.url, digest), content);
  });
});
