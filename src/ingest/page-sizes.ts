/** How many records are asked for at once: fewer after answers that were too large or too slow, more again after good ones. */

/** The page sizes of an account, by the name of the stream. */
export type PageSizes = {
  /** The size to ask for. */
  next(stream: string): number;
  /** A fetch goes on that was read with so small pages. */
  limit(stream: string, pageSize: number): void;
  /** A page came; `pageSize` is the size that worked. */
  noteAnswered(stream: string, pageSize: number): void;
  /** No page came, though ever smaller ones were asked for, down to `pageSize`. */
  noteFailed(stream: string, pageSize: number): void;
};

type SizeState = {
  readonly pageSize: number;
  /** Pages that have come since the size was last changed. */
  readonly pages: number;
  /** How many must come before a larger one is tried: more after each try that was in vain. */
  readonly patience: number;
  /** Whether the size is such a try. */
  readonly isTry: boolean;
};

const longestPatience = 64;

/** Begins with the most that each stream may ask for. */
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
      // A page of another cursor may still have been asked for with a former size.
      if (pageSize > stateOf(stream).pageSize) return;
      if (larger === pageSize) states.delete(stream);
      else if (pages + 1 >= patience)
        states.set(stream, { pageSize: larger, pages: 0, patience, isTry: true });
      else states.set(stream, { pageSize, pages: pages + 1, patience, isTry: isTry && pages < 1 });
    },
    noteFailed(stream, pageSize) {
      // Where not even a single record came, it was not the size.
      if (pageSize > 1 && pageSize < stateOf(stream).pageSize) shrinkTo(stream, pageSize);
    },
  };
}
