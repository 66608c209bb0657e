import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessRow, findAccesses, isProgram, own } from '../../support/access-view-rows.ts';

function looked(
  daysBefore: number,
  count: number,
  more: Readonly<Record<string, unknown>> = {},
): AccessRow {
  const noon = new Date(Date.UTC(2026, 10, 18 - daysBefore, 12));
  const ids = Array.from({ length: count }, (_, n) => n + 1);
  return {
    timestamp: noon.toISOString(),
    url: `/api/v2/tickets/show_many?ids=${ids.join(',')}`,
    ...more,
  };
}

describe('the rule bulk_read', () => {
  const find = (row: AccessRow, statements?: readonly string[]) =>
    findAccesses('bulk_read', [row], statements);

  it('finds requests that name more than 50 resources', async () => {
    assert.deepEqual(await find(looked(0, 50)), []);
    assert.deepEqual(await find(looked(0, 51)), [
      [1, 'Many resources in one request: more than 50, the last counted: ticket 51'],
    ]);
    assert.deepEqual((await find(looked(0, 90))).length, 1);
  });

  it('leaves out denied requests, changes, and programs, including this one', async () => {
    const many = looked(0, 51);
    const to = (path: string): string => String(many['url']).replace('tickets/show_many', path);
    assert.deepEqual(await find({ ...many, status: 404 }), []);
    assert.deepEqual(
      await find({ ...many, url: to('tickets/destroy_many'), method: 'DELETE' }),
      [],
    );
    assert.deepEqual(await find(many, [isProgram(5)]), []);
    assert.deepEqual(await find({ ...many, url: to('users/show_many'), ...own }), []);
    assert.deepEqual((await find({ ...many, url: to('users/show_many') })).length, 1);
  });
});
