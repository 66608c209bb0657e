import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSpanFlags, type SpanFlags } from '../../src/commands/report/span.ts';

const now = new Date('2026-03-31T12:00:00.500Z');

describe('the time range of a report', () => {
  const table: [string, SpanFlags, string | undefined, string, string][] = [
    ['days', { days: '2' }, undefined, '2026-03-29T12:00:00.000Z', '2026-03-31T12:00:00.500Z'],
    [
      'a length of time',
      { since: '2 days ago' },
      undefined,
      '2026-03-29T12:00:00.000Z',
      now.toISOString(),
    ],
    [
      'one hour',
      { since: 'an hour ago' },
      undefined,
      '2026-03-31T11:00:00.000Z',
      now.toISOString(),
    ],
    ['a month ago', { since: '1 month' }, undefined, '2026-02-28T12:00:00.000Z', now.toISOString()],
    [
      'a year ago',
      { since: '1 year ago' },
      undefined,
      '2025-03-31T12:00:00.000Z',
      now.toISOString(),
    ],
    [
      'yesterday',
      { since: 'yesterday' },
      'Europe/Madrid',
      '2026-03-29T22:00:00.000Z',
      now.toISOString(),
    ],
    ['a day', { since: '2026-03-01' }, undefined, '2026-03-01T00:00:00.000Z', now.toISOString()],
    [
      'a month of a zone',
      { month: '2026-02' },
      'Europe/Madrid',
      '2026-01-31T23:00:00.000Z',
      '2026-02-28T23:00:00.000Z',
    ],
    [
      'the month that runs',
      { month: '2026-03' },
      undefined,
      '2026-03-01T00:00:00.000Z',
      now.toISOString(),
    ],
    [
      'the last month',
      { month: 'last' },
      'Europe/Madrid',
      '2026-01-31T23:00:00.000Z',
      '2026-02-28T23:00:00.000Z',
    ],
    ['this month', { month: 'This' }, undefined, '2026-03-01T00:00:00.000Z', now.toISOString()],
    [
      'a december',
      { month: '2025-12' },
      undefined,
      '2025-12-01T00:00:00.000Z',
      '2026-01-01T00:00:00.000Z',
    ],
  ];
  for (const [name, flags, timeZone, from, to] of table)
    it(`may be ${name}`, () => {
      const problems: string[] = [];
      const span = readSpanFlags(flags, { timeZone }, now, problems);
      assert.deepEqual(problems, []);
      assert.deepEqual([span?.from.toISOString(), span?.to.toISOString()], [from, to]);
    });

  const refused: [SpanFlags, string][] = [
    [
      {},
      'Specify a time range: --days 30, --since "2 days ago", --month 2026-09, or --from 2026-01-31 with or without --to.',
    ],
    [
      { days: '3', month: '2026-01' },
      '--days and --month are both set. Specify the time range in one way only.',
    ],
    [{ month: '2026-04' }, '--month 2026-04 is in the future. Use a month that has begun.'],
    [
      { since: 'soon' },
      '--since is "soon". Use a length of time such as "2 days ago" or "3 hours ago", "yesterday", or a day such as 2026-01-31.',
    ],
  ];
  for (const [flags, sentence] of refused)
    it(`is refused as ${JSON.stringify(flags)}`, () => {
      const problems: string[] = [];
      readSpanFlags(flags, { timeZone: undefined }, now, problems);
      assert.deepEqual(problems, [sentence]);
    });
});
