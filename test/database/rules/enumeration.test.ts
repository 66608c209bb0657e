import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessRow, at, findAccesses, isProgram } from '../../support/access-view-rows.ts';

describe('the rule enumeration', () => {
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

  it('finds users and organizations too, and other types if the rule names them', async () => {
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
