import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  beginDivision,
  divide,
  isPiece,
  nextPiece,
  noteRead,
  takePiece,
  type Division,
} from '../../src/ingest/division.ts';
import { measure, type Span } from '../../src/span.ts';

const day: Span = { from: 1_000_000, to: 1_086_400 };

/** Divides until nothing is left to read. Returns the remaining gaps, and how many readings failed. */
function divideAll(
  start: Division,
  span: Span,
  isBad: (span: Span) => boolean,
  hasRows = true,
): { division: Division; failures: number; endsRun: boolean } {
  let division = start;
  let failures = 0;
  for (let next: Span | undefined = span; next !== undefined; next = nextPiece(division)) {
    division = takePiece(division, next);
    if (!isBad(next)) {
      division = noteRead(division, next, hasRows);
      continue;
    }
    failures += 1;
    const result = divide(division, next);
    division = result.division;
    if (result.endsRun) return { division, failures, endsRun: true };
  }
  return { division, failures, endsRun: false };
}

const holds =
  (...seconds: readonly number[]) =>
  ({ from, to }: Span): boolean =>
    seconds.some((second) => second >= from && second < to);

describe('dividing a span with records that cannot be stored', () => {
  it('finds the second with the records, also in a log that is empty around it', () => {
    for (const hasRows of [true, false]) {
      const found = divideAll(beginDivision(), day, holds(1_012_345), hasRows);
      assert.deepEqual(found.division.unusable, [{ from: 1_012_345, to: 1_012_346 }]);
      assert.ok(found.failures <= 18, `${found.failures} failures`);
      assert.equal(found.endsRun, false);
    }
  });

  it('leaves a burst as a gap of little more than its own length, and reads everything after it', () => {
    const burst = { from: 1_030_000, to: 1_033_600 };
    const { division, endsRun } = divideAll(
      beginDivision(),
      day,
      ({ from, to }) => from < burst.to && burst.from < to,
    );
    assert.equal(endsRun, false);
    assert.ok(measure(division.unusable) < 1.5 * 3600, `${measure(division.unusable)} s`);
    assert.deepEqual(division.pieces, []);
  });

  it('does not divide again what a previous run could not read, and forgets it once it can be read', () => {
    const known = [{ from: 1_012_345, to: 1_012_348 }];
    const [span = day] = known;
    const { division, isGivenUp } = divide(beginDivision(known), span);
    assert.deepEqual([isGivenUp, division.pieces, division.unusable], [true, [], known]);
    assert.deepEqual(noteRead(division, span, true).unusable, []);
  });

  it('ends the run if nothing can be read', () => {
    let division = beginDivision();
    let failures = 0;
    for (let endsRun = false; !endsRun; failures += 1) {
      const next = nextPiece(division) ?? {
        from: failures * 100_000,
        to: (failures + 1) * 100_000,
      };
      const result = divide(takePiece(division, next), next);
      ({ division, endsRun } = result);
    }
    assert.equal(failures, 64);
    assert.ok(division.unusable.length > 0, 'the next run begins elsewhere');
  });

  it('reads the longest part first, and knows its parts', () => {
    const halves = divide(beginDivision(), { from: 0, to: 10 }).division;
    assert.deepEqual(halves.pieces, [
      { from: 0, to: 5 },
      { from: 5, to: 10 },
    ]);
    const quarters = divide(takePiece(halves, { from: 0, to: 5 }), { from: 0, to: 5 }).division;
    assert.deepEqual(nextPiece(quarters), { from: 5, to: 10 });
    assert.deepEqual(
      [isPiece(quarters, { from: 2, to: 5 }), isPiece(quarters, { from: 9, to: 11 })],
      [true, false],
    );
  });

  it('reads the oldest of the longest parts first, in any order of discovery', () => {
    const pieces = [
      { from: 100, to: 105 },
      { from: 20, to: 40 },
      { from: 60, to: 80 },
      { from: 0, to: 10 },
    ];
    for (const known of [pieces, pieces.toReversed(), pieces.toSorted((a, b) => a.to - b.to)])
      assert.deepEqual(nextPiece({ ...beginDivision(), pieces: known }), { from: 20, to: 40 });
    assert.equal(nextPiece(beginDivision()), undefined);
  });

  it('removes only the part that is being read', () => {
    const { division, isGivenUp } = divide(beginDivision(), { from: 0, to: 10 });
    assert.equal(isGivenUp, false);
    assert.deepEqual(takePiece(division, { from: 5, to: 10 }).pieces, [{ from: 0, to: 5 }]);
    for (const other of [
      { from: 0, to: 10 },
      { from: 5, to: 7 },
    ])
      assert.deepEqual(takePiece(division, other).pieces, division.pieces);
  });

  it('ends after forty divisions: a part that fails then is not divided', () => {
    let division = beginDivision();
    for (let divisions = 0; divisions < 40; divisions += 1) {
      const result = divide(division, { from: divisions * 10, to: divisions * 10 + 10 });
      assert.equal(result.isGivenUp, false);
      ({ division } = result);
    }
    const result = divide(division, { from: 1000, to: 1010 });
    assert.equal(result.isGivenUp, true);
    assert.deepEqual(result.division.unusable, [{ from: 1000, to: 1010 }]);
  });
});
