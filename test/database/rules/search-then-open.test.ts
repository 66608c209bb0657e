import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessRow, at, findAccesses, isProgram } from '../../support/access-view-rows.ts';

const search = (text: string): { url: string } => ({
  url: `/api/v2/search.json?query=${encodeURIComponent(text)}`,
});

describe('the rule search_then_open', () => {
  const searched = at('11-18T12:00:00', search('smith'));
  /** Tickets from `first` on, one a second, after the search. */
  const opened = (
    count: number,
    more: Readonly<Record<string, unknown>> = {},
    first = 1,
  ): AccessRow[] =>
    Array.from({ length: count }, (_, n) =>
      at(`11-18T12:00:${String(first + n).padStart(2, '0')}`, {
        url: `/api/v2/tickets/${first + n}`,
        ...more,
      }),
    );
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('search_then_open', rows, statements);

  it('finds a search after which more than 20 resources are opened', async () => {
    assert.deepEqual(await find([searched, ...opened(20)]), []);
    assert.deepEqual(await find([searched, ...opened(21)]), [
      [1, 'Many resources opened after a search: 21 within 10 minutes'],
    ]);
  });

  it('counts different resources that were shown to the same person within ten minutes', async () => {
    const twenty = opened(20);
    const another = { url: '/api/v2/users/21' };
    for (const row of [
      at('11-18T12:01:00', { url: '/api/v2/tickets/20' }),
      at('11-18T12:01:00', { ...another, user_id: 6 }),
      at('11-18T12:01:00', { ...another, status: 403 }),
      at('11-18T12:01:00', { ...another, method: 'PUT' }),
      at('11-18T12:01:00', { url: '/api/v2/tickets' }),
      at('11-18T12:10:00', another),
      at('11-18T11:59:59', another),
    ])
      assert.deepEqual(await find([searched, ...twenty, row]), []);
    assert.deepEqual(await find([searched, ...twenty, at('11-18T12:09:59', another)]), [
      [1, 'Many resources opened after a search: 21 within 10 minutes'],
    ]);
  });

  it('counts opened resources for the search before them', async () => {
    const again = { ...searched, timestamp: '2026-11-18T12:00:15Z' };
    assert.deepEqual(await find([searched, ...opened(14), again, ...opened(16, {}, 16)]), []);
    assert.deepEqual(await find([searched, ...opened(14), again, ...opened(21, {}, 16)]), [
      [16, 'Many resources opened after a search: 21 within 10 minutes'],
    ]);
  });

  it('leaves out programs', async () => {
    assert.deepEqual(await find([searched, ...opened(21)], [isProgram(5)]), []);
  });
});
