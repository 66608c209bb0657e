import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessRow, findAccesses } from '../../support/access-view-rows.ts';

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

describe('the rules of findings_by_measure', () => {
  const usual = days(same(1));
  const today = (count: number, more: Readonly<Record<string, unknown>>): AccessRow[] =>
    Array.from({ length: count }, () => looked(0, 1, more));

  it('count searches and bytes', async () => {
    const search = { url: '/api/v2/search?query=x' };
    assert.deepEqual(await findAccesses('search_outlier', [...usual, ...today(49, search)]), []);
    assert.deepEqual(await findAccesses('search_outlier', [...usual, ...today(50, search)]), [
      [64, 'Unusually many searches: 50 on 2026-11-18, usually 0'],
    ]);
    const download = (bytes_sent: number): AccessRow[] => [...usual, looked(0, 1, { bytes_sent })];
    assert.deepEqual(await findAccesses('bytes_outlier', download(99_999_999)), []);
    assert.deepEqual(await findAccesses('bytes_outlier', download(100_000_000)), [
      [15, 'Unusually many bytes: 100000000 on 2026-11-18, usually 0'],
    ]);
  });

  it('can use any column of agent_day in another rule; another name finds nothing', async () => {
    const add = (rule: string, measure: string): string =>
      `insert into zendesk.finding_rules (rule, stream, severity, question, title, parameters) values ('${rule}', 'access_logs',
         'low', 'Who exports more than usual?', 'Unusually many exports',
         '{"measure": "${measure}", "minimum": 2, "z": 6, "floor": 0.1, "days": 28, "least_days": 14}')`;
    const rules = [add('export_outlier', 'exports'), add('moon_outlier', 'moons')];
    const exports = today(2, { url: '/api/v2/incremental/tickets' });
    assert.deepEqual(await findAccesses('export_outlier', [...usual, ...exports], rules), [
      [16, 'Unusually many exports: 2 on 2026-11-18, usually 0'],
    ]);
    assert.deepEqual(await findAccesses('moon_outlier', [...usual, ...exports], rules), []);
  });
});
