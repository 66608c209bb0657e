import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessRow, at, findAccesses, isProgram } from '../../support/access-view-rows.ts';

describe('the rule data_export', () => {
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('data_export', rows, statements);
  const users = { url: '/api/v2/incremental/users/cursor?start_time=1' };

  it('finds the first page of an export, and the next one after a pause of more than 30 minutes', async () => {
    assert.deepEqual(
      await find([
        at('11-18T12:00:00', users),
        at('11-18T12:30:00', { url: '/api/v2/incremental/users/cursor?cursor=b' }),
        at('11-18T13:00:01', { url: '/api/v2/incremental/users/cursor?cursor=c' }),
      ]),
      [
        [1, 'Data exported: user'],
        [3, 'Data exported: user'],
      ],
    );
  });

  it('keeps exports, people and denied requests apart', async () => {
    assert.deepEqual(
      await find([
        at('11-18T12:00:00', { ...users, status: 403 }),
        at('11-18T12:00:01', users),
        at('11-18T12:00:02', { url: '/api/v2/views/55/export' }),
        at('11-18T12:00:03', { url: '/api/v2/search/export?query=secret' }),
        at('11-18T12:00:04', { ...users, user_id: 6 }),
      ]),
      [
        [1, 'Data exported: user, denied'],
        [2, 'Data exported: user'],
        [3, 'Data exported: view 55'],
        [4, 'Data exported'],
        [5, 'Data exported: user'],
      ],
    );
  });

  it('finds no lists, views and searches, and no programs', async () => {
    assert.deepEqual(
      await find(
        [
          at('11-18T12:00:00', { url: '/api/v2/users' }),
          at('11-18T12:00:00', { url: '/api/v2/views/55/execute' }),
          at('11-18T12:00:00', { url: '/api/v2/search?query=export' }),
          at('11-18T12:00:00', { ...users, user_id: 8 }),
        ],
        [isProgram(8)],
      ),
      [],
    );
  });
});
