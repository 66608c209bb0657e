import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tellHistory } from '../../src/page/views/coverage/history.ts';
import {
  divide,
  joinEqual,
  layStates,
  states,
  type Layer,
  type State,
} from '../../src/page/views/coverage/states.ts';
import { normalizeSpans } from '../../src/span.ts';

const second = fc.integer({ min: -5, max: 65 });
const spans = fc
  .array(
    fc.tuple(second, second).map(([from, to]) => ({ from, to })),
    { maxLength: 6 },
  )
  .map(normalizeSpans);
const layers: fc.Arbitrary<readonly Layer<State>[]> = fc.array(
  fc.record({ name: fc.constantFrom(...states), spans }),
  { maxLength: 5 },
);

const day = 86_400;
const start = Date.parse('2026-11-01T00:00:00Z') / 1000;
const nothing = {
  coverage: [],
  rescanned: new Map(),
  horizon: undefined,
  unavailableReason: undefined,
  losses: [],
  refusals: [],
  quarantined: [],
};
const log = { name: 'access_logs', title: 'access log', retentionDays: 90 };
const scope = { now: start + 3 * day, settleSeconds: 60, rescanAges: [] };

describe('the cells of a calendar', () => {
  it('count each second once, for the first layer that has it', () => {
    fc.assert(
      fc.property(layers, fc.integer({ min: 1, max: 20 }), (given, step) => {
        const whole = { from: 0, to: 60 };
        const cells = divide(layStates(whole, given), [], { ...whole, step });
        const expected = Array.from(
          { length: Math.ceil(60 / step) },
          () => new Map<State, number>(),
        );
        for (let at = 0; at < 60; at += 1) {
          const layer = given.find(({ spans: own }) =>
            own.some(({ from, to }) => from <= at && at < to),
          );
          const cell = expected[Math.floor(at / step)];
          if (layer !== undefined) cell?.set(layer.name, (cell.get(layer.name) ?? 0) + 1);
        }
        assert.deepEqual(
          cells.map(({ seconds }) => seconds),
          expected.map((cell) => Object.fromEntries(cell)),
        );
      }),
    );
  });

  it('are the same when equal ones are joined and counted', () => {
    const cells = divide(
      layStates({ from: 0, to: 100 }, [{ name: 'covered', spans: [{ from: 0, to: 75 }] }]),
      [{ name: 'late', spans: [{ from: 95, to: 96 }] }],
      { from: 0, to: 100, step: 10 },
    );
    assert.deepEqual(joinEqual(cells), [
      { count: 7, seconds: { covered: 10 }, marks: [] },
      { count: 1, seconds: { covered: 5 }, marks: [] },
      { count: 1, seconds: {}, marks: [] },
      { count: 1, seconds: {}, marks: ['late'] },
    ]);
  });
});

describe('the history of a log', () => {
  it('says of each second whether it is covered, read, to be filled, or lost', () => {
    const { parts, whole } = tellHistory(
      log,
      {
        gapFacts: {
          ...nothing,
          coverage: [
            { from: start - 91 * day, to: start - 90 * day },
            { from: start - 80 * day, to: start + day },
            { from: start + 2 * day, to: start + 3 * day - 100 },
          ],
        },
        reading: [{ from: start + 1.5 * day, to: start + 2 * day }],
        late: [],
        altered: [],
        archived: [],
        held: [],
        firstRowDay: start - 91 * day,
        isBeginningProved: false,
      },
      scope,
    );
    assert.deepEqual(whole, { from: start - 91 * day, to: start + 3 * day });
    assert.deepEqual(
      parts.map(({ from, to, state }) => [(from - start) / day, (to - start) / day, state]),
      [
        [-91, -90, 'covered'],
        // Zendesk keeps the log for 90 days.
        [-90, -87, 'lost'],
        [-87, -80, 'gap'],
        [-80, 1, 'covered'],
        [1, 1.5, 'gap'],
        [1.5, 2, 'reading'],
        [2, 3 - 100 / day, 'covered'],
        [3 - 100 / day, 3, 'reading'],
      ],
    );
  });

  it('calls what was read before the first row not recorded, unless a gap is before it', () => {
    const tell = (coverage: readonly { from: number; to: number }[]): readonly unknown[] =>
      tellHistory(
        log,
        {
          gapFacts: { ...nothing, coverage },
          reading: [],
          late: [],
          altered: [],
          archived: [],
          held: [],
          firstRowDay: start,
          isBeginningProved: false,
        },
        scope,
      ).parts.map(({ from, to, state }) => [(from - start) / day, (to - start) / day, state]);
    const first = start - 87 * day;
    assert.deepEqual(tell([{ from: first, to: start + 3 * day }]), [
      [-87, 0, 'unrecorded'],
      [0, 3, 'covered'],
    ]);
    assert.deepEqual(
      tell([
        { from: first, to: start - 2 * day },
        { from: start - day, to: start + 3 * day },
      ]),
      [
        [-87, -2, 'covered'],
        [-2, -1, 'gap'],
        [-1, 3, 'covered'],
      ],
    );
  });

  it('marks lost rows of covered seconds, quarantined records and what is to be read again', () => {
    const { marks, parts } = tellHistory(
      log,
      {
        gapFacts: {
          ...nothing,
          coverage: [{ from: start - 87 * day, to: start + 3 * day }],
          losses: [
            {
              lost_from: '2026-11-02T00:00:00Z',
              lost_until: '2026-11-03T00:00:00Z',
              rows_until: '2026-11-03T00:00:00Z',
              rows: 5,
              code: 'rows_deleted',
              partition: null,
              done_by: null,
              noticed_at: '2026-11-03T00:00:00Z',
              is_settled: true,
              rows_found: 3,
            },
          ],
          quarantined: [{ code: 'record_unreadable', records: 1, from: start, to: start + 1 }],
        },
        reading: [],
        late: [{ from: start + day, to: start + 2 * day }],
        altered: [{ from: start + 5, to: start + 6 }],
        archived: [],
        held: [],
        firstRowDay: start - 87 * day,
        isBeginningProved: false,
      },
      { ...scope, rescanAges: [] },
    );
    assert.deepEqual(
      parts.map(({ state }) => state),
      ['covered'],
    );
    assert.deepEqual(marks, [
      { name: 'altered', spans: [{ from: start + 5, to: start + 6 }] },
      { name: 'late', spans: [{ from: start + day, to: start + 2 * day }] },
      { name: 'held', spans: [] },
      { name: 'rescan_due', spans: [] },
      { name: 'quarantined', spans: [{ from: start, to: start + 1 }] },
      { name: 'rows_lost', spans: [{ from: start + day, to: start + 2 * day }] },
    ]);
  });

  it('says what is archived, dropped by policy, and held', () => {
    const { parts, marks } = tellHistory(
      { ...log, retentionDays: undefined },
      {
        gapFacts: {
          ...nothing,
          coverage: [{ from: start - 9 * day, to: start + 3 * day }],
          dropped: [{ from: start - 9 * day, to: start - 6 * day }],
        },
        reading: [],
        late: [],
        altered: [],
        archived: [{ from: start - 7 * day, to: start - 2 * day }],
        held: [{ from: -Infinity, to: start }],
        firstRowDay: start - 9 * day,
        isBeginningProved: false,
      },
      scope,
    );
    assert.deepEqual(
      parts.map(({ from, to, state }) => [(from - start) / day, (to - start) / day, state]),
      [
        [-9, -6, 'dropped'],
        [-6, -2, 'archived'],
        [-2, 3, 'covered'],
      ],
    );
    const cells = divide(parts, marks, { from: start - 10 * day, to: start + 2 * day, step: day });
    assert.deepEqual(
      cells.map(({ marks: said }) => said.length),
      [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0],
    );
  });

  it('of a log that was never read has no days, and one gap that says so', () => {
    const history = tellHistory(
      { ...log, retentionDays: undefined },
      {
        gapFacts: nothing,
        reading: [],
        late: [],
        altered: [],
        archived: [],
        held: [],
        firstRowDay: undefined,
        isBeginningProved: false,
      },
      scope,
    );
    assert.equal(history.whole, undefined);
    assert.deepEqual(history.parts, []);
    assert.deepEqual(
      history.gaps.map(({ reason }) => reason),
      ['never_read'],
    );
  });
});
