import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type {
  Fault,
  FaultKind,
  AcceptedCredentials,
  SimulatorSettings,
} from '../../src/simulator/simulator.ts';
import { findFreePort } from '../support/free-port.ts';
import { collectContents, collectCursors } from '../support/private-texts.ts';
import {
  assertDiscreet,
  runProgram,
  shortWaits,
  startProgram,
  type Environment,
} from '../support/program.ts';
import { waitUntil, withAccount, type PulledAccount } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';
import { startReceiver } from '../support/receiver.ts';

const credentials: AcceptedCredentials = {
  clientId: 'log-puller',
  clientSecret: 'kr7+client/secret=',
  confidential: true,
  readyToken: 'kr7-ready-token',
  email: 'kr7@acme.example',
  apiToken: 'kr7-api-token',
};
const account: SimulatorSettings = {
  credentials,
  agents: 8,
  accessLogDays: 3,
  accessLogRowsPerDay: 900,
  auditLogDays: 10,
  auditLogRowsPerDay: 30,
};
const client = {
  ZENDESK_CLIENT_ID: credentials.clientId,
  ZENDESK_CLIENT_SECRET: credentials.clientSecret,
};
const kinds: Record<string, Environment> = {
  'an OAuth client': client,
  'a ready token': { ZENDESK_OAUTH_TOKEN: credentials.readyToken },
  'an API token': {
    ZENDESK_USER_EMAIL: credentials.email,
    ZENDESK_API_TOKEN: credentials.apiToken,
  },
};

const countsUsers = /^zendesk_log_sync_rows_new_total\{account="acme",stream="users"\} [1-9]/m;

/** What the program was given: the settings of an account, with credentials of one kind, and every line logged. */
function choose({ settings }: PulledAccount, chosen: Environment): Environment {
  const { DATABASE_URL = '', ZENDESK_SUBDOMAIN = '', ZENDESK_BASE_URL = '' } = settings;
  return { DATABASE_URL, ZENDESK_SUBDOMAIN, ZENDESK_BASE_URL, ...chosen, LOG_LEVEL: 'trace' };
}

/** Fails when an output contains what it must not: a secret of any kind, a row's content, a cursor. */
function assertTellsNothing(output: string, { simulator, databaseUrl }: PulledAccount): void {
  const { clientSecret, readyToken, email, apiToken } = credentials;
  const basic = Buffer.from(`${email}/token:${apiToken}`).toString('base64');
  const secrets = [clientSecret, readyToken, apiToken, basic, databaseUrl];
  const { password } = new URL(databaseUrl);
  if (password !== '') secrets.push(password);
  assertDiscreet(output, secrets);
  const contents = collectContents(simulator);
  assert.ok(contents.length > 300, `only ${contents.length} texts to look for`);
  assert.deepEqual(
    contents.filter((content) => output.includes(content)),
    [],
    'contents of rows were printed',
  );
  assert.deepEqual(
    collectCursors(simulator).filter((cursor) => output.includes(cursor)),
    [],
    'cursors were printed',
  );
}

/** Makes Postgres cut every connection to a database and accept no more. */
async function shutDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await withClient(Object.assign(new URL(url), { pathname: '/postgres' }).href, async (query) => {
    await query(`alter database ${name} with allow_connections false`);
    await query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      name,
    ]);
  });
}

describe('no secret, no query and no content of a row is printed', { concurrency: 2 }, () => {
  for (const [name, chosen] of Object.entries(kinds))
    it(`by commands that succeed with ${name} and log everything`, async () => {
      await withAccount(account, async (pulled) => {
        const settings = choose(pulled, chosen);
        const runs = [
          await runProgram(['sync'], { ...settings, LOG_FORMAT: 'pretty' }),
          await runProgram(
            ['backfill', 'audit_logs', '--from', '2020-01-01', '--to', '2100-01-01'],
            settings,
          ),
          await runProgram(['sync', '--json'], settings),
          await runProgram(['status'], settings),
        ];
        assert.deepEqual(
          runs.map(({ status }) => status),
          [0, 0, 0, 0],
        );
        assertTellsNothing(runs.map(({ stdout, stderr }) => stdout + stderr).join(), pulled);
      });
    });

  it('by the service while everything goes wrong once, nor sent over HTTP or to a collector', async (test) => {
    // Heartbeats and traces go to the same place.
    const outside = await startReceiver();
    test.after(() => outside.stop());
    const heartbeat = '/kr7-heartbeat-uuid';
    const port = await findFreePort();
    await withAccount(account, async (pulled) => {
      const { simulator, query } = pulled;
      const passing: Fault[] = [
        { kind: 'connection-reset', stream: 'oauth' },
        { kind: '500-json', stream: 'audit_logs' },
        { kind: 'token-expired', stream: 'audit_logs', after: 1 },
        { kind: 'reset-mid-body', stream: 'access_logs' },
        { kind: 'truncated-json', stream: 'access_logs', after: 1 },
        { kind: '429-retry-after', stream: 'users' },
        // Whole pages; fewer records would go into quarantine, and a page after the last one has none.
        {
          kind: 'changed-type',
          times: 4,
          stream: 'audit_logs',
          field: 'created_at',
          value: 'kr7',
          onlyWithCursor: true,
        },
      ];
      for (const fault of passing) simulator.addFault(fault);
      const everySecond = '* * * * * *';
      const service = startProgram(['serve'], {
        ...choose(pulled, client),
        AUDIT_LOGS_SCHEDULE: everySecond,
        ACCESS_LOGS_SCHEDULE: everySecond,
        USERS_SCHEDULE: everySecond,
        HTTP_PORT: String(port),
        HEARTBEAT_URL: `${outside.origin}${heartbeat}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: outside.origin,
      });
      await service.waitFor(/"msg":"answering over HTTP"/);
      const shown = new Set<string>();
      await waitUntil(async () => {
        for (const path of ['/livez', '/readyz', '/status', '/metrics'])
          shown.add(await (await fetch(`http://127.0.0.1:${port}${path}`)).text());
        const done = await query(
          `select from zendesk_sync.status where state in ('ok', 'running') and gaps = 0 and covered_until is not null`,
        );
        // On a slow machine a stream is followed all the time, and may have been covered after the metrics were asked for.
        return done.length === 3 && countsUsers.test([...shown].join(''));
      });
      service.kill('SIGTERM');
      const { status, stdout, stderr } = await service.ended;
      assert.equal(status, 0);
      assert.match(stdout, /trying again/);
      assert.match(stdout, /has no usable created_at\. If it persists/);
      assertTellsNothing(stdout + stderr, pulled);
      const answers = [...shown].join('');
      assert.match(answers, countsUsers);
      const [failed] = await query<{ error: string }>(
        `select error from zendesk_sync.runs where error like '%has no usable created_at. If it persists%' limit 1`,
      );
      assert.ok(failed !== undefined, 'the run that failed is in the ledger');
      assertTellsNothing(failed.error, pulled);
      const traces = outside.received.filter(({ path }) => path === '/v1/traces');
      assert.ok(traces.length > 0);
      assert.ok(outside.received.length > traces.length, 'there was a heartbeat');
      const told = answers + traces.map(({ body }) => body).join('');
      assertTellsNothing(told, pulled);
      assert.ok(!(told + stdout + stderr).includes(heartbeat));
    });
  });

  const refusals: [string, FaultKind, Environment[]][] = [
    ['401', '401', Object.values(kinds)],
    ['403 for lack of the plan', '403-plan', [client]],
    ['403 for lack of the scope', '403-scope', [client]],
    ['403 for lack of the role', '403-role', [client]],
  ];
  for (const [name, kind, ways] of refusals)
    it(`when Zendesk answers ${name}`, async () => {
      await withAccount(account, async (pulled) => {
        for (const stream of ['audit_logs', 'access_logs', 'users'] as const)
          pulled.simulator.addFault({ kind, stream, times: Infinity });
        for (const chosen of ways) {
          const { status, stdout, stderr } = await runProgram(['sync'], {
            ...choose(pulled, chosen),
            ...shortWaits,
          });
          assert.equal(status, 1);
          assert.match(stdout, /^(?:[a-z_]+, )*audit_logs(?:, [a-z_]+)*: .*\(40[13]\)/m);
          assertTellsNothing(stdout + stderr, pulled);
        }
      });
    });

  it('when Zendesk refuses the client', async () => {
    await withAccount(account, async (pulled) => {
      const settings = { ...choose(pulled, client), ZENDESK_CLIENT_SECRET: 'kr7-wrong-secret' };
      const { status, stdout, stderr } = await runProgram(['sync'], settings);
      assert.equal(status, 1);
      assert.match(
        stdout,
        /^audit_logs, access_logs, users: Zendesk refuses the OAuth client \(401\); /m,
      );
      assertDiscreet(stdout + stderr, ['kr7-wrong-secret']);
    });
  });

  it('when an answer redirects to another origin, which gets no request', async () => {
    const elsewhere = createServer((_request, response) => response.end());
    const asked: unknown[] = [];
    elsewhere.on('request', ({ url, headers }) => asked.push({ url, headers }));
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
    const { port } = elsewhere.address() as AddressInfo;
    try {
      await withAccount(account, async (pulled) => {
        const location = `http://127.0.0.1:${port}`;
        pulled.simulator.addFault({ kind: 'redirect', location, times: Infinity });
        for (const chosen of Object.values(kinds)) {
          const { status, stdout, stderr } = await runProgram(['sync'], {
            ...choose(pulled, chosen),
            ...shortWaits,
          });
          assert.equal(status, 1);
          assert.match(
            stdout,
            new RegExp(
              `^audit_logs(?:, access_logs, users)?: .* a redirect to ${location} \\(302\\), which the program does not follow`,
              'm',
            ),
          );
          assertTellsNothing(stdout + stderr, pulled);
        }
      });
    } finally {
      elsewhere.close();
    }
    assert.deepEqual(asked, []);
  });

  it('when Postgres refuses a row and quotes the row in its message', async () => {
    await withAccount(account, async (pulled) => {
      await pulled.query(
        `create function public.refuse() returns trigger language plpgsql as $$
         begin raise exception 'bad row % % %', new.actor_name, new.change_description, new.ip_address using detail = new::text; end $$`,
      );
      await pulled.query(
        'create trigger refuse before insert on zendesk.audit_logs for each row execute function public.refuse()',
      );
      const { status, stdout, stderr } = await runProgram(
        ['sync', 'audit_logs'],
        choose(pulled, client),
      );
      assert.equal(status, 1);
      assert.match(stdout, /^audit_logs: Postgres refused a statement \(SQLSTATE P0001\)\.$/m);
      assertTellsNothing(stdout + stderr, pulled);
    });
  });

  it('when the database stops in the middle of a run', async () => {
    await withAccount({ ...account, answerMs: 100 }, async (pulled) => {
      const sync = startProgram(['sync'], choose(pulled, client));
      await waitUntil(() =>
        pulled.simulator.requests().some(({ stream }) => stream === 'audit_logs'),
      );
      await shutDatabase(pulled.databaseUrl);
      const { status, stdout, stderr } = await sync.ended;
      assert.equal(status, 1);
      assert.match(stdout + stderr, /Postgres refused a statement \(SQLSTATE 55000\)\./);
      assertTellsNothing(stdout + stderr, pulled);
    });
  });
});
