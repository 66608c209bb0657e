import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { beginAuthorization, readCallback } from '../../src/zendesk/authorization.ts';

const place = {
  origin: 'https://acme.zendesk.com',
  credentials: {
    kind: 'oauth-refresh',
    clientId: 'log-puller',
    clientSecret: 'top/secret',
    firstToken: undefined,
  },
  scope: 'read write',
} as const;
const redirectUri = 'http://127.0.0.1:8976/callback';

describe('the beginning of a login', () => {
  it('has a link with the state and the challenge, and without a secret', () => {
    const { link, state, verifier } = beginAuthorization(place, redirectUri);
    const { origin, pathname, searchParams } = new URL(link);
    assert.equal(`${origin}${pathname}`, 'https://acme.zendesk.com/oauth/authorizations/new');
    assert.deepEqual(Object.fromEntries(searchParams), {
      response_type: 'code',
      client_id: 'log-puller',
      redirect_uri: redirectUri,
      scope: 'read write',
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    assert.equal(verifier.length, 43);
    assert.ok(!link.includes(verifier) && !link.includes('secret'));
    assert.notEqual(beginAuthorization(place, redirectUri).state, state);
  });
});

describe('the answer of a browser or a person', () => {
  const begun = { state: 'the-state' };
  const table: [string, string, ReturnType<typeof readCallback>][] = [
    ['an address', `${redirectUri}?code=abc&state=the-state`, { kind: 'code', code: 'abc' }],
    [
      'an address with spaces around it',
      `  ${redirectUri}?state=the-state&code=abc\n`,
      {
        kind: 'code',
        code: 'abc',
      },
    ],
    ['a code alone', '7xqwtlf3rrdj8uyeb1yf', { kind: 'code', code: '7xqwtlf3rrdj8uyeb1yf' }],
    ['a code with blanks around it', ' 7xqwtlf3rrdj8\n', { kind: 'code', code: '7xqwtlf3rrdj8' }],
    ...['code 7xqwtlf3rrdj8', '7xqwtlf3rrdj8 and more'].map(
      (text): [string, string, ReturnType<typeof readCallback>] => [
        `nothing known: ${text}`,
        text,
        { kind: 'foreign', reason: 'it is neither the address of a page nor a code' },
      ],
    ),
    [
      'a refusal',
      `${redirectUri}?error=access_denied&state=the-state`,
      {
        kind: 'refused',
        reason: 'access_denied',
      },
    ],
    [
      'another state',
      `${redirectUri}?code=abc&state=other`,
      {
        kind: 'foreign',
        reason: 'its state is not that of this login',
      },
    ],
    [
      'a refusal with another state',
      `${redirectUri}?error=access_denied`,
      {
        kind: 'foreign',
        reason: 'its state is not that of this login',
      },
    ],
    ['no code', `${redirectUri}?state=the-state`, { kind: 'foreign', reason: 'it has no code' }],
    [
      'something else',
      'what?',
      {
        kind: 'foreign',
        reason: 'it is neither the address of a page nor a code',
      },
    ],
  ];
  for (const [name, text, expected] of table)
    it(`may be ${name}`, () => assert.deepEqual(readCallback(text, begun), expected));
});
