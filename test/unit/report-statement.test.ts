import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogFacts } from '../../src/reports/shared/log-facts.ts';
import {
  describeLength,
  findUnreachable,
  listStatement,
  stateCoverage,
} from '../../src/reports/shared/statement.ts';

const day = 86_400;
const hour = 3600;
const now = 1000 * day;
const moment = { now, show: (second: number) => `day ${second / day}` };
const nothing: LogFacts = {
  coverage: [],
  horizon: undefined,
  retentionDays: undefined,
  unavailableReason: undefined,
};
const audit = (facts: Partial<LogFacts>, from: number | undefined, to: number) =>
  stateCoverage(auditLogs, { ...nothing, ...facts }, { from, to }, moment);
const access = (facts: Partial<LogFacts>, from: number, to: number) =>
  stateCoverage(accessLogs, { ...nothing, retentionDays: 90, ...facts }, { from, to }, moment);

describe('the statement of a report', () => {
  it('says that a span is stored completely', () => {
    assert.deepEqual(
      audit({ coverage: [{ from: 800 * day, to: 990 * day }] }, 900 * day, 950 * day),
      {
        coverage: ['The audit log from day 900 to day 950 was read completely; not verified yet.'],
        gaps: [],
      },
    );
  });

  it('counts the records in quarantine that may belong to the span', () => {
    const quarantined = [
      { from: 940 * day, to: 940 * day, records: 1 },
      { from: 890 * day, to: 901 * day, records: 2 },
      { from: 850 * day, to: 890 * day, records: 4 },
      { from: 950 * day, to: 950 * day, records: 8 },
      { from: -Infinity, to: Infinity, records: 16 },
    ];
    const coverage = [{ from: 800 * day, to: 990 * day }];
    assert.deepEqual(audit({ coverage, quarantined }, 900 * day, 950 * day).coverage, [
      'The audit log from day 900 to day 950 was read completely; not verified yet.',
      '19 records of that time could not be stored and are missing here: see "quarantine list".',
    ]);
    assert.deepEqual(
      audit({ coverage, quarantined: quarantined.slice(0, 1) }, 900 * day, 950 * day).coverage,
      [
        'The audit log from day 900 to day 950 was read completely; not verified yet.',
        'One record of that time could not be stored and is missing here: see "quarantine list".',
      ],
    );
  });

  it('names each gap and the covered share of the time, rounded down', () => {
    const coverage = [
      { from: 900 * day, to: 910 * day },
      { from: 910 * day + 60, to: 940 * day },
      { from: 945 * day, to: 960 * day },
    ];
    assert.deepEqual(audit({ coverage, horizon: 800 * day }, 900 * day, 950 * day), {
      coverage: [
        'Of the audit log from day 900 to day 950, 89.9 % of the time was read completely; not verified yet.',
      ],
      gaps: [
        `day 910 to day ${(910 * day + 60) / day} (1m) is not stored.`,
        'day 940 to day 945 (5d) is not stored.',
      ],
    });
  });

  it('lists ten gaps and sums up the rest', () => {
    const coverage = Array.from({ length: 14 }, (_, index) => ({
      from: (900 + 2 * index) * day,
      to: (901 + 2 * index) * day,
    }));
    const { gaps } = audit({ coverage }, 900 * day, 926 * day);
    assert.equal(gaps.length, 11);
    assert.equal(gaps[9], 'day 919 to day 920 (1d) is not stored.');
    assert.equal(gaps[10], 'And 3 more, 3d altogether, are not stored.');
  });

  it('distinguishes the newest part, which is not settled yet, from a gap', () => {
    const coverage = [{ from: 800 * day, to: now - 360 }];
    assert.deepEqual(audit({ coverage, horizon: 800 * day }, 900 * day, 1100 * day), {
      coverage: [
        `The audit log from day 900 to day ${(now - 360) / day} was read completely; not verified yet.`,
      ],
      gaps: [`day ${(now - 360) / day} to now (6m) is not completely stored yet.`],
    });
  });

  it('does not count time before the beginning of the log as missing', () => {
    const coverage = [{ from: 700 * day, to: 990 * day }];
    assert.deepEqual(audit({ coverage, horizon: 700 * day }, 600 * day, 900 * day), {
      coverage: ['The audit log from day 700 to day 900 was read completely; not verified yet.'],
      gaps: [
        'Nothing is stored before day 700: the audit log of the account begins there, or AUDIT_LOGS_START says so.',
      ],
    });
    assert.deepEqual(audit({ coverage, horizon: 700 * day }, 600 * day, 650 * day), {
      coverage: ['No part of the audit log from day 600 to day 650 is completely stored.'],
      gaps: [
        'Nothing is stored before day 700: the audit log of the account begins there, or AUDIT_LOGS_START says so.',
      ],
    });
  });

  it('begins with the log if no beginning is given', () => {
    const coverage = [{ from: 700 * day, to: now }];
    assert.deepEqual(audit({ coverage, horizon: 700 * day }, undefined, now), {
      coverage: ['The audit log from day 700 to day 1000 was read completely; not verified yet.'],
      gaps: [],
    });
    assert.deepEqual(audit({}, undefined, now), {
      coverage: ['The audit log is not stored yet.'],
      gaps: [],
    });
  });

  it('says that nothing is stored, and quotes the refusal of Zendesk', () => {
    const unavailableReason = 'It needs an add-on.';
    assert.deepEqual(access({ unavailableReason }, 950 * day, 960 * day), {
      coverage: ['No part of the access log from day 950 to day 960 is completely stored.'],
      gaps: [
        'day 950 to day 960 (10d) is not stored.',
        'Zendesk currently refuses the access log: It needs an add-on.',
      ],
    });
  });

  it('distinguishes what is permanently lost from what can still be pulled', () => {
    const coverage = [
      { from: 890 * day, to: 900 * day },
      { from: 920 * day, to: 990 * day },
    ];
    assert.deepEqual(access({ coverage }, 890 * day, 930 * day), {
      coverage: [
        'Of the access log from day 890 to day 930, 50.0 % of the time was read completely; not verified yet.',
      ],
      gaps: [
        'day 900 to day 910 (10d) was never stored, and Zendesk no longer has it: 90 days have passed.',
        'day 910 to day 920 (10d) is not stored.',
      ],
    });
  });

  it('says that an answer is impossible if neither the database nor Zendesk has the requested time', () => {
    const facts = { ...nothing, retentionDays: 90, coverage: [{ from: 910 * day, to: now }] };
    const asked = { from: 880 * day, to: 950 * day };
    assert.equal(
      findUnreachable(accessLogs, facts, asked, moment),
      'The access log from day 880 to day 909 is not stored, and Zendesk keeps it for only 90 days. Use a start at day 910 or later.',
    );
    const pulledEarlierToday = { ...facts, coverage: [{ from: 910 * day - 2 * hour, to: now }] };
    assert.notEqual(findUnreachable(accessLogs, pulledEarlierToday, asked, moment), undefined);
    const older = { ...facts, coverage: [{ from: 885 * day, to: now }] };
    assert.equal(findUnreachable(accessLogs, older, asked, moment), undefined);
    const sameDay = { from: 910 * day - 23 * hour, to: 950 * day };
    assert.equal(findUnreachable(accessLogs, facts, sameDay, moment), undefined);
    const forEver = { ...facts, retentionDays: undefined };
    assert.equal(findUnreachable(auditLogs, forEver, asked, moment), undefined);
  });

  it('is a list of lines for people', () => {
    assert.deepEqual(listStatement({ coverage: ['A.'], gaps: [], limits: ['C.'] }), [
      'Coverage: A.',
      'Gaps: none.',
      'Limit: C.',
    ]);
    assert.deepEqual(listStatement({ coverage: ['A.'], gaps: ['B.'], limits: [] }), [
      'Coverage: A.',
      'Gap: B.',
    ]);
  });

  it('shows durations in their two largest units', () => {
    assert.deepEqual([0, 59, 60, 3601, 3660, 86_400, 90_061, 8_640_000].map(describeLength), [
      '0s',
      '59s',
      '1m',
      '1h',
      '1h 1m',
      '1d',
      '1d 1h',
      '100d',
    ]);
  });
});
