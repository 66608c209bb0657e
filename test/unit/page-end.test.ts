import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClocks } from '../../src/ingest/clocks.ts';
import { extendHull, findWayOn, judgePage, judgeReading } from '../../src/ingest/page-end.ts';
import { createLogger } from '../../src/logger.ts';

const now = 1_800_000_000;
const day = 86_400;

/** The facts to judge a reading: a Zendesk clock that is so many seconds ahead of the local one. */
function pull(aheadSeconds: number, retentionDays?: number) {
  const clocks = createClocks({
    account: 'acme',
    localNow: () => now * 1000,
    readZendesk: () => ({ agreedMs: aheadSeconds * 1000, doubt: undefined }),
    log: createLogger({ level: 'silent', format: 'json', fileDescriptor: 2, isTerminal: false }),
    report: () => {},
  });
  return { engine: { clocks }, stream: { retentionDays } };
}
const sent = (second: number, ageMs = 0) => ({ sentAtMs: second * 1000 + 999, ageMs });

describe('a reading', () => {
  it('counts from the earliest moment at which a page of it was requested', () => {
    const askedAt = (former: number | undefined, second: number): number =>
      judgeReading(pull(0), { askedAt: former }, sent(second)).askedAt;
    assert.equal(askedAt(undefined, now), now);
    assert.equal(askedAt(now - 500, now), now - 500);
    assert.equal(askedAt(now, now - 500), now - 500);
  });

  it('counts from the earliest clock, and from the age of a cached answer, rounded up', () => {
    const first = { askedAt: undefined };
    assert.equal(judgeReading(pull(-60), first, sent(now)).askedAt, now - 60);
    assert.equal(judgeReading(pull(60), first, sent(now)).askedAt, now);
    assert.equal(judgeReading(pull(0), first, sent(now, 1001)).askedAt, now - 2);
    assert.equal(judgeReading(pull(0), first, sent(now, 2000)).askedAt, now - 2);
  });

  it('begins where the latest clock says that the source still keeps the requested records', () => {
    const first = { askedAt: undefined };
    assert.equal(judgeReading(pull(0, 90), first, sent(now)).keptSince, now - 90 * day);
    assert.equal(judgeReading(pull(60, 90), first, sent(now)).keptSince, now + 60 - 90 * day);
    assert.equal(judgeReading(pull(-60, 90), first, sent(now)).keptSince, now - 90 * day);
    assert.equal(judgeReading(pull(0), first, sent(now)).keptSince, -Infinity);
  });
});

describe('what a walk has read', () => {
  it('reaches from its oldest row to its newest one, in any order', () => {
    const rows = (...seconds: number[]) => seconds.map((second) => ({ timeMs: second * 1000 }));
    assert.equal(extendHull(undefined, []), undefined);
    const first = extendHull(undefined, rows(30, 10, 20));
    const whole = { oldestRow: 10, newestRow: 30, lastRow: 20, longestPause: 20 };
    assert.deepEqual(first, whole);
    assert.equal(extendHull(first, []), first);
    assert.deepEqual(extendHull(first, rows(20)), whole);
    assert.deepEqual(extendHull(first, rows(45, 41)), {
      oldestRow: 10,
      newestRow: 45,
      lastRow: 41,
      longestPause: 25,
    });
  });
});

describe('the end of a page', () => {
  const span = { from: 0, to: 10 * day };
  const fetch = { span, pages: 0 };
  const reading = { askedAt: 20 * day, keptSince: -Infinity };
  const last = { nextCursor: undefined, isUnsure: false, rest: undefined };
  const more = { ...last, nextCursor: 'next' };
  const settings = { settleSeconds: 300, rescanAges: [3600, day] };
  const settled = { fetch, maySplit: true };

  it('is that of its span if there is no continuation', () => {
    const early = { askedAt: 10 * day, keptSince: 100 };
    assert.deepEqual(judgePage(settled, early, last, undefined, settings), {
      kind: 'complete',
      coverage: [{ from: 100, to: 10 * day - 300 }],
      rescans: [
        { ageSeconds: 3600, span: { from: 100, to: 10 * day - 3600 } },
        { ageSeconds: day, span: { from: 100, to: 9 * day } },
      ],
    });
  });

  it('continues with a cursor, or with the rest of the span', () => {
    const sparse = { oldestRow: 0, newestRow: 9 * day, lastRow: 9 * day, longestPause: 0 };
    assert.deepEqual(judgePage(settled, reading, more, sparse, settings), {
      kind: 'more',
      nextCursor: 'next',
    });
    const rest = { ...last, isUnsure: true, rest: { from: day, to: 10 * day } };
    assert.deepEqual(judgePage(settled, reading, rest, sparse, settings), {
      kind: 'more',
      nextCursor: undefined,
    });
  });

  it('divides a span that proves too dense at its fourth page, but only if that is wanted and certain', () => {
    const dense = { oldestRow: 0, newestRow: 400, lastRow: 400, longestPause: 0 };
    const fourth = { ...fetch, pages: 3 };
    const judge = (
      maySplit: boolean,
      way = more,
      pages = 3,
      read: typeof dense | undefined = dense,
    ) => judgePage({ fetch: { ...fourth, pages }, maySplit }, reading, way, read, settings);
    assert.deepEqual(judge(true), { kind: 'split', spanSeconds: 1600 });
    const goesOn = { kind: 'more', nextCursor: 'next' };
    assert.deepEqual(judge(false), goesOn);
    assert.deepEqual(judge(true, { ...more, isUnsure: true }), goesOn);
    assert.deepEqual(judge(true, more, 2), goesOn);
    assert.deepEqual(judge(true, more, 4), goesOn);
    assert.deepEqual(
      judgePage({ fetch: fourth, maySplit: true }, reading, more, undefined, settings),
      goesOn,
    );
  });

  it('continues after a full page that is said to be the last, by its cursor or with the rest of the span', () => {
    const rows = [{ timeMs: 1000 }, { timeMs: 2 * day * 1000 }];
    const unsure = { nextCursor: 'next', isUnsure: true };
    assert.deepEqual(findWayOn(span, unsure, rows, false), {
      ...unsure,
      rest: { from: 2 * day, to: 10 * day },
    });
    assert.deepEqual(findWayOn(span, unsure, [], false), { ...unsure, rest: undefined });
    const sure = { nextCursor: 'next', isUnsure: false };
    assert.deepEqual(findWayOn(span, sure, rows, false), { ...sure, rest: undefined });
  });

  it('ends when a page came twice and was said to be the last both times', () => {
    const rows = [{ timeMs: 1000 }, { timeMs: 2000 }];
    assert.deepEqual(findWayOn(span, { nextCursor: 'next', isUnsure: true }, rows, true), last);
  });
});
