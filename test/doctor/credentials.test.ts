import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ZendeskConfig } from '../../src/config/zendesk.ts';
import { ok, problem, skipped, warning } from '../../src/doctor/check.ts';
import { checkCredentials, checkToken } from '../../src/doctor/credentials.ts';
import { KnownError } from '../../src/errors.ts';

const now = new Date('2026-11-21T08:00:00Z');
const mainWay =
  'Create a confidential OAuth client (Admin Center > Apps and integrations > APIs > OAuth clients) and set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET instead.';
const configOf = (credentials: ZendeskConfig['credentials']): ZendeskConfig => ({
  account: 'acme',
  origin: 'https://acme.zendesk.com',
  credentials,
  scope: 'read',
  proxy: undefined,
  warnings: [],
});
const client = configOf({ kind: 'oauth-client', clientId: 'log-puller', clientSecret: 'x' });
const ready = configOf({ kind: 'oauth-token', token: 'x' });
const legacy = configOf({ kind: 'api-token', email: 'joe@acme.example', token: 'x' });

describe('the check of the credentials', () => {
  it('accepts an OAuth client', () => {
    assert.deepEqual(
      checkCredentials(client, now),
      ok('credentials', 'OAuth client log-puller; its tokens are renewed automatically'),
    );
  });

  it('warns of a ready token, which cannot be renewed', () => {
    assert.deepEqual(
      checkCredentials(ready, now),
      warning(
        'credentials',
        'an access token (ZENDESK_OAUTH_TOKEN), which cannot be renewed and whose expiry date is unknown',
        mainWay,
      ),
    );
  });

  it('counts the remaining days of API tokens, to the last one', () => {
    const found = (days: string): string =>
      `an API token; Zendesk ends all API tokens on 2027-04-30, in ${days}, and deactivates those that are not used for 30 days`;
    assert.deepEqual(
      checkCredentials(legacy, now),
      warning('credentials', found('160 days'), mainWay),
    );
    assert.deepEqual(
      checkCredentials(legacy, new Date('2027-04-29T23:59:59Z')),
      warning('credentials', found('1 day'), mainWay),
    );
    assert.deepEqual(
      checkCredentials(legacy, new Date('2027-04-30T00:00:00Z')),
      problem(
        'credentials',
        'an API token, but Zendesk ended all API tokens on 2027-04-30',
        mainWay,
      ),
    );
  });
});

describe('the check of a login by refresh token', () => {
  const person = configOf({
    kind: 'oauth-refresh',
    clientId: 'log-puller',
    clientSecret: 'x',
    firstToken: undefined,
  });
  const dayMs = 86_400_000;
  const kept = {
    accessToken: 'a',
    scope: 'read',
    mark: 'm',
    accessLifeMs: dayMs,
    accessLeftMs: dayMs,
    refreshLeftMs: 89 * dayMs,
  };
  const facts = { kept, isForeign: false, refusedAt: undefined };
  const what = 'OAuth client log-puller, for a person who logged in';
  const logIn = 'Log in with the command "login".';

  it('shows when both tokens end', () => {
    assert.deepEqual(
      checkCredentials(person, now, facts),
      ok(
        'credentials',
        `${what}; the access token ends on 2026-11-22 08:00 UTC, the refresh token ends on 2027-02-18 08:00 UTC, and each run renews both`,
      ),
    );
  });

  it('warns when the refresh token will end soon, and reports when it has ended', () => {
    const near = { ...facts, kept: { ...kept, accessLeftMs: -dayMs, refreshLeftMs: dayMs } };
    assert.deepEqual(
      checkCredentials(person, now, near),
      warning(
        'credentials',
        `${what}; the access token ended on 2026-11-20 08:00 UTC, the refresh token ends on 2026-11-22 08:00 UTC, and each run renews both`,
        'Run "serve" or "sync" before that, or log in again.',
      ),
    );
    const over = { ...facts, kept: { ...kept, accessLeftMs: -dayMs, refreshLeftMs: -dayMs } };
    assert.deepEqual(
      checkCredentials(person, now, over),
      problem(
        'credentials',
        `${what}; the access token ended on 2026-11-20 08:00 UTC, the refresh token ended on 2026-11-20 08:00 UTC`,
        logIn,
      ),
    );
  });

  it('reports a login that is missing, refused, or encrypted with another secret', () => {
    const none = { kept: undefined, isForeign: false, refusedAt: undefined };
    assert.deepEqual(
      checkCredentials(person, now, none),
      problem('credentials', `${what}, but nobody has yet`, logIn),
    );
    assert.deepEqual(
      checkCredentials(person, now, { ...none, isForeign: true }),
      problem(
        'credentials',
        `${what}; the login was kept with another ZENDESK_CLIENT_SECRET and cannot be read`,
        logIn,
      ),
    );
    assert.deepEqual(
      checkCredentials(person, now, { ...facts, refusedAt: now }),
      problem(
        'credentials',
        `${what}; Zendesk refused the refresh token on 2026-11-21 08:00 UTC: it has expired, was revoked, or was used somewhere else`,
        logIn,
      ),
    );
  });

  it('warns when the person who logged in is not an admin', () => {
    const grant = { scope: 'read', expiresInMs: dayMs };
    const user = { name: 'Ada', role: 'agent' };
    assert.deepEqual(
      checkToken(person, { grant, refusal: undefined, user, wasUsed: true }),
      warning(
        'access token',
        'good for 24 hours with the scope read of Ada (agent)',
        'The logs are for admins: let an admin log in with the command "login".',
      ),
    );
  });
});

describe('the check of the access token', () => {
  const unused = { grant: undefined, refusal: undefined, wasUsed: false };

  it('shows the scope that was granted, or the requested one if the answer does not say', () => {
    for (const scope of ['read', undefined])
      assert.deepEqual(
        checkToken(client, { ...unused, grant: { scope, expiresInMs: 7_200_000 } }),
        ok('access token', 'valid for 2 hours with the scope read'),
      );
  });

  it('warns about a scope that was not requested', () => {
    assert.deepEqual(
      checkToken(client, { ...unused, grant: { scope: 'read write', expiresInMs: 7_200_000 } }),
      warning(
        'access token',
        'valid for 2 hours with the scope read write; write was not requested',
        'Limit the allowed scopes of the OAuth client (Admin Center > Apps and integrations > APIs > OAuth clients).',
      ),
    );
  });

  it('accepts a ready token that was used, and says so when it was not used', () => {
    assert.deepEqual(
      checkToken(ready, { ...unused, wasUsed: true }),
      ok('access token', 'accepted; its scope is unknown, only what it can read'),
    );
    assert.deepEqual(
      checkToken(ready, unused),
      skipped('access token', 'no request could be made with it'),
    );
  });

  it('reports a refusal with what to do, and a failure without useless advice', () => {
    const refusal = new KnownError('client_refused', {
      found: 'Zendesk refuses the OAuth client (401)',
      wayOut: 'check ZENDESK_CLIENT_ID',
      quote: 'invalid_client: a; b',
    });
    assert.deepEqual(
      checkToken(client, { ...unused, refusal }),
      problem(
        'access token',
        'Zendesk refuses the OAuth client (401). Zendesk said: "invalid_client: a; b".',
        'Check ZENDESK_CLIENT_ID.',
      ),
    );
    const failure = new KnownError('no_usable_answer', {
      found:
        'No usable answer from Zendesk to /oauth/tokens after 6 attempts; the last one: status 503',
      requestId: 'abc-1',
    });
    assert.deepEqual(
      checkToken(client, { ...unused, refusal: failure }),
      problem(
        'access token',
        failure.message,
        'Try again in a few minutes. If it persists, contact Zendesk support with the request id abc-1.',
      ),
    );
  });
});
