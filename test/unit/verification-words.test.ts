import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeFound,
  describeVerified,
  listFound,
  type StandingFinding,
} from '../../src/ingest/verification-words.ts';

const verified = new Date('2026-11-19T02:17:41Z');
const deeply = new Date('2026-11-15T03:41:09Z');

describe('the verifications of a log', () => {
  const say = (verifiedAt: Date | null, deeplyAt: Date | null): string =>
    describeVerified({ verified_at: verifiedAt, deeply_verified_at: deeplyAt, found: [] });

  it('are said with when every row was read', () => {
    assert.equal(say(null, null), 'not verified yet');
    assert.equal(say(verified, null), 'verified 2026-11-19 02:17 UTC, but not row by row yet');
    assert.equal(
      say(verified, deeply),
      'verified 2026-11-19 02:17 UTC, row by row 2026-11-15 03:41 UTC',
    );
    assert.equal(say(verified, new Date(verified)), 'verified row by row 2026-11-19 02:17 UTC');
  });

  it('are said in the form of time that the reader wants', () => {
    const both = { verified_at: verified, deeply_verified_at: deeply, found: [] };
    const day = (moment: Date): string => moment.toISOString().slice(0, 10);
    assert.equal(describeVerified(both, day), 'verified 2026-11-19, row by row 2026-11-15');
  });
});

describe('what verifications found', () => {
  const finding = (findings: number, foundAt: Date, first = 'A row was changed.') =>
    ({
      kind: 'row_changed',
      findings,
      first,
      depth: 'deep',
      from: null,
      until: null,
      found_at: foundAt.toISOString(),
    }) satisfies StandingFinding;

  it('is counted, from the newest on', () => {
    assert.equal(describeFound([]), undefined);
    assert.equal(
      describeFound([finding(1, verified)]),
      'the verification of 2026-11-19 02:17 UTC found one thing not as stored',
    );
    assert.equal(
      describeFound([finding(1000, verified), finding(234, verified)]),
      'the verification of 2026-11-19 02:17 UTC found 1,234 things not as stored',
    );
    assert.equal(
      describeFound([finding(1, verified), finding(2, verified), finding(3, deeply)]),
      'the verification of 2026-11-19 02:17 UTC and before found 6 things not as stored',
    );
  });

  it('is listed by kind, with the first of each', () => {
    assert.deepEqual(listFound([finding(1, verified), finding(1235, deeply, 'A row is gone.')]), [
      'The verification of 2026-11-19 02:17 UTC found: A row was changed.',
      'The verification of 2026-11-15 03:41 UTC found: A row is gone. And 1,234 more of that kind.',
    ]);
  });
});
