/** What became of rows that were written. */
import type { PageRow } from './copy.ts';

/** Rows of a page: new, changed (as many as there are revisions), and late, which are new ones of time that was covered. */
export type PageCounts = { readonly new: number; readonly changed: number; readonly late: number };

/** The counts, and where rows stand, by their times in milliseconds since 1970. */
export type WrittenRows = {
  readonly counts: PageCounts;
  /** Where a row stands that did not stand there before. */
  readonly newTimesMs: readonly number[];
  /** Where a row stood whose record has another time now. */
  readonly leftTimesMs: readonly number[];
  /** Where a second row of a record was deleted; Postgres has counted these out. */
  readonly droppedTimesMs: readonly number[];
  /** The rows that stand now as they were written; undefined where only the table knows, because rows were moved or came twice. */
  readonly standing: readonly PageRow[] | undefined;
};

/** Nothing was written. */
export const nothingWritten: WrittenRows = {
  counts: { new: 0, changed: 0, late: 0 },
  newTimesMs: [],
  leftTimesMs: [],
  droppedTimesMs: [],
  standing: [],
};

/** Adds up what became of the parts of a page. */
export function joinWritten(parts: readonly WrittenRows[]): WrittenRows {
  const sum = (name: keyof PageCounts): number =>
    parts.reduce((total, { counts }) => total + counts[name], 0);
  return {
    counts: { new: sum('new'), changed: sum('changed'), late: sum('late') },
    newTimesMs: parts.flatMap(({ newTimesMs }) => newTimesMs),
    leftTimesMs: parts.flatMap(({ leftTimesMs }) => leftTimesMs),
    droppedTimesMs: parts.flatMap(({ droppedTimesMs }) => droppedTimesMs),
    standing: parts.some(({ standing }) => standing === undefined)
      ? undefined
      : parts.flatMap(({ standing }) => standing ?? []),
  };
}
