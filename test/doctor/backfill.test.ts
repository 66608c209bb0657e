import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkBackfill, measureOpen } from '../../src/doctor/backfill.ts';
import { ok, skipped, warning, type Check } from '../../src/doctor/check.ts';
import {
  estimateBackfill,
  measureDensity,
  planSamples,
  type Sample,
} from '../../src/doctor/estimate.ts';
import type { StreamAnswer } from '../../src/doctor/probe.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';

const hour = 3600;
const day = 24 * hour;
/** A Saturday. */
const now = new Date('2026-11-21T08:00:00Z');
const nowSeconds = now.getTime() / 1000;
const sample = (more: Partial<Sample> = {}): Sample => ({
  span: { from: nowSeconds - day, to: nowSeconds },
  rows: 2500,
  reached: nowSeconds - day + 4320,
  bytes: 1_250_000,
  ...more,
});

describe('the samples of a log', () => {
  const at = (span: { from: number; to: number } | undefined): string[] =>
    span === undefined
      ? []
      : [span.from, span.to].map((second) => new Date(second * 1000).toISOString().slice(0, 16));

  it('are the newest day and one in the middle, at another half of the day and not at a weekend', () => {
    const [middle, newest, ...more] = planSamples(
      { from: nowSeconds - 90 * day, to: nowSeconds },
      day,
      true,
    );
    assert.deepEqual(at(newest), ['2026-11-20T08:00', '2026-11-21T08:00']);
    assert.deepEqual(at(middle), ['2026-10-06T20:00', '2026-10-07T20:00']);
    assert.deepEqual(more, []);
    const shorter = planSamples({ from: nowSeconds - 68 * day, to: nowSeconds }, day, true);
    assert.deepEqual(at(shorter[0]), ['2026-10-15T20:00', '2026-10-16T20:00']);
    assert.equal(new Date('2026-10-17T20:00Z').getUTCDay(), 6);
  });

  it('are one in the middle if the newest day says nothing', () => {
    assert.deepEqual(planSamples({ from: 0, to: 100 }, 20, false), [{ from: 40, to: 60 }]);
  });

  it('are the whole short log, and nothing for an empty one', () => {
    assert.deepEqual(planSamples({ from: 50, to: 100 }, 60, true), [{ from: 50, to: 100 }]);
    assert.deepEqual(planSamples({ from: 0, to: 100_000 }, day, true), [
      { from: 100_000 - day, to: 100_000 },
    ]);
    assert.deepEqual(planSamples({ from: 100, to: 100 }, 60, true), []);
  });

  it('show the density of the time of a page', () => {
    const span = { from: 1000, to: 2000 };
    assert.equal(measureDensity({ span, rows: 50, reached: undefined, bytes: 1 }), 0.05);
    assert.equal(measureDensity({ span, rows: 50, reached: 1100, bytes: 1 }), 0.5);
    assert.equal(measureDensity({ span, rows: 2500, reached: 1000, bytes: 1 }), 2500);
  });
});

describe('the estimate of a backfill', () => {
  it('multiplies the average density of the samples', () => {
    // 2,500 rows in 4,320 seconds are 50,000 a day; 10,000 in the other day.
    const samples = [sample(), sample({ rows: 10_000, reached: undefined, bytes: 5_000_000 })];
    assert.deepEqual(estimateBackfill(samples, 10 * day, accessLogs, 50), {
      rows: 300_000,
      requests: 120,
      seconds: 144,
      bytes: 150_000_000,
      diskBytes: 210_000_000,
    });
  });

  it('counts at least one request, and none if nothing is missing', () => {
    const empty = sample({ rows: 0, reached: undefined, bytes: 50 });
    const nothing = { rows: 0, bytes: 0, diskBytes: 0 };
    assert.deepEqual(estimateBackfill([empty], day, accessLogs, 50), {
      ...nothing,
      requests: 1,
      seconds: 2,
    });
    assert.deepEqual(estimateBackfill([empty], 0, accessLogs, 50), {
      ...nothing,
      requests: 0,
      seconds: 0,
    });
    assert.equal(estimateBackfill([], day, accessLogs, 50), undefined);
  });
});

describe('the check of a backfill', () => {
  const local = {
    budgets: { access_logs: 50, support: 100 },
    horizons: { audit_logs: new Date('2026-11-11T07:00:00Z') },
  };
  type Situation = Parameters<typeof checkBackfill>[2];
  const situation: Situation = { local, coverage: [], freeBytes: undefined, now };
  const answered = (samples: Sample[], oldest: number | undefined): StreamAnswer => ({
    kind: 'answered',
    oldest,
    samples,
    proof: 'proved',
    isSilent: false,
  });
  const whole = answered([sample()], nowSeconds - 10 * day - hour);
  const found =
    '10 days missing: about 500,000 rows, 200 requests, 4 minutes at 50 a minute, 250 MB to read, 350 MB on disk (estimated from 1 page: it may be half or twice as much)';
  const table: [string, StreamAnswer | undefined, Partial<Situation>, Check][] = [
    [
      'says how long it takes and how much disk it needs',
      whole,
      {},
      ok('access log backfill', found),
    ],
    [
      'warns when the disk is too small for it',
      whole,
      { freeBytes: 400_000_000 },
      warning(
        'access log backfill',
        `${found}; only 400 MB are free`,
        'Give the database more disk before the first sync.',
      ),
    ],
    [
      'knows that all is stored but what the live tail brings',
      whole,
      { coverage: [{ from: 0, to: nowSeconds - hour }] },
      ok('access log backfill', 'nothing is missing'),
    ],
    [
      'knows an empty log',
      answered([], undefined),
      {},
      ok('access log backfill', 'there is nothing to read yet'),
    ],
    [
      'does not guess without a sample',
      answered([], nowSeconds - day),
      {},
      skipped('access log backfill', 'no page could be read for an estimate'),
    ],
    [
      'does not judge a log that did not answer',
      { kind: 'not-asked', reason: 'x' },
      {},
      skipped('access log backfill', 'the log could not be read'),
    ],
    [
      'does not judge a log that is not pulled',
      undefined,
      {},
      skipped('access log backfill', 'not in STREAMS'),
    ],
  ];
  for (const [title, answer, change, check] of table)
    it(title, () =>
      assert.deepEqual(checkBackfill(accessLogs, answer, { ...situation, ...change }), check),
    );

  it('begins at AUDIT_LOGS_START', () => {
    const answer = answered([sample({ rows: 100, reached: undefined })], nowSeconds - 900 * day);
    assert.match(
      checkBackfill(auditLogs, answer, situation).found,
      /^10 days missing: about 1,000 rows, 10 requests, 6 seconds at 100 a minute, /,
    );
  });

  it('leaves the last hour to the live tail', () => {
    assert.equal(measureOpen([], 0, 10 * hour), 9 * hour);
    assert.equal(measureOpen([{ from: hour, to: 8 * hour }], 0, 10 * hour), 2 * hour);
  });
});
