import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessFinding,
  type AccessRow,
  findAccesses,
  isProgram,
} from '../../support/access-view-rows.ts';

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

const days = (counts: readonly number[]): AccessRow[] =>
  counts.map((count, index) => looked(counts.length - index, count));

const same = (count: number, length = 14): number[] => Array<number>(length).fill(count);

describe('the rule resource_outlier', () => {
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('resource_outlier', rows, statements);
  const found = (value: number, usually: number): AccessFinding[] => [
    [15, `Unusually many resources: ${value} on 2026-11-18, usually ${usually}`],
  ];

  it('finds a day that is more than six deviations above the median of the person', async () => {
    const spread = days([...same(40, 7), ...same(60, 7)]);
    assert.deepEqual(await find([...spread, looked(0, 138)]), []);
    assert.deepEqual(await find([...spread, looked(0, 139)]), found(139, 50));
  });

  it('uses a deviation of at least one resource if all days are alike', async () => {
    assert.deepEqual(await find([...days(same(50)), looked(0, 56)]), []);
    assert.deepEqual(await find([...days(same(50)), looked(0, 57)]), found(57, 50));
  });

  it('is not affected by a single extreme day before', async () => {
    assert.deepEqual(
      await find([...days([...same(50, 12), 900, 50]), looked(0, 57)]),
      found(57, 50),
    );
  });

  it('finds nothing below 50 resources, or of people known for less than 14 days', async () => {
    assert.deepEqual(await find([...days(same(10)), looked(0, 49)]), []);
    assert.deepEqual(await find([...days(same(10)), looked(0, 50)]), found(50, 10));
    assert.deepEqual(await find([...days(same(10, 13)), looked(0, 90)]), []);
  });

  it('looks 28 days back, at the same person', async () => {
    const thirteen = days(same(10, 13));
    assert.deepEqual(await find([looked(28, 10), ...thirteen, looked(0, 90)]), found(90, 10));
    assert.deepEqual(await find([looked(29, 10), ...thirteen, looked(0, 90)]), []);
    assert.deepEqual(await find([...days(same(10)), looked(0, 90, { user_id: 6 })]), []);
  });

  it('leaves out denied requests, programs, and people whose requests of the day are half about reading logs', async () => {
    const usual = days(same(10));
    const burst = looked(0, 90);
    const log = looked(0, 0, { url: '/api/v2/audit_logs', timestamp: '2026-11-18T13:00:00Z' });
    assert.deepEqual(await find([...usual, looked(0, 90, { status: 403 })]), []);
    assert.deepEqual(await find([...usual, burst], [isProgram(5)]), []);
    assert.deepEqual(await find([...usual, burst, log, log]), []);
    assert.deepEqual(await find([...usual, burst, log]), [
      [16, 'Unusually many resources: 90 on 2026-11-18, usually 10'],
    ]);
  });
});
