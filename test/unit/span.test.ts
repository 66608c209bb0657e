import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  intersect,
  joinNear,
  measure,
  normalizeSpans,
  subtract,
  unite,
  type Span,
  type Spans,
} from '../../src/span.ts';

const second = fc.integer({ min: 0, max: 60 });
const span: fc.Arbitrary<Span> = fc.tuple(second, second).map(([from, to]) => ({ from, to }));
const spans: fc.Arbitrary<Spans> = fc.array(span, { maxLength: 8 }).map(normalizeSpans);

/** The set itself, second by second: slow but certainly right. */
function secondsOf(set: Iterable<Span>): Set<number> {
  const seconds = new Set<number>();
  for (const { from, to } of set) for (let at = from; at < to; at += 1) seconds.add(at);
  return seconds;
}

function assertNormal(set: Spans): void {
  for (const [index, { from, to }] of set.entries()) {
    assert.ok(from < to, 'no span is empty');
    const next = set[index + 1];
    assert.ok(next === undefined || to < next.from, 'spans are sorted and do not touch');
  }
}

describe('the algebra of spans', () => {
  it('joins, intersects and subtracts exactly as sets of seconds', () => {
    fc.assert(
      fc.property(spans, spans, (a, b) => {
        const [inA, inB] = [secondsOf(a), secondsOf(b)];
        for (const set of [unite(a, b), intersect(a, b), subtract(a, b)]) assertNormal(set);
        assert.deepEqual(
          secondsOf(unite(a, b)),
          new Set([...inA, ...inB].toSorted((x, y) => x - y)),
        );
        assert.deepEqual(secondsOf(intersect(a, b)), inA.intersection(inB));
        assert.deepEqual(secondsOf(subtract(a, b)), inA.difference(inB));
        assert.equal(measure(a), inA.size);
      }),
    );
  });

  it('joins spans that lie near each other, with what is between them', () => {
    fc.assert(
      fc.property(spans, fc.nat(20), (set, seconds) => {
        const gaps = subtract([{ from: 0, to: 60 }], set).filter(
          ({ from, to }) =>
            set.some((each) => each.to === from) &&
            set.some((each) => each.from === to) &&
            to - from <= seconds,
        );
        const joined = joinNear(set, seconds);
        assertNormal(joined);
        assert.deepEqual(joined, unite(set, gaps));
      }),
    );
  });

  it('joins spans that touch and drops empty and inverted ones', () => {
    assert.deepEqual(
      normalizeSpans([
        { from: 20, to: 30 },
        { from: 10, to: 20 },
        { from: 5, to: 5 },
        { from: 50, to: 40 },
      ]),
      [{ from: 10, to: 30 }],
    );
  });
});
