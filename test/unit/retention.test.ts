import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRetention } from '../../src/config/retention.ts';
import { findCutoff } from '../../src/retention/plan.ts';
import { findHolding } from '../../src/retention/holds.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';

const read = (text: string) => readRetention(text, [auditLogs, accessLogs]);

describe('the setting RETENTION', () => {
  it('names logs and columns, and how long they are kept', () => {
    assert.deepEqual(read('access_logs=13M, search_text=90d'), [
      { of: 'access_logs', months: 13, days: 0, text: '13 months' },
      { of: 'search_text', months: 0, days: 90, text: '90 days' },
    ]);
    assert.deepEqual(read('pci,graphql_variables=1y'), [
      { of: 'audit_logs', months: 13, days: 0, text: 'pci: 13 months' },
      { of: 'access_logs', months: 13, days: 0, text: 'pci: 13 months' },
      { of: 'graphql_variables', months: 12, days: 0, text: '1 year' },
    ]);
  });

  it('says what is wrong with it', () => {
    for (const text of ['access_logs', 'users=3M', 'access_logs=0d', 'access_logs=3w', 'x', ''])
      assert.match(
        JSON.stringify(read(text)),
        / is not a name with a time. Use, for example, access_logs=13M/,
      );
    assert.match(
      JSON.stringify(read('pci,audit_logs=6y')),
      /says twice how long audit_logs is kept/,
    );
  });

  it('counts months by the calendar, and keeps whole days', () => {
    const now = new Date('2026-03-31T13:00:00Z');
    const cutoff = (months: number, days = 0) =>
      new Date(findCutoff({ of: 'x', months, days, text: '' }, now) * 1000).toISOString();
    assert.deepEqual(
      [cutoff(1), cutoff(13), cutoff(72), cutoff(0, 90)],
      [
        '2026-02-28T00:00:00.000Z',
        '2025-02-28T00:00:00.000Z',
        '2020-03-31T00:00:00.000Z',
        '2025-12-31T00:00:00.000Z',
      ],
    );
  });
});

describe('what a hold is about', () => {
  it('is every span of its logs that its own time reaches', () => {
    const span = { from: 100, to: 200 };
    const holds = [{ stream: 'access_logs', person: undefined, ticket: undefined, span }];
    const ask = (stream: string, from: number, to: number) =>
      findHolding(holds, { stream, span: { from, to } }).length;
    assert.deepEqual(
      [
        ask('access_logs', 0, 100),
        ask('access_logs', 0, 101),
        ask('access_logs', 199, 300),
        ask('access_logs', 200, 300),
        ask('audit_logs', 0, 300),
      ],
      [0, 1, 1, 0, 0],
    );
  });
});
