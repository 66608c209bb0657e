import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  own,
} from '../../support/access-view-rows.ts';

describe('the rule new_client', () => {
  const by = (moment: string, client: string | null, user_id = 5): AccessRow =>
    at(moment, { client, user_id });

  it('finds the first request of a browser or program after two weeks of learning; a new version does not count', async () => {
    assert.deepEqual(
      await findAccesses('new_client', [
        by('11-01T12:00:00', 'Mozilla/5.0 Firefox/145.0'),
        by('11-15T11:59:59', 'Mozilla/5.0 Safari/26.0'),
        by('11-16T12:00:00', 'Mozilla/5.0 Firefox/146.0.1'),
        by('11-16T12:00:00', 'Mozilla/5.0 Safari/27.0'),
        by('11-17T12:00:00', 'curl/8.5.0'),
        by('11-18T12:00:00', 'curl/8.6'),
        by('11-18T12:00:00', null),
        by('11-18T12:00:00', `Robot ${'x'.repeat(300)}`),
        by('11-18T12:00:00', 'Opera/1.0', 6),
      ]),
      [
        [5, 'First access with this client: curl/8.5.0'],
        [8, `First access with this client: Robot ${'x'.repeat(194)}`],
      ],
    );
  });

  it('leaves out programs, including this one', async () => {
    const rows = [
      by('11-01T12:00:00', 'Mozilla/5.0'),
      at('11-17T12:00:00', { url: '/api/v2/audit_logs', ...own }),
      by('11-18T12:00:00', 'curl/8.5.0'),
    ];
    assert.deepEqual(
      (await findAccesses('new_client', rows)).map(([id]) => id),
      [3],
    );
    assert.deepEqual(await findAccesses('new_client', rows, [isProgram(5)]), []);
  });
});
