/**
 * How many records are requested at once: fewer after answers that were too large or too slow, more again after good ones.
 */

/** The page sizes of an account, by the name of the stream. */
export type PageSizes = {
  /** The size to request. */
  next(stream: string): number;
  /** A fetch continues that was read with so small pages. */
  limit(stream: string, pageSize: number): void;
  /** A page was received; `pageSize` is the size that worked. */
  noteAnswered(stream: string, pageSize: number): void;
  /** No page was received, although smaller and smaller ones were requested, down to `pageSize`. */
  noteFailed(stream: string, pageSize: number): void;
};

type SizeState = {
  readonly pageSize: number;
  /** Pages received since the size was last changed. */
  readonly pages: number;
  /** How many are needed before a larger size is tried: more after each failed try. */
  readonly patience: number;
  /** Whether the size is such a try. */
  readonly isTry: boolean;
};

const longestPatience = 64;

/** Begins with the largest size that each stream may request. */
export function createPageSizes(most: Readonly<Record<string, number>>): PageSizes {
  const states = new Map<string, SizeState>();
  const stateOf = (stream: string): SizeState =>
    states.get(stream) ?? { pageSize: mostOf(stream), pages: 0, patience: 1, isTry: false };
  const mostOf = (stream: string): number => most[stream] ?? 1;
  const shrinkTo = (stream: string, pageSize: number): void => {
    const { patience, isTry } = stateOf(stream);
    const longer = isTry ? Math.min(longestPatience, patience * 2) : patience;
    states.set(stream, { pageSize, pages: 0, patience: longer, isTry: false });
  };

  return {
    next: (stream) => stateOf(stream).pageSize,
    limit(stream, pageSize) {
      if (pageSize < stateOf(stream).pageSize) shrinkTo(stream, pageSize);
    },
    noteAnswered(stream, pageSize) {
      const state = stateOf(stream);
      if (pageSize < state.pageSize) shrinkTo(stream, pageSize);
      const { patience, isTry, pages } = stateOf(stream);
      const larger = Math.min(mostOf(stream), pageSize * 2);
      // A page of another cursor may still have been requested with a previous size.
      if (pageSize > stateOf(stream).pageSize) return;
      if (larger === pageSize) states.delete(stream);
      else if (pages + 1 >= patience)
        states.set(stream, { pageSize: larger, pages: 0, patience, isTry: true });
      else states.set(stream, { pageSize, pages: pages + 1, patience, isTry: isTry && pages < 1 });
    },
    noteFailed(stream, pageSize) {
      // If not even a single record was received, the size is not the cause.
      if (pageSize > 1 && pageSize < stateOf(stream).pageSize) shrinkTo(stream, pageSize);
    },
  };
}
