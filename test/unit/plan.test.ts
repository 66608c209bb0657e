import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalizeSpans, subtract, unite, type Spans } from '../../src/span.ts';
import { coveredByFetch, findGaps } from '../../src/ingest/coverage.ts';
import {
  adaptSpanSeconds,
  countCursors,
  firstSpanSeconds,
  isPatient,
  listRescanAges,
  measureNeed,
  nameGap,
  planLive,
  planOldest,
  planRescan,
  splitSpanSeconds,
} from '../../src/ingest/plan.ts';

const now = 1_800_000_000;
const day = 86_400;

describe('the plan of a live fetch', () => {
  it('begins at the end of the coverage, but never later than SETTLE ago', () => {
    assert.deepEqual(planLive([{ from: 0, to: now - 360 }], 0, now, 300), {
      from: now - 360,
      to: now + 1,
    });
    assert.deepEqual(planLive([{ from: 0, to: now - 10 }], 0, now, 300), {
      from: now - 300,
      to: now + 1,
    });
  });

  it('leaves older time to the backfill, so that the newest rows never wait', () => {
    assert.deepEqual(planLive([{ from: 0, to: now - 3 * day }], 0, now, 300), {
      from: now - 900,
      to: now + 1,
    });
    assert.deepEqual(planLive([], 0, now, 300), { from: now - 900, to: now + 1 });
  });

  it('does not reach beyond the horizon', () => {
    assert.deepEqual(planLive([], now - 60, now, 300), { from: now - 60, to: now + 1 });
  });
});

describe('the plan of a backfill', () => {
  it('takes the oldest open span that is not being read yet', () => {
    const open = [
      { from: 0, to: 10 * day },
      { from: 20 * day, to: 30 * day },
    ];
    assert.deepEqual(planOldest(open, [], day), { from: 0, to: day });
    assert.deepEqual(planOldest(open, [{ from: 0, to: day }], day), { from: day, to: 2 * day });
    assert.deepEqual(planOldest(open, [{ from: 0, to: 10 * day }], day), {
      from: 20 * day,
      to: 21 * day,
    });
    assert.equal(planOldest(open, [{ from: 0, to: 30 * day }], day), undefined);
  });

  it('includes a short remainder instead of leaving it for a separate fetch', () => {
    assert.deepEqual(planOldest([{ from: 0, to: 149 }], [], 100), { from: 0, to: 149 });
    assert.deepEqual(planOldest([{ from: 0, to: 150 }], [], 100), { from: 0, to: 150 });
    assert.deepEqual(planOldest([{ from: 0, to: 151 }], [], 100), { from: 0, to: 100 });
  });

  it('covers an empty log of 90 days in four requests', () => {
    const horizon = now - 90 * day;
    let coverage: Spans = [{ from: now - 900, to: now - 300 }];
    let spanSeconds = firstSpanSeconds;
    let requests = 0;
    for (;;) {
      const span = planOldest(findGaps(coverage, horizon), [], spanSeconds);
      if (span === undefined) break;
      requests += 1;
      coverage = unite(coverage, coveredByFetch(span, { askedAt: now, keptSince: horizon }, 300));
      spanSeconds = adaptSpanSeconds(span.to - span.from, 1);
    }
    assert.equal(requests, 4);
    assert.deepEqual(coverage, [{ from: horizon, to: now - 300 }]);
  });

  it('leaves out no second and reads none twice, for any gaps and lengths', () => {
    const spans = fc
      .array(fc.tuple(fc.nat(1000), fc.nat(1000)).map(([from, to]) => ({ from, to })))
      .map(normalizeSpans);
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 500 }), (open, spanSeconds) => {
        let read: Spans = [];
        for (let span = planOldest(open, [], spanSeconds); span !== undefined;) {
          assert.deepEqual(subtract([span], read), [span], 'no second is read twice');
          read = unite(read, [span]);
          span = planOldest(open, read, spanSeconds);
        }
        assert.deepEqual(read, open);
      }),
    );
  });

  it('makes spans four times longer while they are empty and shorter, towards sixteen pages, when they are full', () => {
    assert.equal(adaptSpanSeconds(1000, 0), 4000);
    assert.equal(adaptSpanSeconds(1000, 1), 4000);
    assert.equal(adaptSpanSeconds(1000, 8), 2000);
    assert.equal(adaptSpanSeconds(1000, 16), 1000);
    assert.equal(adaptSpanSeconds(1000, 64), 250);
    assert.equal(adaptSpanSeconds(1000, 100_000), 125);
    assert.equal(adaptSpanSeconds(1, 100_000), 1);
  });

  it('divides a span when its first pages show that it takes more than eight times as many', () => {
    const span = { from: 0, to: 64_000 };
    const judge = (pages: number, newestRow: number) =>
      splitSpanSeconds({ span, pages, oldestRow: 0, newestRow });
    assert.equal(judge(4, 8000), undefined, '32 pages');
    assert.equal(judge(4, 4000), 16_000, '64 pages');
    const bursts = { span, pages: 4, oldestRow: 0, newestRow: 4000, longestPause: 5000 };
    assert.equal(splitSpanSeconds(bursts), undefined, 'the pause behind the last burst counts too');
    assert.equal(judge(8, 8000), undefined, '64 pages');
    assert.equal(judge(8, 4000), 8000, '128 pages');
    assert.equal(judge(4, 60), 240);
    assert.equal(judge(64, 60), 60, 'never shorter');
  });

  it('judges a span at its fourth page, its eighth and so on, and not by a burst', () => {
    const span = { from: 0, to: 640_000 };
    const judged = [1, 2, 3, 4, 5, 6, 8, 12, 16, 32].filter(
      (pages) => splitSpanSeconds({ span, pages, oldestRow: 0, newestRow: 100 }) !== undefined,
    );
    assert.deepEqual(judged, [4, 8, 16, 32]);
    assert.equal(splitSpanSeconds({ span, pages: 8, oldestRow: 7, newestRow: 66 }), undefined);
  });

  it('never divides a span that would be planned again unchanged', () => {
    const moment = fc.integer({ min: 0, max: 5000 });
    const length = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(length, moment, moment, fc.constantFrom(4, 8, 64), (to, one, other, pages) => {
        const span = { from: 0, to };
        const rows = { oldestRow: Math.min(one, other), newestRow: Math.max(one, other) };
        const spanSeconds = splitSpanSeconds({ span, pages, ...rows });
        if (spanSeconds === undefined) return;
        const next = planOldest([span], [], spanSeconds);
        assert.ok(next !== undefined && next.to < to, JSON.stringify({ next, to }));
      }),
    );
  });

  it('does not divide a span whose pages reach its end', () => {
    const span = { from: 0, to: 1000 };
    assert.equal(splitSpanSeconds({ span, pages: 4, oldestRow: 900, newestRow: 1000 }), undefined);
  });

  it('needs only the part of a fetch that is not covered by now', () => {
    assert.equal(measureNeed({ from: 0, to: 100 }, [{ from: 20, to: 50 }]), 70);
    assert.equal(measureNeed({ from: 20, to: 50 }, [{ from: 0, to: 100 }]), 0);
  });

  it('handles a long empty time before the first row', () => {
    const span = { from: 0, to: 6_000_000 };
    const judge = (oldestRow: number) =>
      splitSpanSeconds({ span, pages: 4, oldestRow, newestRow: oldestRow + 10_000 });
    assert.equal(judge(5_000_000), 40_000);
    assert.equal(judge(5_940_000), undefined);
  });

  it('names a gap since the log was first followed a repair', () => {
    assert.equal(nameGap({ from: 10, to: 20 }, 15), 'backfill');
    assert.equal(nameGap({ from: 15, to: 20 }, 15), 'repair');
  });
});

describe('the number of cursors', () => {
  const cases = [
    { answer: 200, wanted: 1 },
    { answer: 1000, wanted: 1 },
    { answer: 3000, wanted: 3 },
    { answer: 5000, wanted: 5 },
    { answer: 60_000, wanted: 8 },
  ];
  for (const { answer, wanted } of cases) {
    it(`is ${wanted} for 50 requests a minute when a page takes ${answer} ms`, () => {
      assert.equal(countCursors(50, answer, true), wanted);
    });
  }

  it('is at most two while pages are quick, with any budget', () => {
    assert.equal(countCursors(100_000, 20, true), 2);
    assert.equal(countCursors(100_000, 900, true), 2);
    assert.equal(countCursors(100_000, 1600, true), 4);
  });

  it('is one while spans fit in single pages', () => {
    assert.equal(countCursors(50, 5000, false), 1);
  });
});

describe('the plan of a rescan', () => {
  const coverage = [{ from: now - 10 * day, to: now - 300 }];
  const ages = [3600, day];

  it('waits until a sixth of the age has accumulated', () => {
    const rescanned = new Map([
      [3600, [{ from: now - 10 * day, to: now - 3600 - 599 }]],
      [day, [{ from: now - 10 * day, to: now - day }]],
    ]);
    assert.equal(planRescan(coverage, 0, rescanned, ages, now), undefined);
    assert.deepEqual(planRescan(coverage, 0, rescanned, ages, now + 1), {
      span: { from: now - 3600 - 599, to: now + 1 - 3600 },
      ageSeconds: 3600,
    });
  });

  it('waits for a day at most, at any age', () => {
    for (const age of [7 * day, 30 * day, 85 * day]) {
      const stored = [{ from: now - age - day, to: now - 300 }];
      assert.equal(planRescan(stored, 0, new Map(), [age], now - 1), undefined);
      assert.deepEqual(planRescan(stored, 0, new Map(), [age], now), {
        span: { from: now - age - day, to: now - age },
        ageSeconds: age,
      });
    }
  });

  it('takes the younger age first and stays within horizon and coverage', () => {
    for (const order of [ages, ages.toReversed()])
      assert.deepEqual(planRescan(coverage, now - 1.2 * day, new Map(), order, now), {
        span: { from: now - 1.2 * day, to: now - 3600 },
        ageSeconds: 3600,
      });
    const young = new Map([[3600, [{ from: 0, to: now - 3600 }]]]);
    assert.deepEqual(planRescan(coverage, now - 2.2 * day, young, ages, now), {
      span: { from: now - 2.2 * day, to: now - day },
      ageSeconds: day,
    });
  });

  it('reads about a day of overdue time at once', () => {
    assert.deepEqual(planRescan(coverage, 0, new Map(), ages, now), {
      span: { from: now - 10 * day, to: now - 9 * day },
      ageSeconds: 3600,
    });
  });
});

describe('the ages of rescans', () => {
  it('are those of the settings, and five days before the source drops its records', () => {
    assert.deepEqual(listRescanAges([7 * day, 3600], undefined), [3600, 7 * day]);
    assert.deepEqual(listRescanAges([7 * day, 3600], 90), [3600, 7 * day, 85 * day]);
    assert.deepEqual(listRescanAges([3600, 85 * day], 90), [3600, 85 * day]);
  });

  it('do not include ages that no record reaches', () => {
    assert.deepEqual(listRescanAges([3600, 90 * day, 91 * day], 90), [3600, 85 * day]);
    assert.deepEqual(listRescanAges([3600], 5), [3600]);
  });

  it('are empty when they are switched off', () => {
    assert.deepEqual(listRescanAges([], 90), []);
  });

  it('longer than a day come after gaps', () => {
    assert.deepEqual([3600, day, day + 1, 7 * day].map(isPatient), [false, false, true, true]);
  });
});
