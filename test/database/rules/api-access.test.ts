import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, findAccesses, isProgram, own } from '../../support/access-view-rows.ts';

describe('the rule api_access', () => {
  const basic = { authorization_type: 'basic', client: 'curl/8.5.0' };

  it('finds programs that work in the name of a person, once a day', async () => {
    assert.deepEqual(
      await findAccesses('api_access', [
        at('11-16T12:00:00', basic),
        at('11-17T12:00:00', basic),
        at('11-18T12:00:01', { authorization_type: 'bearer', client: null }),
        at('11-18T12:00:02', { ...basic, user_id: 6 }),
      ]),
      [
        [1, 'API used in the name of a person: basic, curl/8.5.0'],
        [3, 'API used in the name of a person: bearer'],
        [4, 'API used in the name of a person: basic, curl/8.5.0'],
      ],
    );
  });

  it('leaves out sessions, denied requests, and programs, including this one', async () => {
    const log = { url: '/api/v2/access_logs', authorization_type: 'bearer', ...own };
    assert.deepEqual(
      await findAccesses(
        'api_access',
        [
          at('11-18T12:00:00'),
          at('11-18T12:00:00', { authorization_type: null }),
          at('11-18T12:00:00', { ...basic, status: 401 }),
          at('11-18T12:00:00', { ...basic, user_id: 8 }),
          at('11-18T12:00:00', { ...log, user_id: 7 }),
          at('11-18T12:00:01', { ...basic, user_id: 7 }),
        ],
        [isProgram(8)],
      ),
      [[6, 'API used in the name of a person: basic, curl/8.5.0']],
    );
  });
});
