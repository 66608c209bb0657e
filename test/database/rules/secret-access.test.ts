import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  own,
} from '../../support/access-view-rows.ts';

describe('the rule secret_access', () => {
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('secret_access', rows, statements);

  it('finds who reads or changes credentials and recovery codes', async () => {
    assert.deepEqual(
      await find([
        at('11-18T12:00:00', { url: '/api/v2/users/9/recovery_codes' }),
        at('11-18T12:00:01', { url: '/api/v2/users/9/password', method: 'POST' }),
        at('11-18T12:00:02', { url: '/api/v2/oauth/tokens/7.json', status: 404 }),
        at('11-18T12:00:03', { url: '/api/v2/oauth/tokens?page=1' }),
        at('11-18T12:00:04', { url: '/api/v2/oauth/tokens?page=2' }),
        at('11-18T12:30:05', { url: '/api/v2/oauth/tokens' }),
        at('11-18T12:30:06', { url: '/oauth/tokens', method: 'POST' }),
      ]),
      [
        [1, 'Credential read or changed: user 9'],
        [2, 'Credential read or changed: user 9'],
        [3, 'Credential read or changed: oauth_token 7, denied'],
        [4, 'Credential read or changed: oauth_token'],
        [6, 'Credential read or changed: oauth_token'],
        [7, 'Credential read or changed: oauth_token'],
      ],
    );
  });

  it('finds nothing else, and no programs, including this one', async () => {
    assert.deepEqual(
      await find(
        [
          at('11-18T12:00:00', { url: '/api/v2/users/9' }),
          at('11-18T12:00:00', { url: '/oauth/tokens', method: 'POST', ...own }),
          at('11-18T12:00:00', { url: '/api/v2/oauth/clients', user_id: 8 }),
        ],
        [isProgram(8)],
      ),
      [],
    );
  });
});
