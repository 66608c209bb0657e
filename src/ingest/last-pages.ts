/**
 * Whether a page that is said to be the last is believed, or what lies behind it is asked for once more. `has_more` may
 * waver, and one such answer would lose all that follows; so it needs a second witness, which is a page that is not full.
 * How many records make a page full only the source knows: it may give fewer than it is asked for.
 */

/** A page of a list, as far as its end is concerned. */
type SeenPage = {
  readonly records: number;
  /** How many were asked for. */
  readonly pageSize: number;
  /** Whether the answer says that it is the last. */
  readonly isSaidLast: boolean;
  /** Whether it has a cursor that leads on; Zendesk gives none with a page that is empty and the last (contract 0.3). */
  readonly hasCursor: boolean;
  /** Whether it is asked for again before long, whatever comes of it. */
  readonly isReadAgain: boolean;
};

/** No source cuts its pages so short that this would have to be found out by each look at what is new. */
const few = 10;

/** What the pages of an account have shown so far, by the name of the stream. */
export type LastPages = {
  /** Looks at a page. True when it is said to be the last, and that has no second witness. */
  doubts(stream: string, page: SeenPage): boolean;
  /** Behind a page that was said to be the last there was more. True for the first time. */
  noteRefuted(stream: string): boolean;
};

type Shown = {
  readonly largest: number;
  /** The size of pages that came shorter than asked for though others followed, and whether there were two; 0: none yet. */
  readonly cut: number;
  readonly isCutKnown: boolean;
  /** Nothing can be told from the size of a page: it varies, or the source was found to be wrong about its last page. */
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
  // The sizes that Zendesk has of its own are whole hundreds.
  return isLargest || isCut || records >= pageSize || records % 100 === 0;
}
