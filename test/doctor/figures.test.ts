import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countOf, formatBytes, formatDuration, roundOff } from '../../src/doctor/figures.ts';

describe('the figures of doctor,', () => {
  it('when they are estimates, keep two digits', () => {
    assert.deepEqual([0, 7, 99, 2171, 6_673_846].map(roundOff), [0, 7, 99, 2200, 6_700_000]);
  });

  it('when they count something, have the noun', () => {
    assert.deepEqual(
      [0, 1, 1234].map((value) => countOf(value, 'row')),
      ['0 rows', '1 row', '1,234 rows'],
    );
  });

  it('when they are bytes, have the largest unit that fits', () => {
    assert.deepEqual([0, 999, 1000, 9_940_000, 12_345_678, 4.5e12].map(formatBytes), [
      '0 bytes',
      '999 bytes',
      '1.0 kB',
      '9.9 MB',
      '12 MB',
      '4.5 TB',
    ]);
  });

  it('when they are durations, are rounded up in a suitable unit', () => {
    assert.deepEqual([0, 89, 90, 5399, 5400, 172_799, 172_800, 172_801].map(formatDuration), [
      '1 second',
      '89 seconds',
      '2 minutes',
      '90 minutes',
      '2 hours',
      '48 hours',
      '2 days',
      '3 days',
    ]);
  });
});
