import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTemplateCounts } from '../../src/classification/templates.ts';

const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 20, hour));

describe('the count of templates', () => {
  it('lists the most frequent first, equal ones by name, with the newest time of each', () => {
    const counts = createTemplateCounts();
    for (const [template, hour] of [
      ['GET /b', 3],
      ['GET /c', 9],
      ['GET /a', 7],
      ['GET /c', 2],
    ] as const)
      counts.add(template, at(hour));
    const c = { template: 'GET /c', requests: 2, newest: at(9) };
    const a = { template: 'GET /a', requests: 1, newest: at(7) };
    const b = { template: 'GET /b', requests: 1, newest: at(3) };
    assert.deepEqual(counts.summarize(20), { total: 4, templates: [c, a, b], others: 0 });
    assert.deepEqual(counts.summarize(2), { total: 4, templates: [c, a], others: 1 });
  });

  it('keeps at most the given number of templates, and counts the requests of the rest', () => {
    const counts = createTemplateCounts(2);
    for (const template of ['a', 'b', 'c', 'd', 'b', 'c']) counts.add(template, at(1));
    assert.deepEqual(counts.summarize(20), {
      total: 6,
      templates: [
        { template: 'b', requests: 2, newest: at(1) },
        { template: 'a', requests: 1, newest: at(1) },
      ],
      others: 3,
    });
    assert.deepEqual(createTemplateCounts().summarize(20), { total: 0, templates: [], others: 0 });
  });
});
