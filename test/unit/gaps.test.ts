import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GapFacts } from '../../src/ingest/gap-facts.ts';
import { judgeGaps, listClosable, type Gap, type GapScope } from '../../src/ingest/gaps.ts';
import type { Loss } from '../../src/ingest/loss-words.ts';
import { fromSeconds } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';

const day = 86_400;
const now = 1_800_000_000;
const start = now - 90 * day;
/** Time that the live fetch reaches is not a gap. */
const end = now - 600 - 300;
const scope: GapScope = { now, settleSeconds: 300, rescanAges: [] };

const nothing: GapFacts = {
  coverage: [],
  rescanned: new Map(),
  horizon: undefined,
  unavailableReason: undefined,
  losses: [],
  refusals: [],
  quarantined: [],
};

const parts = (gaps: readonly Gap[]): unknown =>
  gaps.map(({ from, to, reason, canClose }) => [from, to, reason, canClose]);

function lose(from: number, to: number, more: Partial<Loss> = {}): Loss {
  const [lost_from, lost_until] = [from, to].map((second) => fromSeconds(second).toISOString());
  return {
    lost_from: lost_from ?? '',
    lost_until: lost_until ?? '',
    rows_until: lost_until ?? '',
    rows: 5,
    code: 'rows_deleted',
    partition: null,
    done_by: 'joe',
    noticed_at: null,
    is_settled: true,
    rows_found: null,
    ...more,
  };
}

describe('the gaps of a log', () => {
  it('are none if everything is covered up to the time that the live fetch reaches', () => {
    const coverage = [{ from: start - day, to: end }];
    assert.deepEqual(judgeGaps(accessLogs, { ...nothing, coverage }, scope), []);
  });

  it('are all of it before it was ever pulled, and without a known beginning one without times', () => {
    assert.deepEqual(parts(judgeGaps(accessLogs, nothing, scope)), [
      [start, end, 'never_read', true],
    ]);
    assert.deepEqual(parts(judgeGaps(auditLogs, nothing, scope)), [
      [undefined, undefined, 'never_read', true],
    ]);
    assert.deepEqual(
      parts(judgeGaps(auditLogs, nothing, { ...scope, wantedFrom: start - 400 * day })),
      [[start - 400 * day, end, 'never_read', true]],
    );
  });

  it('reach from the newest covered second to now when following has stopped', () => {
    const coverage = [{ from: start - day, to: now - 5 * day }];
    assert.deepEqual(parts(judgeGaps(accessLogs, { ...nothing, coverage }, scope)), [
      [now - 5 * day, end, 'never_read', true],
    ]);
  });

  it('are permanently lost before the retention, and only there', () => {
    const coverage = [
      { from: start - 20 * day, to: start - 10 * day },
      { from: start + day, to: end },
    ];
    const gaps = judgeGaps(accessLogs, { ...nothing, coverage }, scope);
    assert.deepEqual(parts(gaps), [
      [start - 10 * day, start, 'expired', false],
      [start, start + day, 'never_read', true],
    ]);
    assert.equal(
      gaps[0]?.sentence,
      'It was never stored, and Zendesk no longer has it: it keeps the access log for 90 days.',
    );
  });

  it('have the reason that is known for each part: lost by hand, refused, never read', () => {
    const coverage = [{ from: start - day, to: now - 20 * day }];
    const gaps = judgeGaps(
      accessLogs,
      {
        ...nothing,
        coverage,
        unavailableReason: 'Buy the add-on.',
        losses: [lose(now - 20 * day, now - 19 * day)],
        refusals: [
          { from: now - 10 * day, to: now - 9 * day, isOver: true },
          { from: now - 2 * day, to: now, isOver: false },
        ],
      },
      scope,
    );
    assert.deepEqual(parts(gaps), [
      [now - 20 * day, now - 19 * day, 'rows_deleted', true],
      [now - 19 * day, now - 10 * day, 'never_read', true],
      [now - 10 * day, now - 9 * day, 'unavailable', true],
      [now - 9 * day, now - 2 * day, 'never_read', true],
      [now - 2 * day, end, 'unavailable', true],
    ]);
    assert.match(gaps[4]?.sentence ?? '', /^Zendesk has refused the access log since .*: Buy the/);
    assert.match(gaps[2]?.sentence ?? '', /^Zendesk refused the access log from .* to .*\.$/);
  });

  it('are also rows that can no longer be read again, though their time is covered', () => {
    const coverage = [{ from: start, to: end }];
    const losses = [lose(start + day, start + 2 * day, { rows_found: 3 })];
    const [gap, ...others] = judgeGaps(accessLogs, { ...nothing, coverage, losses }, scope);
    assert.deepEqual([gap?.reason, gap?.canClose, gap?.records], ['rows_deleted', false, 2]);
    assert.deepEqual(others, []);
  });

  it('are also records in quarantine, which reading again does not bring', () => {
    const coverage = [{ from: start, to: end }];
    const quarantined = [{ code: 'record_unreadable', records: 2, from: start, to: start + 60 }];
    const [gap] = judgeGaps(accessLogs, { ...nothing, coverage, quarantined }, scope);
    assert.deepEqual([gap?.reason, gap?.canClose, gap?.records], ['quarantined', false, 2]);
    assert.equal(
      gap?.sentence,
      '2 records could not be stored (record_unreadable): see "quarantine list" and "quarantine retry".',
    );
  });

  it('are also what is to be read again at an age, once enough has gathered', () => {
    const coverage = [{ from: start, to: end }];
    const week = 7 * day;
    const read = (until: number): GapFacts => ({
      ...nothing,
      coverage,
      rescanned: new Map([
        [week, [{ from: 0, to: until }]],
        [85 * day, [{ from: 0, to: now }]],
      ]),
    });
    const ages = { ...scope, rescanAges: [week] };
    assert.deepEqual(parts(judgeGaps(accessLogs, read(now - week - 2 * day), ages)), [
      [now - week - 2 * day, now - week, 'rescan_due', true],
    ]);
    assert.deepEqual(judgeGaps(accessLogs, read(now - week - 3600), ages), []);
  });

  it('say how old what is to be read again will be, in the greatest unit that is whole', () => {
    const coverage = [{ from: start, to: end }];
    const ages = [2 * day, 5 * 3600, 90 * 60, 3601];
    const rescanned = new Map(ages.map((age) => [age, [{ from: 0, to: start }]]));
    const gaps = judgeGaps(
      auditLogs,
      { ...nothing, horizon: start, coverage, rescanned },
      { ...scope, rescanAges: ages },
    );
    assert.deepEqual(
      gaps.map(({ sentence }) => sentence).toSorted(),
      ['2d', '3601s', '5h', '90m'].map(
        (age) =>
          `It is stored, and is to be read again at an age of ${age}, as records may have appeared late.`,
      ),
    );
  });

  it('begin to be due when an age is new to the settings, and never where retention has dropped', () => {
    const coverage = [{ from: start, to: end }];
    const ages = { ...scope, rescanAges: [7 * day] };
    const of = (facts: Partial<GapFacts>): unknown =>
      parts(judgeGaps(auditLogs, { ...nothing, horizon: start, coverage, ...facts }, ages));
    assert.deepEqual(of({}), []);
    const rescanned = new Map([[7 * day, []]]);
    assert.deepEqual(of({ rescanned }), [[start, now - 7 * day, 'rescan_due', true]]);
    assert.deepEqual(of({ rescanned, dropped: [{ from: start, to: start + 5 * day }] }), [
      [start + 5 * day, now - 7 * day, 'rescan_due', true],
    ]);
  });

  it('begin with all that Zendesk keeps, however little of it is stored yet', () => {
    const coverage = [{ from: now - 10 * day, to: end }];
    assert.deepEqual(parts(judgeGaps(accessLogs, { ...nothing, coverage }, scope)), [
      [start, now - 10 * day, 'never_read', true],
    ]);
  });

  it('are not what retention has dropped', () => {
    const coverage = [{ from: start + 10 * day, to: end }];
    const dropped = [{ from: start, to: start + 10 * day }];
    assert.deepEqual(judgeGaps(accessLogs, { ...nothing, coverage, dropped }, scope), []);
  });

  it('begin where an audit log begins, or with what is stored of it', () => {
    const coverage = [{ from: start + day, to: end }];
    const facts = { ...nothing, coverage };
    assert.deepEqual(judgeGaps(auditLogs, facts, scope), []);
    assert.deepEqual(parts(judgeGaps(auditLogs, { ...facts, horizon: start }, scope)), [
      [start, start + day, 'never_read', true],
    ]);
    // A later beginning of an access log counts, an earlier one does not.
    const unread = { ...nothing, horizon: start + 3 * day };
    assert.deepEqual(parts(judgeGaps(accessLogs, unread, scope)), [
      [start + 3 * day, end, 'never_read', true],
    ]);
    assert.deepEqual(
      parts(judgeGaps(accessLogs, { ...nothing, horizon: start - 300 * day }, scope)),
      [[start, end, 'never_read', true]],
    );
  });

  it('say of what Zendesk refused meanwhile that it did, once it is too late', () => {
    const at = (second: number): string =>
      fromSeconds(second).toISOString().slice(0, 16).replace('T', ' ');
    const gone = { from: start - 10 * day, to: start - 8 * day };
    const coverage = [
      { from: start - 20 * day, to: gone.from },
      { from: gone.to, to: end },
    ];
    const tell = (from: number, to: number, isOver = true): readonly (string | undefined)[] =>
      judgeGaps(accessLogs, { ...nothing, coverage, refusals: [{ from, to, isOver }] }, scope).map(
        ({ reason, sentence }) => `${reason}: ${sentence}`,
      );
    const expired =
      'expired: It was never stored, and Zendesk no longer has it: it keeps the access log for 90 days.';
    assert.deepEqual(tell(gone.from - day, gone.from), [expired]);
    assert.deepEqual(tell(gone.to, gone.to + day), [expired]);
    assert.deepEqual(tell(gone.from - day, gone.to), [
      `${expired} Zendesk refused the access log from ${at(gone.from - day)} to ${at(gone.to)}.`,
    ]);
    assert.deepEqual(tell(gone.from, now, false), [expired]);
    const unread = judgeGaps(
      auditLogs,
      { ...nothing, refusals: [{ from: start, to: now, isOver: false }] },
      scope,
    );
    assert.deepEqual(
      unread.map(({ sentence }) => sentence),
      [
        `It was never read. Zendesk has refused the audit log since ${at(start)}: no reason is known.`,
      ],
    );
  });

  it('that were lost and are too old to be read again are missing whole', () => {
    const gone = { from: start - 10 * day, to: start - 9 * day };
    const coverage = [
      { from: start - 20 * day, to: gone.from },
      { from: gone.to, to: end },
    ];
    const losses = [lose(gone.from, gone.to, { rows_found: null })];
    const gaps = judgeGaps(accessLogs, { ...nothing, coverage, losses }, scope);
    assert.deepEqual(
      gaps.map(({ from, to, reason, canClose, records }) => [from, to, reason, canClose, records]),
      [[gone.from, gone.to, 'rows_deleted', false, 5]],
    );
    // So is a loss before everything that is covered.
    const oldest = [lose(start - 30 * day, start - 29 * day)];
    const early = judgeGaps(accessLogs, { ...nothing, coverage, losses: oldest }, scope);
    assert.deepEqual(parts(early), [
      [start - 30 * day, start - 29 * day, 'rows_deleted', false],
      [start - 29 * day, start - 20 * day, 'expired', false],
      [gone.from, gone.to, 'expired', false],
    ]);
  });

  it('are listed oldest first, those without a time before all', () => {
    const coverage = [{ from: start + day, to: now - 5 * day }];
    const group = { code: 'record_unreadable', records: 1 };
    const gaps = judgeGaps(
      accessLogs,
      {
        ...nothing,
        coverage,
        quarantined: [
          { ...group, from: start + 3 * day, to: start + 4 * day },
          { ...group, from: undefined, to: undefined },
        ],
      },
      scope,
    );
    assert.deepEqual(
      gaps.map(({ from, reason, sentence }) => [from, reason, sentence]),
      [
        [
          undefined,
          'quarantined',
          'One record could not be stored (record_unreadable): see "quarantine list" and "quarantine retry".',
        ],
        [start, 'never_read', 'It was never read.'],
        [
          start + 3 * day,
          'quarantined',
          'One record could not be stored (record_unreadable): see "quarantine list" and "quarantine retry".',
        ],
        [now - 5 * day, 'never_read', 'It was never read.'],
      ],
    );
  });

  it('that can be closed are only those with both ends', () => {
    const gap = { stream: 'a', reason: 'never_read', sentence: '', canClose: true } as const;
    assert.deepEqual(
      listClosable([
        { ...gap, from: 1, to: undefined },
        { ...gap, from: undefined, to: 2 },
        { ...gap, from: 0, to: 1 },
      ]),
      [{ from: 0, to: 1 }],
    );
  });

  it('are joined for reading, without those that cannot be closed', () => {
    const gap = { stream: 'a', reason: 'never_read', sentence: '', canClose: true } as const;
    assert.deepEqual(
      listClosable([
        { ...gap, from: 1, to: 5 },
        { ...gap, from: 3, to: 8 },
        { ...gap, from: 20, to: 30, canClose: false },
        { ...gap, from: undefined, to: undefined },
      ]),
      [{ from: 1, to: 8 }],
    );
  });
});
