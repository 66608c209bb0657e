import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  ask,
  NOW,
  statusesWith,
  withSimulator,
  type Json,
  type Reply,
} from './simulated-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const CLIENT = { client_id: 'log-puller', client_secret: 'simulator-client-secret' };
const REDIRECT = 'http://127.0.0.1:8976/callback';
const VERIFIER = 'a-verifier-of-more-than-forty-three-characters-in-all';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const WISH = {
  response_type: 'code',
  client_id: 'log-puller',
  redirect_uri: REDIRECT,
  scope: 'read',
  state: 'a state',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
};

/** Opens the authorization page; returns the query of the redirect, or the status of a page without a redirect. */
async function authorize(
  simulator: Simulator,
  wish: Record<string, string>,
): Promise<Json | number> {
  const reply = await ask(simulator, '/oauth/authorizations/new', Object.entries(wish));
  const location = reply.headers.get('location');
  return location === null
    ? reply.status
    : Object.fromEntries(new URL(location).searchParams.entries());
}

function post(simulator: Simulator, body: Json): Promise<Reply<Json>> {
  return ask<Json>(simulator, '/oauth/tokens', [], {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function fetchCode(simulator: Simulator): Promise<Json> {
  const answer = await authorize(simulator, WISH);
  assert.ok(typeof answer === 'object');
  return {
    grant_type: 'authorization_code',
    ...CLIENT,
    code: answer['code'],
    redirect_uri: REDIRECT,
    scope: 'read',
    code_verifier: VERIFIER,
    expires_in: 86_400,
    refresh_token_expires_in: 7_689_600,
  };
}

async function logIn(simulator: Simulator): Promise<Json> {
  const { status, json } = await post(simulator, await fetchCode(simulator));
  assert.equal(status, 201);
  return json;
}

function refresh(simulator: Simulator, token: unknown): Promise<Reply<Json>> {
  return post(simulator, { grant_type: 'refresh_token', ...CLIENT, refresh_token: token });
}

function opens(simulator: Simulator, { access_token: token }: Json): Promise<number[]> {
  return statusesWith(simulator, `Bearer ${String(token)}`);
}

describe('GET /oauth/authorizations/new', () => {
  it('redirects back with a code and the state', async () => {
    await withSimulator({}, async (simulator) => {
      const answer = await authorize(simulator, WISH);
      assert.ok(typeof answer === 'object');
      assert.deepEqual(Object.keys(answer), ['code', 'state']);
      assert.equal(answer['state'], 'a state');
    });
  });

  it('redirects back with access_denied when the person refuses', async () => {
    await withSimulator({ consent: 'deny' }, async (simulator) => {
      assert.deepEqual(await authorize(simulator, WISH), {
        error: 'access_denied',
        error_description: 'The end-user or authorization server denied the request.',
        state: 'a state',
      });
    });
  });

  it('does not redirect for another client or a redirect URL of another client', async () => {
    await withSimulator({ redirectUrls: [REDIRECT] }, async (simulator) => {
      assert.equal(await authorize(simulator, { ...WISH, client_id: 'other' }), 400);
      const other = 'http://127.0.0.1:8977/callback';
      assert.equal(await authorize(simulator, { ...WISH, redirect_uri: other }), 400);
    });
    await withSimulator({}, async (simulator) => {
      for (const address of ['http://example.com/callback', 'callback'])
        assert.equal(await authorize(simulator, { ...WISH, redirect_uri: address }), 400, address);
    });
  });

  it('refuses a scope that the client is not allowed', async () => {
    await withSimulator({ allowedScopes: ['read'] }, async (simulator) => {
      const answer = await authorize(simulator, { ...WISH, scope: 'read write' });
      assert.deepEqual(answer, { error: 'invalid_scope', state: 'a state' });
    });
  });
});

describe('POST /oauth/tokens with a code', () => {
  it('gives an access token and a refresh token with the requested lifetimes', async () => {
    await withSimulator({}, async (simulator) => {
      const { access_token: access, refresh_token: token, ...rest } = await logIn(simulator);
      assert.deepEqual(rest, {
        token_type: 'bearer',
        scope: 'read',
        expires_in: 86_400,
        refresh_token_expires_in: 7_689_600,
      });
      assert.ok(typeof token === 'string' && token !== access);
      assert.deepEqual(await opens(simulator, { access_token: access }), [200, 200, 200]);
    });
  });

  it('accepts a code once, for 120 seconds, with its verifier and its redirect URL', async () => {
    await withSimulator({}, async (simulator) => {
      const used = await fetchCode(simulator);
      assert.equal((await post(simulator, used)).status, 201);
      const wrong = [
        used,
        { ...(await fetchCode(simulator)), code_verifier: 'another' },
        { ...(await fetchCode(simulator)), redirect_uri: 'http://127.0.0.1:1/callback' },
      ];
      const late = await fetchCode(simulator);
      for (const body of wrong) {
        const { status, json } = await post(simulator, body);
        assert.deepEqual([status, json['error']], [400, 'invalid_grant']);
      }
      simulator.freezeClock(NOW + 120_000);
      assert.equal((await post(simulator, late)).status, 400);
    });
  });

  it('accepts no other client and no wrong secret', async () => {
    await withSimulator({}, async (simulator) => {
      const body = { ...(await fetchCode(simulator)), client_secret: 'guess' };
      assert.equal((await post(simulator, body)).status, 401);
    });
  });

  it('gives an old client no refresh token unless it requests a lifetime', async () => {
    await withSimulator({ isOldClient: true }, async (simulator) => {
      const { expires_in: _, ...body } = await fetchCode(simulator);
      assert.ok(!('refresh_token' in (await post(simulator, body)).json));
      assert.ok('refresh_token' in (await logIn(simulator)));
    });
  });

  it('accepts lifetimes of the refresh token between 7 and 90 days', async () => {
    await withSimulator({}, async (simulator) => {
      for (const [seconds, expected] of [
        [604_800, 400],
        [604_801, 201],
        [7_775_999, 201],
        [7_776_000, 400],
      ]) {
        const body = { ...(await fetchCode(simulator)), refresh_token_expires_in: seconds };
        assert.equal((await post(simulator, body)).status, expected, String(seconds));
      }
    });
  });
});

describe('POST /oauth/tokens with a refresh token', () => {
  it('gives the next two tokens and ends the previous two', async () => {
    await withSimulator({}, async (simulator) => {
      const first = await logIn(simulator);
      const { status, json: second } = await refresh(simulator, first['refresh_token']);
      assert.equal(status, 201);
      assert.deepEqual(
        [second['scope'], second['expires_in'], second['refresh_token_expires_in']],
        ['read', 1800, 2_592_000],
      );
      assert.deepEqual(await opens(simulator, first), [401, 401, 401]);
      assert.deepEqual(await opens(simulator, second), [200, 200, 200]);
      const again = await refresh(simulator, first['refresh_token']);
      assert.deepEqual([again.status, again.json['error']], [400, 'invalid_grant']);
      assert.equal((await refresh(simulator, second['refresh_token'])).status, 201);
    });
  });

  it('refuses one that has expired, and one whose login was revoked', async () => {
    await withSimulator({}, async (simulator) => {
      const first = await logIn(simulator);
      simulator.addFault({ kind: 'login-revoked', stream: 'audit_logs' });
      assert.deepEqual(await opens(simulator, first), [401, 401, 401]);
      assert.equal((await refresh(simulator, first['refresh_token'])).status, 400);
      const second = await logIn(simulator);
      simulator.freezeClock(NOW + 7_689_600_000);
      assert.equal((await refresh(simulator, second['refresh_token'])).status, 400);
    });
  });
});
