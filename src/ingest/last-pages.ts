/**
 * Whether a last page is accepted, or one more request asks for what follows. `has_more` may be wrong, and one wrong answer
 * would lose all that follows; so it needs a second proof: a page that is not full. Only the source knows how many records
 * make a page full: it may give fewer than requested.
 */

/** The facts about a page of a list that matter for its end. */
type SeenPage = {
  readonly records: number;
  /** How many were requested. */
  readonly pageSize: number;
  /** Whether the answer says that it is the last. */
  readonly isSaidLast: boolean;
  /** Whether it has a cursor to continue; Zendesk gives none with an empty last page (contract 0.3). */
  readonly hasCursor: boolean;
  /** Whether it will be requested again soon in any case. */
  readonly isReadAgain: boolean;
};

/** No source has full pages as short as this, so a live page does not need a check for it. */
const few = 10;

/** What the pages of an account have shown so far, by the name of the stream. */
export type LastPages = {
  /** Takes in a page. True if it is said to be the last, but without a second proof. */
  doubts(stream: string, page: SeenPage): boolean;
  /** Records that something followed a page that was said to be the last. True the first time. */
  noteRefuted(stream: string): boolean;
};

type Shown = {
  readonly largest: number;
  /**
   * The size of pages that were shorter than requested although others followed, and whether there were two sizes; 0: none
   * yet.
   */
  readonly cut: number;
  readonly isCutKnown: boolean;
  /** The size of a page says nothing: it varies, or the source was wrong about a last page. */
  readonly varies: boolean;
  readonly isRefuted: boolean;
};

const nothing: Shown = {
  largest: 0,
  cut: 0,
  isCutKnown: true,
  varies: false,
  isRefuted: false,
};

/** Begins with nothing known. */
export function createLastPages(): LastPages {
  const streams = new Map<string, Shown>();
  const shownBy = (stream: string): Shown => streams.get(stream) ?? nothing;
  return {
    doubts(stream, page) {
      const before = shownBy(stream);
      streams.set(stream, learn(before, page));
      return page.isSaidLast && isDoubtful(before, page);
    },
    noteRefuted(stream) {
      const before = shownBy(stream);
      streams.set(stream, { ...before, isRefuted: true });
      return !before.isRefuted;
    },
  };
}

function learn(shown: Shown, { records, pageSize, isSaidLast }: SeenPage): Shown {
  const largest = Math.max(shown.largest, records);
  if (isSaidLast || records === 0 || records >= pageSize) return { ...shown, largest };
  const { cut } = shown;
  return {
    ...shown,
    largest,
    cut: records,
    isCutKnown: records === cut,
    varies: shown.varies || (cut !== 0 && records !== cut),
  };
}

function isDoubtful(shown: Shown, page: SeenPage): boolean {
  const { records, pageSize, hasCursor, isReadAgain } = page;
  if (records === 0) return hasCursor;
  const { largest, cut, isCutKnown, varies, isRefuted } = shown;
  if (isRefuted || varies || !isCutKnown) return true;
  const isLargest = records >= largest && (records >= few || !isReadAgain);
  const isCut = cut > 0 && records >= cut;
  // Zendesk's own page sizes are multiples of a hundred.
  return isLargest || isCut || records >= pageSize || records % 100 === 0;
}
