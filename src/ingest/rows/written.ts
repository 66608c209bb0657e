/** The result of writing rows. */
import type { HashedRows } from '../../evidence/rows-root.ts';
import type { PageRow } from './copy.ts';

/** Rows of a page: new, changed (the number of revisions), and late, which are new ones in covered time. */
export type PageCounts = { readonly new: number; readonly changed: number; readonly late: number };

/** A row that was deleted: its time in microseconds since 1970, its id, when it was written, and the revision that says the same. */
export type DroppedRow = readonly [micros: string, id: string, writtenAt: string, revision: number];

/** The counts, and the positions of rows, as times in milliseconds since 1970. */
export type WrittenRows = {
  readonly counts: PageCounts;
  /** Where there is a row now that was not there before. */
  readonly newTimesMs: readonly number[];
  /** Where a row was whose record now has another time. */
  readonly leftTimesMs: readonly number[];
  /** Where a second row of a record was deleted; Postgres has subtracted these from the counts. */
  readonly droppedTimesMs: readonly number[];
  /** Those of them that an earlier page had stored and that say what a revision says; absent for none. */
  readonly knownDropped?: readonly DroppedRow[];
  /**
   * The rows that are stored as they were written; undefined if only the table knows, because rows were moved or came twice.
   */
  readonly standing: readonly PageRow[] | undefined;
  /** Rows that say what a revision says: they were not written (`returns.ts`). Absent for none. */
  readonly returned?: readonly PageRow[];
  /** What these come to, where they were hashed as they were written. */
  readonly hashed: HashedRows | undefined;
};

/** Nothing was written. */
export const nothingWritten: WrittenRows = {
  counts: { new: 0, changed: 0, late: 0 },
  newTimesMs: [],
  leftTimesMs: [],
  droppedTimesMs: [],
  standing: [],
  hashed: undefined,
};

/** Adds up the results of the parts of a page. */
export function joinWritten(parts: readonly WrittenRows[]): WrittenRows {
  const sum = (name: keyof PageCounts): number =>
    parts.reduce((total, { counts }) => total + counts[name], 0);
  const knownDropped = parts.flatMap((part) => part.knownDropped ?? []);
  const returned = parts.flatMap((part) => part.returned ?? []);
  const [only, ...others] = parts.filter(({ standing }) => standing?.length !== 0);
  return {
    counts: { new: sum('new'), changed: sum('changed'), late: sum('late') },
    newTimesMs: parts.flatMap(({ newTimesMs }) => newTimesMs),
    leftTimesMs: parts.flatMap(({ leftTimesMs }) => leftTimesMs),
    droppedTimesMs: parts.flatMap(({ droppedTimesMs }) => droppedTimesMs),
    ...(knownDropped.length > 0 && { knownDropped }),
    ...(returned.length > 0 && { returned }),
    standing: parts.some(({ standing }) => standing === undefined)
      ? undefined
      : parts.flatMap(({ standing }) => standing ?? []),
    hashed: others.length === 0 ? only?.hashed : undefined,
  };
}
