/**
 * Dividing a span of which most of a page cannot be stored: the rest of it is read, and only the smallest span around such
 * records stays a gap. Pure.
 */
import { measure, subtract, unite, type Span, type Spans } from '../span.ts';

/** How far the dividing is. */
export type Division = {
  /** Parts that are to be read, each as it is. */
  readonly pieces: readonly Span[];
  /** All that was divided in this run. */
  readonly divided: Spans;
  readonly divisions: number;
  /** Failures since anything could be read. */
  readonly fruitless: number;
  /** What cannot be read and is not divided any more, also in later runs of this process: it is read last. */
  readonly unusable: Spans;
};

/** Some seconds next to each other are found in a span of any length by as many. */
const divisionsAllowed = 40;
/** Where nothing at all can be read in between, it is not a few records: then nothing else is tried. */
const fruitlessAllowed = 64;

/** Nothing is divided yet. `unusable` is what former runs have found. */
export function beginDivision(unusable: Spans = []): Division {
  return { pieces: [], divided: [], divisions: 0, fruitless: 0, unusable };
}

/** Divides a span that has failed in two, or notes that it stays as it is: then `isGivenUp`. */
export function divide(
  division: Division,
  span: Span,
): { readonly division: Division; readonly isGivenUp: boolean; readonly endsRun: boolean } {
  const isKnown = measure(subtract([span], division.unusable)) === 0;
  // What was known before is asked for again in each run, so that there must not be too much of it.
  const fruitless = division.fruitless + (isKnown ? 2 : 1);
  if (span.to - span.from <= 1 || isKnown || division.divisions >= divisionsAllowed) {
    const unusable = unite(division.unusable, [span]);
    const endsRun = fruitless >= fruitlessAllowed;
    return { division: { ...division, fruitless, unusable }, isGivenUp: true, endsRun };
  }
  const middle = Math.floor((span.from + span.to) / 2);
  return {
    division: {
      ...division,
      pieces: [...division.pieces, { ...span, to: middle }, { ...span, from: middle }],
      divided: unite(division.divided, [span]),
      divisions: division.divisions + 1,
      fruitless,
    },
    isGivenUp: false,
    endsRun: false,
  };
}

/** A span is being read from now on: it is no piece to be read any more. */
export function takePiece(division: Division, span: Span): Division {
  const pieces = division.pieces.filter(({ from, to }) => from !== span.from || to !== span.to);
  return { ...division, pieces };
}

/** A span was read to its end. */
export function noteRead(division: Division, span: Span, hasRows: boolean): Division {
  const unusable = subtract(division.unusable, [span]);
  return { ...division, unusable, fruitless: hasRows ? 0 : division.fruitless };
}

/** The piece to read next: the longest, so that the dividing ends with pieces of one length; of those the oldest. */
export function nextPiece({ pieces }: Division): Span | undefined {
  return pieces.toSorted((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from)[0];
}

/** Whether a span is a piece of one that was divided: its length says nothing about the log. */
export function isPiece({ divided }: Division, span: Span): boolean {
  return measure(subtract([span], divided)) === 0;
}
