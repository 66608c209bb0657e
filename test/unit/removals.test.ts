import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeRemovals, listDropped, type Removal } from '../../src/ingest/removals.ts';

function remove(what: string, from: string, until: string, rows: number): Removal {
  return {
    what,
    removed_from: `${from}T00:00:00Z`,
    removed_until: `${until}T00:00:00Z`,
    rows,
    reason: '13 months',
    noted_at: '2026-11-01T00:00:00Z',
  };
}

const rows = remove('rows', '2026-01-01', '2026-02-01', 1200);
const next = remove('rows', '2026-02-01', '2026-02-03', 1);
const columns = remove('addresses', '2026-03-01', '2026-04-01', 7);
const removals = [rows, next, columns];
const show = (moment: Date): string => moment.toISOString().slice(0, 10);
const second = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 1000;

describe('what retention has taken away', () => {
  it('is no longer stored only where whole rows were dropped', () => {
    assert.deepEqual(listDropped(removals), [
      { from: second('2026-01-01'), to: second('2026-02-03') },
    ]);
  });

  const sentences = [
    'The audit log from 2026-01-01 to 2026-02-01 was dropped by retention on 2026-11-01, 1,200 rows (kept for 13 months).',
    'The audit log from 2026-02-01 to 2026-02-03 was dropped by retention on 2026-11-01, 1 row (kept for 13 months).',
    'From the audit log from 2026-03-01 to 2026-04-01, addresses was removed by retention on 2026-11-01, 7 rows (kept for 13 months).',
  ];

  it('are reported in a sentence each', () => {
    assert.deepEqual(describeRemovals('audit log', removals, show), sentences);
  });

  it('are reported only for the time that is asked for', () => {
    const tell = (from: string, to: string): readonly string[] =>
      describeRemovals('audit log', removals, show, { from: second(from), to: second(to) });
    assert.deepEqual(tell('2026-02-01', '2026-03-01'), [sentences[1]]);
    assert.deepEqual(tell('2026-02-02', '2026-03-02'), [sentences[1], sentences[2]]);
    assert.deepEqual(tell('2026-04-01', '2026-05-01'), []);
  });
});
