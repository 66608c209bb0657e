/**
 * Divides a span in which most records of a page cannot be stored: the rest of it is read, and only the smallest span around
 * such records stays a gap. Pure.
 */
import { measure, subtract, unite, type Span, type Spans } from '../span.ts';

/** A part of a divided span; of one that is read again, with its age. */
export type Piece = Span & { readonly rescanAgeSeconds?: number | undefined };

/** The state of the division. */
export type Division = {
  /** Parts to read, each as a whole. */
  readonly pieces: readonly Piece[];
  /** All spans that were divided in this run. */
  readonly divided: Spans;
  readonly divisions: number;
  /** Failures since the last successful reading. */
  readonly fruitless: number;
  /** Spans that cannot be read and are no longer divided, also in later runs of this process: they are read last. */
  readonly unusable: Spans;
};

/** This many divisions find a few neighbouring seconds in a span of any length. */
const divisionsAllowed = 40;
/** If nothing can be read in between, the problem is not a few records: then nothing else is tried. */
const fruitlessAllowed = 64;

/** Nothing is divided yet. `unusable` is what previous runs have found. */
export function beginDivision(unusable: Spans = []): Division {
  return { pieces: [], divided: [], divisions: 0, fruitless: 0, unusable };
}

/** Divides a failed span in two, or records that it stays undivided: then `isGivenUp`. */
export function divide(
  division: Division,
  span: Piece,
): { readonly division: Division; readonly isGivenUp: boolean; readonly endsRun: boolean } {
  const isKnown = measure(subtract([span], division.unusable)) === 0;
  // Known spans are requested again in each run, so there must not be too many of them.
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

/** The reading of a span begins: it is no longer one of the parts to read. */
export function takePiece(division: Division, span: Span): Division {
  const pieces = division.pieces.filter(({ from, to }) => from !== span.from || to !== span.to);
  return { ...division, pieces };
}

/** A span was read completely. */
export function noteRead(division: Division, span: Span, hasRows: boolean): Division {
  const unusable = subtract(division.unusable, [span]);
  return { ...division, unusable, fruitless: hasRows ? 0 : division.fruitless };
}

/** The part to read next: the longest, so that all parts end with the same length; of those the oldest. */
export function nextPiece({ pieces }: Division): Piece | undefined {
  return pieces.toSorted((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from)[0];
}

/** Whether a span is a part of a divided one: its length says nothing about the log. */
export function isPiece({ divided }: Division, span: Span): boolean {
  return measure(subtract([span], divided)) === 0;
}
