import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { learnShare, type AccountShare, type LimitSeen } from '../../src/ingest/account-share.ts';

describe('our share of the limit of an account', () => {
  const table: [
    string,
    LimitSeen,
    own: number,
    share: number,
    AccountShare | undefined,
    AccountShare,
  ][] = [
    [
      'is a half of everything where nobody else asks',
      { limit: 700, remaining: 699, resetMs: 60_000 },
      1,
      0.5,
      undefined,
      { others: 0, requestsPerMinute: 350 },
    ],
    [
      'is a half of what others leave',
      { limit: 700, remaining: 550, resetMs: 30_000 },
      50,
      0.5,
      undefined,
      { others: 200, requestsPerMinute: 250 },
    ],
    [
      'counts what came at once at the beginning of a minute as it is',
      { limit: 700, remaining: 400, resetMs: 59_000 },
      0,
      0.5,
      undefined,
      { others: 300, requestsPerMinute: 200 },
    ],
    [
      'remembers others at the beginning of a minute',
      { limit: 700, remaining: 690, resetMs: 55_000 },
      10,
      0.5,
      { others: 200, requestsPerMinute: 250 },
      { others: 200, requestsPerMinute: 250 },
    ],
    [
      'forgets others that have ended',
      { limit: 700, remaining: 690, resetMs: 15_000 },
      10,
      0.5,
      { others: 200, requestsPerMinute: 250 },
      { others: 0, requestsPerMinute: 350 },
    ],
    [
      'leaves a fifth of the limit, whatever is wanted',
      { limit: 700, remaining: 600, resetMs: 30_000 },
      0,
      0.8,
      undefined,
      { others: 200, requestsPerMinute: 360 },
    ],
    [
      'is a single request where others take all',
      { limit: 200, remaining: 0, resetMs: 1000 },
      5,
      0.5,
      undefined,
      { others: 198, requestsPerMinute: 1 },
    ],
    [
      'takes a clock that disagrees for a minute at its end',
      { limit: 700, remaining: 700, resetMs: -5000 },
      40,
      0.5,
      undefined,
      { others: 0, requestsPerMinute: 350 },
    ],
  ];
  for (const [name, seen, own, share, known, learned] of table)
    it(name, () => assert.deepEqual(learnShare(seen, own, share, known), learned));

  it('never leaves others less than a fifth, beside one request of ours', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.nat(3000),
        fc.integer({ min: -1000, max: 61_000 }),
        fc.nat(3000),
        fc.double({ min: 0.01, max: 0.8, noNaN: true }),
        (limit, left, resetMs, own, share) => {
          const seen = { limit, remaining: Math.min(left, limit), resetMs };
          const { others, requestsPerMinute } = learnShare(seen, own, share, undefined);
          assert.ok(requestsPerMinute >= 1);
          assert.ok(requestsPerMinute === 1 || requestsPerMinute + others <= limit * 0.8 + 1e-9);
        },
      ),
    );
  });
});
