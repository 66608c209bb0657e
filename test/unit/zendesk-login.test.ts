import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareScopes } from '../../src/zendesk/login.ts';
import { isToBeRenewed, planRenewal } from '../../src/zendesk/minting.ts';
import { readGrant } from '../../src/zendesk/token-endpoint.ts';

describe('readGrant', () => {
  const halfAnHourMs = 1_800_000;
  const lone = { refreshToken: undefined, refreshExpiresInMs: undefined };
  const table: [string, unknown, ReturnType<typeof readGrant>][] = [
    [
      'a whole answer',
      { access_token: 'abc', token_type: 'bearer', scope: 'read', expires_in: 7200 },
      { accessToken: 'abc', scope: 'read', expiresInMs: 7_200_000, ...lone },
    ],
    [
      'an answer without a life as half an hour',
      { access_token: 'abc', scope: 'read' },
      { accessToken: 'abc', scope: 'read', expiresInMs: halfAnHourMs, ...lone },
    ],
    [
      'a life of null as half an hour',
      { access_token: 'abc', scope: 'read', expires_in: null },
      { accessToken: 'abc', scope: 'read', expiresInMs: halfAnHourMs, ...lone },
    ],
    [
      'a senseless life as half an hour',
      { access_token: 'abc', scope: 'read', expires_in: -1 },
      { accessToken: 'abc', scope: 'read', expiresInMs: halfAnHourMs, ...lone },
    ],
    [
      'an answer without a scope',
      { access_token: 'abc', expires_in: 300 },
      { accessToken: 'abc', scope: undefined, expiresInMs: 300_000, ...lone },
    ],
    [
      'a refresh token and its life',
      { access_token: 'abc', refresh_token: 'def', refresh_token_expires_in: 604_801 },
      {
        accessToken: 'abc',
        scope: undefined,
        expiresInMs: halfAnHourMs,
        refreshToken: 'def',
        refreshExpiresInMs: 604_801_000,
      },
    ],
    ['no token', { token_type: 'bearer' }, undefined],
    ['an empty token', { access_token: '' }, undefined],
    ['a token that would break a header', { access_token: 'a\nb' }, undefined],
    [
      'a life of nothing as half an hour',
      { access_token: 'abc', scope: 'read', expires_in: 0 },
      { accessToken: 'abc', scope: 'read', expiresInMs: halfAnHourMs, ...lone },
    ],
    [
      'a scope that is no text as none',
      { access_token: 'abc', scope: ['read'], expires_in: 300 },
      { accessToken: 'abc', scope: undefined, expiresInMs: 300_000, ...lone },
    ],
    ['no object', 'abc', undefined],
    ['nothing', null, undefined],
  ];
  for (const [name, json, grant] of table)
    it(`reads ${name}`, () => assert.deepEqual(readGrant(json), grant));
});

describe('compareScopes', () => {
  const table: [string, string | undefined, string[], string[]][] = [
    ['read', 'read', [], []],
    ['read', undefined, [], []],
    ['read', 'read write', [], ['write']],
    ['read', 'auditlogs:read', ['read'], ['auditlogs:read']],
    ['auditlogs:read users:read', 'users:read auditlogs:read', [], []],
    ['auditlogs:read users:read', 'users:read', ['auditlogs:read'], []],
    ['auditlogs:read users:read', 'read', [], ['read']],
    ['read', '', ['read'], []],
    [' read  users:read', 'read, users:read', [], []],
  ];
  for (const [requested, granted, missing, surplus] of table)
    it(`compares ${requested} with ${granted ?? 'nothing said'}`, () =>
      assert.deepEqual(compareScopes(requested, granted), { missing, surplus }));
});

describe('isToBeRenewed', () => {
  it('is true in the last minute, or in the second half of a very short life', () => {
    const hourMs = 3_600_000;
    assert.equal(isToBeRenewed(60_001, hourMs), false);
    assert.equal(isToBeRenewed(60_000, hourMs), true);
    assert.equal(isToBeRenewed(30_001, 60_000), false);
    assert.equal(isToBeRenewed(30_000, 60_000), true);
    assert.equal(isToBeRenewed(-1, hourMs), true);
  });
});

describe('planRenewal', () => {
  it('renews a minute before the end, or at half of a very short life', () => {
    assert.equal(planRenewal(1_000_000, 7_200_000), 1_000_000 + 7_140_000);
    assert.equal(planRenewal(1_000_000, 60_000), 1_000_000 + 30_000);
  });
});

describe('isToBeRenewed', () => {
  it('is so a minute before the end, or at half of a very short life', () => {
    assert.deepEqual(
      [60_001, 60_000].map((leftMs) => isToBeRenewed(leftMs, 7_200_000)),
      [false, true],
    );
    assert.deepEqual(
      [1001, 1000].map((leftMs) => isToBeRenewed(leftMs, 2000)),
      [false, true],
    );
  });
});
