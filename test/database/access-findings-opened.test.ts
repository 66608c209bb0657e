import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessRow, at, findAccesses, isProgram, own } from '../support/access-view-rows.ts';

describe('watchlist_access', () => {
  const watch = (type: string, id: string, note: string | null, account = 'acme'): string =>
    `insert into zendesk.watchlist (account, resource_type, resource_id, note)
     values ('${account}', '${type}', '${id}', ${note === null ? 'null' : `'${note}'`})`;
  const find = (rows: readonly AccessRow[], statements: readonly string[]) =>
    findAccesses('watchlist_access', rows, statements);

  it('finds each visit to what is on the list, denied ones apart', async () => {
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

  it('ignores what this program reads, and a visit of the person after that is still found', async () => {
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

describe('enumeration', () => {
  /** Ids from `from` to `to`, one every `seconds`, from noon on. */
  const opened = (
    [first, last]: readonly [number, number],
    seconds = 1,
    path = 'tickets',
    more: Readonly<Record<string, unknown>> = {},
  ): AccessRow[] => {
    const step = first <= last ? 1 : -1;
    return Array.from({ length: Math.abs(last - first) + 1 }, (_, n) => ({
      timestamp: new Date(Date.UTC(2026, 10, 18, 12) + n * seconds * 1000).toISOString(),
      url: `/api/v2/${path}/${first + n * step}`,
      ...more,
    }));
  };
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('enumeration', rows, statements);

  it('finds a full block of ids, whatever their order, once', async () => {
    assert.deepEqual(await find(opened([40, 59])), [
      [20, 'Ids opened one after the other: ticket 40 to 59'],
    ]);
    assert.deepEqual(await find(opened([59, 40])), [
      [1, 'Ids opened one after the other: ticket 40 to 59'],
    ]);
    assert.deepEqual(await find([...opened([40, 59], 2), ...opened([40, 59], 3)]), [
      [20, 'Ids opened one after the other: ticket 40 to 59'],
    ]);
    assert.deepEqual(
      (await find(opened([30, 85]))).map(([id]) => id),
      [30, 50],
    );
  });

  it('finds users and organizations too, and other types where the rule names them', async () => {
    assert.deepEqual(await find(opened([40, 59], 1, 'users')), [
      [20, 'Ids opened one after the other: user 40 to 59'],
    ]);
    assert.deepEqual((await find(opened([40, 59], 1, 'organizations'))).length, 1);
    const macros = opened([40, 59], 1, 'macros');
    assert.deepEqual(await find(macros), []);
    const rule = `update zendesk.finding_rules set parameters = parameters || '{"types": ["macro"], "block": 10}' where rule = 'enumeration'`;
    assert.deepEqual(await find(macros, [rule]), [
      [10, 'Ids opened one after the other: macro 40 to 49'],
      [20, 'Ids opened one after the other: macro 50 to 59'],
    ]);
  });

  it('finds ids that are opened within five minutes, and not those that take longer', async () => {
    assert.equal((await find(opened([40, 59], 15))).length, 1);
    assert.deepEqual(await find(opened([40, 59], 16)), []);
  });

  it('finds nothing when one id is missing, when two people share the block, in lists and writes, or in programs', async () => {
    const all = opened([40, 59]);
    assert.deepEqual(await find(all.filter((_, index) => index !== 5)), []);
    assert.deepEqual(await find(all.map((row, index) => ({ ...row, user_id: index % 2 }))), []);
    assert.deepEqual(await find(opened([40, 59], 1, 'tickets', { method: 'PUT' })), []);
    assert.deepEqual(await find(all, [isProgram(5)]), []);
    const long = at('11-18T12:00:00', {
      url: '/api/v2/tickets/99999999999999999999999999999999999',
    });
    assert.deepEqual(await find([long]), []);
  });
});
