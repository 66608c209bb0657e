import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { KnownError } from '../../src/errors.ts';
import { createLoginKeeper, replaceLogin } from '../../src/ingest/kept-login.ts';
import {
  startSimulator,
  type Simulator,
  type SimulatorSettings,
} from '../../src/simulator/simulator.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { createZendesk, type Zendesk, type ZendeskOptions } from '../../src/zendesk/client.ts';
import type { LoginKeeper } from '../../src/zendesk/login-keeper.ts';
import type { RefreshCredentials } from '../../src/zendesk/secrets.ts';
import { withDatabase } from '../support/database.ts';
import { withClient } from '../support/query.ts';
import { logInElsewhere, refreshElsewhere } from '../support/zendesk-login.ts';

const account = 'acme';
const dayMs = 86_400_000;
const signal = new AbortController().signal;

/** A simulated account in which somebody has logged in, and processes that use that login by way of one database. */
type Stage = {
  readonly simulator: Simulator;
  readonly db: Database;
  readonly url: string;
  /** A further process, with this first token in its settings and, where given, another keeper. */
  readonly connect: (firstToken?: string, more?: Partial<ZendeskOptions>) => Zendesk;
  readonly credentials: (firstToken?: string) => RefreshCredentials;
  readonly keeper: (firstToken?: string) => LoginKeeper;
  readonly logged: string[];
};

async function withStage(
  settings: SimulatorSettings,
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  await withDatabase(async (url) => {
    const simulator = await startSimulator({ limits: false, ...settings });
    const db = openDatabase({ url });
    const connections: Zendesk[] = [];
    const logged: string[] = [];
    const { clientId, clientSecret } = simulator.options.credentials;
    const credentials = (firstToken?: string): RefreshCredentials => ({
      kind: 'oauth-refresh',
      clientId,
      clientSecret,
      firstToken,
    });
    const keeper = (firstToken?: string): LoginKeeper =>
      createLoginKeeper(db, account, credentials(firstToken)) ?? assert.fail('no keeper');
    const connect: Stage['connect'] = (firstToken, more = {}) => {
      const zendesk = createZendesk({
        origin: simulator.url,
        account,
        credentials: credentials(firstToken),
        keeper: keeper(firstToken),
        scope: 'read',
        budget: { take: async () => {}, pause: async () => {} },
        log: { warn: (details, message) => void logged.push(JSON.stringify({ details, message })) },
        retryBaseMs: 1,
        ...more,
      });
      connections.push(zendesk);
      return zendesk;
    };
    try {
      await work({ simulator, db, url, connect, credentials, keeper, logged });
    } finally {
      for (const each of connections) await each.close();
      await db.close();
      await simulator.stop();
    }
  });
}

async function ask(zendesk: Zendesk): Promise<string> {
  const { budget: group, needs } = auditLogs;
  const request = { group, priority: 1, path: '/api/v2/users/me', parameters: [], needs };
  const answer = (await zendesk.readObject(request, signal)) as { user: { name: string } };
  return answer.user.name;
}

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('it was expected to fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KnownError);
  assert.equal(error.code, 'login_needed');
  return `${error.found}; ${error.wayOut ?? ''}.`;
}

/** Requests to the token endpoint since the test began, by their status. */
function countTokens({ simulator }: Stage): number[] {
  const asked = simulator.requests().filter(({ path }) => path === '/oauth/tokens');
  // The first one is that of the test, which logs in.
  return asked.slice(1).map(({ status }) => status);
}

/** Makes the stored access token nearly expired. */
async function nearEnd({ db }: Stage): Promise<void> {
  await db.query(
    `update zendesk_sync.oauth_logins set kept_at = clock_timestamp() - interval '1 day',
       access_expires_at = clock_timestamp() + interval '30 seconds'`,
  );
}

const dead =
  'Zendesk refuses the refresh token: it has expired, was revoked, or was used somewhere else; log in with the command "login".';
const lost =
  'Zendesk refuses the refresh token: it works only once, and the answer to its first use was lost, because a connection broke or a process was killed; log in with the command "login".';

describe('a login by refresh token', { concurrency: 4 }, () => {
  it('begins with the token of the settings, once, and continues with the stored one', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      const name = await ask(stage.connect(refreshToken));
      assert.notEqual(name, 'Anonymous user');
      await ask(stage.connect(refreshToken));
      await ask(stage.connect());
      assert.deepEqual(countTokens(stage), [201]);
      await nearEnd(stage);
      await ask(stage.connect(refreshToken));
      await ask(stage.connect(refreshToken));
      assert.deepEqual(countTokens(stage), [201, 201]);
      assert.ok(stage.simulator.requests().every(({ status }) => status < 400));
    });
  });

  it('is refreshed once, however many processes find it nearly expired at the same time', async () => {
    await withStage({ answerMs: 50 }, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      const processes = Array.from({ length: 6 }, () => stage.connect(refreshToken));
      await Promise.all(processes.map(ask));
      assert.deepEqual(countTokens(stage), [201]);
      await nearEnd(stage);
      await Promise.all(Array.from({ length: 6 }, () => ask(stage.connect(refreshToken))));
      assert.deepEqual(countTokens(stage), [201, 201]);
    });
  });

  it('gives the new token to a process whose access token became invalid because of another one', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      const first = stage.connect(refreshToken);
      await ask(first);
      await nearEnd(stage);
      await ask(stage.connect());
      await ask(first);
      assert.deepEqual(countTokens(stage), [201, 201]);
    });
  });

  it('is requested with lifetimes of a day and of 89 days', async () => {
    await withStage({}, async (stage) => {
      await ask(stage.connect((await logInElsewhere(stage.simulator)).refreshToken));
      const [lives] = await stage.db.query(
        `select extract(epoch from access_expires_at - kept_at)::integer as access,
           extract(epoch from refresh_expires_at - kept_at)::integer as refresh
         from zendesk_sync.oauth_logins`,
      );
      assert.deepEqual(lives, { access: 86_400, refresh: 7_689_600 });
    });
  });

  it('says what to do when there is none', async () => {
    await withStage({}, async (stage) => {
      assert.equal(
        await refusalOf(ask(stage.connect())),
        'Nobody has logged in yet: there is no refresh token; log in with the command "login".',
      );
    });
  });

  it('does not ask again for an hour with a token that was revoked, and then does', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      const zendesk = stage.connect(refreshToken);
      await ask(zendesk);
      stage.simulator.addFault({ kind: 'login-revoked', stream: 'users' });
      assert.equal(await refusalOf(ask(zendesk)), dead);
      assert.equal(await refusalOf(ask(stage.connect(refreshToken))), dead);
      assert.deepEqual(countTokens(stage), [201, 400]);
      await stage.db.query(
        "update zendesk_sync.oauth_logins set refused_at = refused_at - interval '61 minutes'",
      );
      assert.equal(await refusalOf(ask(stage.connect())), dead);
      assert.deepEqual(countTokens(stage), [201, 400, 400]);
    });
  });

  it('ends with the refresh token, and continues at once after a new login', async () => {
    await withStage({}, async (stage) => {
      const { simulator, db } = stage;
      const { refreshToken } = await logInElsewhere(simulator);
      const zendesk = stage.connect(refreshToken);
      await ask(zendesk);
      simulator.setClockOffsetMs(90 * dayMs);
      await nearEnd(stage);
      assert.equal(await refusalOf(ask(stage.connect(refreshToken))), dead);
      const { accessToken, refreshToken: next } = await logInElsewhere(simulator);
      await replaceLogin(db, account, stage.credentials(refreshToken), {
        accessToken,
        refreshToken: next,
        scope: 'read',
        accessLeftMs: dayMs,
        refreshLeftMs: undefined,
      });
      await ask(zendesk);
      await ask(stage.connect(refreshToken));
      assert.equal(countTokens(stage).filter((status) => status === 400).length, 1);
    });
  });

  it('uses the stored token when that of the settings is not valid', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      await ask(stage.connect(refreshToken));
      await nearEnd(stage);
      await ask(stage.connect('a-token-of-long-ago'));
      assert.deepEqual(countTokens(stage), [201, 400, 201]);
      await nearEnd(stage);
      await ask(stage.connect('a-token-of-long-ago'));
      assert.deepEqual(countTokens(stage), [201, 400, 201, 201]);
    });
  });

  it('uses a newer token of the settings instead of an invalid one', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      await ask(stage.connect(refreshToken));
      stage.simulator.addFault({ kind: 'login-revoked', stream: 'users' });
      assert.equal(await refusalOf(ask(stage.connect())), dead);
      const next = await logInElsewhere(stage.simulator);
      await ask(stage.connect(next.refreshToken));
    });
  });

  it('says so when another program has used the token', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      await refreshElsewhere(stage.simulator, refreshToken);
      assert.equal(await refusalOf(ask(stage.connect(refreshToken))), dead);
    });
  });

  it('says so when the answer to a refresh got lost', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      stage.simulator.addFault({ kind: 'reset-mid-body', stream: 'oauth' });
      assert.equal(await refusalOf(ask(stage.connect(refreshToken))), lost);
    });
  });

  it('survives faults of the token endpoint before it has looked at the token', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      for (const kind of ['connection-reset', '503-html', '403-html'] as const)
        stage.simulator.addFault({ kind, stream: 'oauth' });
      await ask(stage.connect(refreshToken));
    });
  });

  it('stores a new pair before it is used, and again if storing failed', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      const real = stage.keeper(refreshToken);
      let failures = 1;
      const keeper: LoginKeeper = {
        ...real,
        async keep(...pair) {
          failures -= 1;
          if (failures >= 0) throw new KnownError('database_unreachable', { found: 'Away' });
          await real.keep(...pair);
        },
      };
      const zendesk = stage.connect(refreshToken, { keeper });
      await assert.rejects(ask(zendesk), { code: 'database_unreachable' });
      assert.ok(!stage.simulator.requests().some(({ stream }) => stream === 'users'));
      await ask(zendesk);
      await ask(stage.connect());
      assert.deepEqual(countTokens(stage), [201]);
    });
  });

  it('is stored again by the process that has it when the database went back to the previous pair', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      const zendesk = stage.connect(refreshToken);
      await ask(zendesk);
      await withClient(stage.url, async (query) => {
        await query('create table kept as select * from zendesk_sync.oauth_logins');
        await nearEnd(stage);
        stage.simulator.addFault({ kind: 'token-expired', stream: 'users' });
        await ask(zendesk);
        await query('delete from zendesk_sync.oauth_logins');
        await query('insert into zendesk_sync.oauth_logins select * from kept');
      });
      stage.simulator.addFault({ kind: 'token-expired', stream: 'users' });
      await ask(zendesk);
      await ask(stage.connect());
      assert.deepEqual(countTokens(stage), [201, 201, 201]);
    });
  });

  it('continues after a process that was killed in its turn, once the turn is over', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      const turn = await stage.keeper(refreshToken).takeTurn();
      assert.ok(turn !== undefined);
      assert.equal(await stage.keeper().takeTurn(), undefined);
      await stage.db.query(
        'update zendesk_sync.oauth_logins set turn_until = clock_timestamp() - interval $$1 ms$$',
      );
      await ask(stage.connect(refreshToken));
      assert.equal(await stage.keeper(refreshToken).prolong(turn), false);
      assert.deepEqual(countTokens(stage), [201]);
    });
  });

  it('reports that an answer was lost after a process was killed before it could store it', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      assert.ok((await stage.keeper(refreshToken).takeTurn()) !== undefined);
      await refreshElsewhere(stage.simulator, refreshToken);
      await stage.db.query(
        'update zendesk_sync.oauth_logins set turn_until = clock_timestamp() - interval $$1 ms$$',
      );
      assert.equal(await refusalOf(ask(stage.connect(refreshToken))), lost);
    });
  });

  it('gives the turn although the clock of the database was set back', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      assert.ok((await stage.keeper(refreshToken).takeTurn()) !== undefined);
      await stage.db.query(
        'update zendesk_sync.oauth_logins set turn_until = clock_timestamp() + interval $$1 day$$',
      );
      await ask(stage.connect(refreshToken));
    });
  });

  it('does not depend on the clock of a process', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      for (const aheadMs of [0, -40 * dayMs, 40 * dayMs])
        await ask(stage.connect(refreshToken, { localNow: () => Date.now() + aheadMs }));
      assert.deepEqual(countTokens(stage), [201]);
    });
  });

  it('uses no pair that another process has replaced meanwhile', async () => {
    await withStage({}, async (stage) => {
      const pair = {
        accessToken: 'one',
        refreshToken: 'two',
        scope: 'read',
        accessLeftMs: dayMs,
        refreshLeftMs: dayMs,
      };
      const keeper = stage.keeper();
      const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
      await keeper.keep(pair, first, undefined);
      await keeper.keep(pair, second, first);
      await keeper.keep(pair, second, first);
      await keeper.keep(pair, third, first);
      assert.equal((await keeper.load())?.mark, second);
    });
  });

  it('cannot be read anywhere without the secret of the client', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      await ask(stage.connect(refreshToken));
      const kept = await stage.keeper().load();
      const [row] = await stage.db.query<{ text: string; sealed: Buffer }>(
        'select row_to_json(l)::text as text, sealed_tokens as sealed from zendesk_sync.oauth_logins l',
      );
      assert.ok(kept !== undefined && row !== undefined);
      for (const token of [refreshToken, kept.accessToken])
        assert.ok(!row.text.includes(token) && !row.sealed.includes(token));
      const credentials = { ...stage.credentials(), clientSecret: 'another' };
      const stranger = createLoginKeeper(stage.db, account, credentials);
      assert.equal(await stranger?.load(), undefined);
      const other = stage.connect(undefined, { credentials, keeper: stranger });
      assert.equal(
        await refusalOf(ask(other)),
        'The login that is kept in the database cannot be read with this ZENDESK_CLIENT_SECRET: it was kept with another one; log in with the command "login".',
      );
      const [{ readable } = { readable: true }] = await stage.db.query<{ readable: boolean }>(
        `select bool_or(has_any_column_privilege(rolname, 'zendesk_sync.oauth_logins', 'select')) as readable
         from pg_roles where rolname in ('zendesk_reader', 'zendesk_investigator')`,
      );
      assert.equal(readable, false);
    });
  });

  it('leaves no token in the log, whatever fails', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      for (const kind of ['500-json', 'html-200', '401-html'] as const)
        stage.simulator.addFault({ kind, stream: 'oauth' });
      await ask(stage.connect(refreshToken));
      assert.equal(stage.logged.length, 3);
      assert.doesNotMatch(stage.logged.join('\n'), /[0-9a-f]{40}/);
    });
  });

  it('that is being refreshed is stored although the connection is closed meanwhile', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      stage.simulator.addFault({ kind: 'slow', stream: 'oauth', ms: 300 });
      const zendesk = stage.connect(refreshToken);
      const asked = ask(zendesk).catch(() => undefined);
      while (countTokens(stage).length === 0) await new Promise(setImmediate);
      await zendesk.close();
      await asked;
      await ask(stage.connect(refreshToken));
      assert.deepEqual(countTokens(stage), [201]);
    });
  });

  it('with a narrower scope than in the settings is not used', async () => {
    await withStage({}, async (stage) => {
      const { refreshToken } = await logInElsewhere(stage.simulator);
      const zendesk = stage.connect(refreshToken, { scope: 'read write' });
      const error = await ask(zendesk).catch((reason: unknown) => reason);
      assert.ok(error instanceof KnownError);
      assert.equal(
        error.message,
        'Zendesk granted the scope read instead of read write, so write is missing; allow it for the OAuth client (Admin Center > Apps and integrations > APIs > OAuth clients) or change ZENDESK_OAUTH_SCOPE; then log in again with the command "login".',
      );
    });
  });
});
