import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  own,
} from '../../support/access-view-rows.ts';

describe('the rule watchlist_access', () => {
  const watch = (type: string, id: string, note: string | null, account = 'acme'): string =>
    `insert into zendesk.watchlist (account, resource_type, resource_id, note)
     values ('${account}', '${type}', '${id}', ${note === null ? 'null' : `'${note}'`})`;
  const find = (rows: readonly AccessRow[], statements: readonly string[]) =>
    findAccesses('watchlist_access', rows, statements);

  it('finds each visit to resources on the list, with denied ones separately', async () => {
    assert.deepEqual(
      await find(
        [
          at('11-18T12:00:00'),
          at('11-18T12:00:05', { status: 403 }),
          at('11-18T12:00:06', { status: 404 }),
          at('11-18T12:30:00'),
          at('11-18T13:00:01'),
          at('11-18T13:00:02', { url: '/api/v2/tickets/show_many?ids=2,1', user_id: 6 }),
          at('11-18T13:00:03', { user_id: null }),
          at('11-18T13:00:04', { user_id: null }),
        ],
        [watch('ticket', '1', 'the mayor')],
      ),
      [
        [1, 'Watched resource accessed: ticket 1, the mayor'],
        [2, 'Watched resource accessed: ticket 1, the mayor, denied'],
        [5, 'Watched resource accessed: ticket 1, the mayor'],
        [6, 'Watched resource accessed: ticket 1, the mayor'],
        [7, 'Watched resource accessed: ticket 1, the mayor'],
      ],
    );
  });

  it('finds nothing else: other ids, types and accounts, lists, and programs', async () => {
    assert.deepEqual(
      await find(
        [
          at('11-18T12:00:00', { url: '/api/v2/tickets/11' }),
          at('11-18T12:00:00', { url: '/api/v2/organizations/1' }),
          at('11-18T12:00:00', { url: '/api/v2/tickets/2' }),
          at('11-18T12:00:00', { url: '/api/v2/tickets' }),
          at('11-18T12:00:00', { user_id: 8 }),
        ],
        [
          watch('ticket', '1', null),
          watch('user', '1', null),
          watch('ticket', '2', null, 'other'),
          isProgram(8),
        ],
      ),
      [],
    );
  });

  it('ignores what this program reads, also for the visit of a person after it', async () => {
    assert.deepEqual(
      await find(
        [
          at('11-18T12:00:00', { url: '/api/v2/users/show_many?ids=9', ...own }),
          at('11-18T12:01:00', { url: '/api/v2/users/9' }),
        ],
        [watch('user', '9', null)],
      ),
      [[2, 'Watched resource accessed: user 9']],
    );
  });
});
