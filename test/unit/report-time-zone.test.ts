import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createMomentFormat,
  describeSpan,
  isTimeZone,
  startOfDay,
} from '../../src/reports/shared/time-zone.ts';

describe('a time zone', () => {
  it('is one of the IANA names', () => {
    assert.deepEqual(
      ['Europe/Madrid', 'UTC', 'Asia/Kolkata', 'Europe/Madird', '', 'Mars/Olympus'].map(isTimeZone),
      [true, true, true, false, false, false],
    );
  });

  it('shows moments to the second, across a change of the clocks', () => {
    const show = createMomentFormat('Europe/Madrid');
    assert.deepEqual(
      ['2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', '2026-01-01T23:30:00Z'].map((text) =>
        show(new Date(text)),
      ),
      ['2026-03-29 01:59:59', '2026-03-29 03:00:00', '2026-01-02 00:30:00'],
    );
    assert.equal(
      createMomentFormat(undefined)(new Date('2026-01-01T23:30:00Z')),
      '2026-01-01 23:30:00',
    );
  });

  it('distinguishes the two hours at the end of daylight saving time', () => {
    const show = createMomentFormat('Europe/Madrid');
    assert.deepEqual(
      [
        '2026-10-24T23:59:59Z',
        '2026-10-25T00:30:00Z',
        '2026-10-25T01:30:00Z',
        '2026-10-25T02:00:00Z',
      ].map((text) => show(new Date(text))),
      [
        '2026-10-25 01:59:59',
        '2026-10-25 02:30:00 +02:00',
        '2026-10-25 02:30:00 +01:00',
        '2026-10-25 03:00:00',
      ],
    );
    assert.equal(
      createMomentFormat('America/New_York')(new Date('2026-11-01T05:30:00Z')),
      '2026-11-01 01:30:00 -04:00',
    );
    assert.equal(
      createMomentFormat('Australia/Lord_Howe')(new Date('2026-04-04T15:15:00Z')),
      '2026-04-05 01:45:00 +10:30',
    );
  });

  const days: [string, string | undefined, string][] = [
    ['2026-02-01', undefined, '2026-02-01T00:00:00.000Z'],
    ['2026-02-01', 'Europe/Madrid', '2026-01-31T23:00:00.000Z'],
    ['2026-07-01', 'Europe/Madrid', '2026-06-30T22:00:00.000Z'],
    ['2026-03-29', 'Europe/Madrid', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Madrid', '2026-03-29T22:00:00.000Z'],
    ['2026-02-01', 'Pacific/Kiritimati', '2026-01-31T10:00:00.000Z'],
    ['2026-02-01', 'Pacific/Pago_Pago', '2026-02-01T11:00:00.000Z'],
    ['2026-02-01', 'Asia/Kathmandu', '2026-01-31T18:15:00.000Z'],
    // Midnight does not exist on the day on which Lebanon puts its clocks forward.
    ['2026-03-29', 'Asia/Beirut', '2026-03-28T22:00:00.000Z'],
  ];
  for (const [day, zone, start] of days)
    it(`begins ${day} at ${start} in ${zone ?? 'no zone'}`, () => {
      assert.equal(startOfDay(day, zone).toISOString(), start);
    });

  it('is named with a span, without times of day if they are midnights', () => {
    const from = new Date('2025-12-31T23:00:00Z');
    const to = new Date('2026-01-31T23:00:00Z');
    assert.equal(
      describeSpan({ from, to }, 'Europe/Madrid'),
      '2026-01-01 to 2026-02-01 (Europe/Madrid)',
    );
    assert.equal(
      describeSpan({ from, to }, undefined),
      '2025-12-31 23:00:00 to 2026-01-31 23:00:00 (UTC)',
    );
  });
});
