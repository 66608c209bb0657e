import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { exchangeCode } from '../../src/zendesk/authorization.ts';
import { refusalOf } from './connection.ts';
import { startServer, tokenReply, type Reply, type ScriptedServer } from './scripted-server.ts';

const redirectUri = 'http://127.0.0.1:8976/callback';
const begun = { link: 'unused', redirectUri, state: 'the-state', verifier: 'the-verifier' };
const scope = 'auditlogs:read users:read';
const signal = new AbortController().signal;

/** Exchanges a code for what the token endpoint answers. */
async function exchange(test: TestContext, ...tokenReplies: Reply[]) {
  const server = await startServer(test, { tokenReplies });
  const logged: unknown[] = [];
  const place = {
    account: 'acme',
    origin: server.origin,
    credentials: {
      kind: 'oauth-refresh',
      clientId: 'log-puller',
      clientSecret: 'top/secret',
      firstToken: undefined,
    },
    scope,
    proxy: undefined,
  } as const;
  const log = { warn: (details: unknown) => void logged.push(details) };
  const pair = exchangeCode(place, begun, 'the-code', log, signal);
  return { pair, server, logged };
}

const asked = ({ tokenRequests }: ScriptedServer): unknown =>
  JSON.parse(tokenRequests[0]?.body ?? '');

describe('a code', () => {
  it('is exchanged for two tokens and their lifetimes', async (test) => {
    const { pair, server } = await exchange(
      test,
      tokenReply('one', { scope, refresh_token: 'two', refresh_token_expires_in: 1000 }),
    );
    assert.deepEqual(await pair, {
      accessToken: 'one',
      refreshToken: 'two',
      scope,
      accessLeftMs: 7_200_000,
      refreshLeftMs: 1_000_000,
    });
    const {
      expires_in: _,
      refresh_token_expires_in: __,
      ...rest
    } = asked(server) as Record<string, unknown>;
    assert.deepEqual(rest, {
      grant_type: 'authorization_code',
      code: 'the-code',
      client_id: 'log-puller',
      client_secret: 'top/secret',
      redirect_uri: redirectUri,
      scope,
      code_verifier: 'the-verifier',
    });
    assert.equal(server.tokenRequests.length, 1);
  });

  it('is refused with a message, without a secret of the login', async (test) => {
    const { pair } = await exchange(test, {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'the-code the-verifier top/secret' },
    });
    const error = await refusalOf(pair);
    assert.equal(error.code, 'authorization_failed');
    assert.match(error.message, /good for two minutes.*begin again with the command "login"/);
    assert.doesNotMatch(error.message, /the-code|the-verifier|top\/secret/);
    assert.equal(error.quote, 'invalid_grant: [removed] [removed] [removed]');
  });

  it('gives no tokens if a scope is missing, and the message names it', async (test) => {
    const { pair } = await exchange(
      test,
      tokenReply('one', { scope: 'users:read', refresh_token: 'two' }),
    );
    const error = await refusalOf(pair);
    assert.equal(error.code, 'scope_not_granted');
    assert.match(
      error.message,
      /^Zendesk granted the scope users:read instead of auditlogs:read users:read, so auditlogs:read is missing; /,
    );
  });

  it('returns nothing if there is no refresh token', async (test) => {
    const { pair } = await exchange(test, tokenReply('one', { scope }));
    const error = await refusalOf(pair);
    assert.equal(error.code, 'authorization_failed');
    assert.match(error.message, /without a refresh token/);
  });

  it('is exchanged as if the scope were granted if the answer does not say', async (test) => {
    const { pair } = await exchange(test, {
      body: { access_token: 'one', refresh_token: 'two' },
    });
    const { scope: granted, refreshLeftMs } = await pair;
    assert.deepEqual([granted, refreshLeftMs], [undefined, undefined]);
  });
});
