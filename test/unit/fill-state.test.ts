import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import type { Fetch } from '../../src/ingest/fetch.ts';
import {
  beginFill,
  noteBreak,
  noteDensity,
  noteEnd,
  noteFailure,
  noteStart,
  planNext,
  type FillFacts,
  type FillState,
} from '../../src/ingest/fill-state.ts';
import type { Span } from '../../src/span.ts';

const now = 1_800_000_000;
const day = 86_400;
const oldest: Span = { from: now - 90 * day, to: now - 89 * day };

/** A log with only the last ten minutes stored. */
const facts: FillFacts = {
  coverage: [{ from: now - 900, to: now - 300 }],
  horizon: now - 90 * day,
  rescanned: new Map(),
  rescanAges: [3600],
  settleSeconds: 300,
  earliest: now,
  likely: now,
};

const fetchOf = (span: Span, more: Partial<Fetch> = {}): Fetch => ({
  fetch: '1',
  kind: 'backfill',
  span,
  pageSize: 2500,
  cursor: undefined,
  askedAt: now,
  pages: 1,
  seen: 0,
  new: 0,
  changed: 0,
  late: 0,
  restarted: false,
  rescanAgeSeconds: undefined,
  mark: '',
  ...more,
});

const ended = (state: FillState, span: Span, more: Partial<Fetch> = {}, splitSeconds?: number) =>
  noteEnd(state, { fetch: fetchOf(span, more), splitSeconds, hasRows: true });

const unreadable = new KnownError('walk_stuck', { found: 'the walk goes in a circle' });
const unavailable = new KnownError('plan_missing', { found: 'the plan is missing' });

describe('the state of a backfill', () => {
  it('plans the oldest second first, and at the same time the next that is not being read', () => {
    const state = beginFill('gaps');
    assert.deepEqual(planNext(state, facts), { span: oldest, rescanAgeSeconds: undefined });
    assert.deepEqual(planNext(noteStart(state, oldest), facts)?.span, {
      from: oldest.to,
      to: oldest.to + day,
    });
  });

  it('does not plan again what was read or given up, even if it does not count as covered', () => {
    const begun = noteStart(beginFill('gaps'), oldest);
    const read = ended(begun, oldest);
    assert.deepEqual(read.reading, []);
    assert.equal(planNext(read, facts)?.span.from, oldest.to);
    const given = noteFailure(begun, oldest, unreadable);
    assert.deepEqual(given.reading, []);
    assert.equal(planNext(given, facts)?.span.from, oldest.to);
  });

  it('plans a divided span again, with its new length', () => {
    const split = ended(noteStart(beginFill('gaps'), oldest), oldest, {}, 4000);
    assert.deepEqual(planNext(split, facts)?.span, { from: oldest.from, to: oldest.from + 4000 });
  });

  it('makes the next span longer after an empty one, and does not change its length after a rescan', () => {
    const begun = noteStart(beginFill('gaps'), oldest);
    assert.equal(ended(begun, oldest).spanSeconds, 4 * day);
    assert.equal(ended(begun, oldest, { pages: 32 }).spanSeconds, day / 2);
    assert.equal(ended(begun, oldest, { kind: 'rescan' }).spanSeconds, day);
  });

  it('reads rescans that are due before it fills a gap, unless they are being read', () => {
    const due = { from: now - 9000, to: now - 300 };
    const more = { ...facts, coverage: [due] };
    const again = { from: due.from, to: now - 3600 };
    const state = beginFill('gaps');
    assert.deepEqual(planNext(state, more), { span: again, rescanAgeSeconds: 3600 });
    assert.deepEqual(planNext(noteStart(state, again), more), {
      span: oldest,
      rescanAgeSeconds: undefined,
    });
  });

  it('runs rescans after more than a day only if no gap waits', () => {
    const [week, open] = [7 * day, { from: now - 90 * day, to: now - 40 * day }];
    const coverage = [{ from: open.to, to: now - 300 }];
    const more = { ...facts, coverage, rescanAges: [week, 30 * day] };
    const state = beginFill('gaps');
    assert.deepEqual(planNext(state, more)?.span, oldest);
    const filled = { ...state, done: [open] };
    const again = { from: open.to, to: open.to + day };
    assert.deepEqual(planNext(filled, more), { span: again, rescanAgeSeconds: week });
    assert.equal(planNext(noteStart(filled, again), more), undefined, 'one after the other');
    // A rescan that failed does not keep the next one waiting.
    const failed = noteFailure(noteStart(filled, again), again, unreadable);
    assert.deepEqual(planNext(failed, more), {
      span: { from: again.to, to: again.to + day },
      rescanAgeSeconds: week,
    });
    const rescanned = new Map([[week, [{ from: 0, to: now - week }]]]);
    assert.deepEqual(planNext(filled, { ...more, rescanned }), {
      span: again,
      rescanAgeSeconds: 30 * day,
    });
  });

  it('divides a rescan with records that cannot be stored, and reads its halves again at the same age', () => {
    const week = 7 * day;
    const coverage = [{ from: now - 40 * day, to: now - 300 }];
    const more = { ...facts, coverage, horizon: now - 40 * day, rescanAges: [week] };
    const whole = { from: now - 40 * day, to: now - 39 * day };
    const begun = beginFill('gaps');
    assert.deepEqual(planNext(begun, more), { span: whole, rescanAgeSeconds: week });
    const unusable = new KnownError('records_unusable', { found: 'no record has an id' });
    const piece = { ...whole, rescanAgeSeconds: week };
    const divided = noteFailure(noteStart(begun, whole), piece, unusable);
    const half = { from: whole.from, to: whole.from + day / 2 };
    assert.deepEqual(planNext(divided, more), { span: half, rescanAgeSeconds: week });
    assert.deepEqual(planNext(noteStart(divided, half), more), {
      span: { from: half.to, to: whole.to },
      rescanAgeSeconds: week,
    });
    assert.deepEqual(divided.done, []);
  });

  it('runs rescans at the same time as spans that do not overlap them, also if they touch', () => {
    const due = { from: now - 9000, to: now - 300 };
    const more = { ...facts, coverage: [due] };
    const again = { from: due.from, to: now - 3600 };
    const neighbours = [
      { from: again.from - 10, to: again.from },
      { from: again.to, to: again.to + 10 },
    ];
    const beside = neighbours.reduce(noteStart, noteStart(beginFill('gaps'), oldest));
    assert.deepEqual(planNext(beside, more), { span: again, rescanAgeSeconds: 3600 });
    for (const overlap of [
      { from: again.from - 10, to: again.from + 1 },
      { from: again.to - 1, to: again.to + 10 },
    ])
      assert.equal(
        planNext(noteStart(beginFill('gaps'), overlap), more)?.rescanAgeSeconds,
        undefined,
      );
  });

  it('forgets exactly the span that has ended, and continues with those that share a bound with it', () => {
    const [one, two, both] = [
      { from: 0, to: 10 },
      { from: 10, to: 20 },
      { from: 0, to: 20 },
    ] as const;
    const begun = [one, two, both].reduce(noteStart, beginFill('gaps'));
    assert.deepEqual(ended(begun, both).reading, [one, two]);
    assert.deepEqual(ended(begun, one).reading, [two, both]);
    assert.deepEqual(noteFailure(begun, two, unreadable).reading, [one, both]);
  });

  it('learns little from a short span at the end of a gap, and more from a long one', () => {
    const begun = beginFill('gaps');
    assert.equal(ended(begun, { from: 0, to: 100 }).spanSeconds, 800, 'twice its length, fourfold');
    const long = { from: 0, to: 1.5 * day };
    assert.equal(ended(begun, long, { pages: 16 }).spanSeconds, 1.5 * day);
  });

  it('treats time that the live tail no longer reaches as a gap, and leaves the rest to it', () => {
    const coverage = [{ from: facts.horizon ?? 0, to: now - 1000 }];
    assert.deepEqual(planNext(beginFill('gaps'), { ...facts, rescanAges: [], coverage })?.span, {
      from: now - 1000,
      to: now - 900,
    });
  });

  it('reads only the wanted span, even if it is covered', () => {
    const wanted = { from: now - 500, to: now - 400 };
    const state = beginFill(wanted);
    assert.deepEqual(planNext(state, { ...facts, horizon: undefined })?.span, wanted);
    assert.equal(planNext(ended(noteStart(state, wanted), wanted), facts), undefined);
    assert.equal(planNext(beginFill('gaps'), { ...facts, horizon: undefined }), undefined);
  });

  it('continues after two spans that cannot be read, but not after three in a row', () => {
    let state = beginFill('gaps');
    for (const endsRun of [false, false, true]) {
      state = noteFailure(noteStart(state, oldest), oldest, unreadable);
      assert.deepEqual(state.failure, { error: unreadable, endsRun });
    }
    let other = noteFailure(beginFill('gaps'), oldest, unreadable);
    for (let round = 0; round < 5; round += 1)
      other = noteFailure(ended(other, oldest), oldest, unreadable);
    assert.equal(other.failure?.endsRun, false, 'those between them could be read');
  });

  it('fails with the first error, but an error that ends the run comes before that of a single span', () => {
    const first = noteFailure(beginFill('gaps'), oldest, unreadable);
    const refused = noteFailure(first, oldest, unavailable);
    assert.deepEqual(refused.failure, { error: unavailable, endsRun: true });
    const later = noteBreak(refused, new Error('later'));
    assert.deepEqual(later.failure, { error: unavailable, endsRun: true });
    const broken = new Error('no ledger');
    assert.deepEqual(noteBreak(first, broken).failure, { error: broken, endsRun: true });
  });

  it('knows that the log is dense once a span took more than a page', () => {
    const state = beginFill('gaps');
    assert.equal(state.dense, false);
    assert.equal(noteDensity(state).dense, true);
  });
});
