/**
 * Records that come back with another time stamp: one id is one row. The later time replaces the earlier one, whichever came
 * first, and the version with the earlier time becomes a revision. If another reading has fewer digits for the same second,
 * such as no milliseconds, the row keeps the later time and gets the new content.
 *
 * None of this happens for a usual page: `upsert.ts` finds rows that are stored in the same second already, `stamps.ts`
 * those that a run has seen in another second.
 */
import type { Transaction } from '../../database/client.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import type { PageRow } from './copy.ts';
import { dropDoubles, findStanding, keepOutdated, moveRows, type Standing } from './standing.ts';
import type { FormerStamps } from './stamps.ts';
import type { DroppedRow } from './written.ts';

/** The result for records that came back. */
type Restamped = {
  /** Rows to write in the usual way. */
  readonly toWrite: readonly PageRow[];
  /** Further rows of these records, handled after the others are written. */
  readonly later: readonly PageRow[];
  /** How many revisions were written. */
  readonly revisions: number;
  /** Rows that now have another time, in milliseconds since 1970. */
  readonly moved: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Second rows of a record, which were deleted. */
  readonly dropped: readonly Standing[];
  /** Those of them that say what a revision said before. */
  readonly known: readonly DroppedRow[];
};

/** Handles rows whose record may be in the table with another time, within the transaction of their page. */
export async function restampRows(
  tx: Transaction,
  { name: stream, table }: Pick<LogStream, 'name' | 'table'>,
  account: string,
  rows: readonly PageRow[],
  formers: FormerStamps,
): Promise<Restamped> {
  const { first, later } = takeFirst(rows);
  const found = await findStanding(tx, table, account, first, formers);
  const standing = Map.groupBy(found, ({ place }) => place);
  const fates = first.map((row, place) =>
    judge(row, standing.get(place) ?? [], formers.get(row), table),
  );
  const moves = fates.flatMap(({ row, from }) => (from === undefined ? [] : [{ row, from }]));
  const outdated = fates.filter(({ isOutdated }) => isOutdated === true).map(({ row }) => row);
  const dropped = fates.flatMap(({ doubles }) => doubles);
  const place = { table, account, stream };
  const { revisions: added, known } = await dropDoubles(tx, place, dropped);
  const kept = await keepOutdated(tx, place, outdated);
  await moveRows(tx, place, moves);
  return {
    toWrite: fates
      .filter(({ from, isOutdated }) => from === undefined && isOutdated !== true)
      .map(({ row }) => row),
    later,
    revisions: added + kept + moves.length,
    moved: moves.map(({ row, from }) => ({ fromMs: from.timeMs, toMs: row.timeMs })),
    dropped,
    known,
  };
}

/** The latest row of each record, and the others. */
function takeFirst(rows: readonly PageRow[]): { first: PageRow[]; later: PageRow[] } {
  const ids = new Set<string>();
  const first: PageRow[] = [];
  const later: PageRow[] = [];
  for (const row of rows.toSorted((a, b) => b.timeMs - a.timeMs)) {
    (ids.has(row.id) ? later : first).push(row);
    ids.add(row.id);
  }
  return { first, later };
}

/** What to do with a row from a page. */
type Fate = {
  /** The row to write. */
  readonly row: PageRow;
  /** The stored row that becomes this one. */
  readonly from?: Standing;
  /** True if this run has seen a later version, or one is stored in another second: then this row is only a revision. */
  readonly isOutdated?: boolean;
  /** Further rows of its record. */
  readonly doubles: readonly Standing[];
};

/** Decides about a row from the stored rows of its record, newest first. */
function judge(
  row: PageRow,
  standing: readonly Standing[],
  formerMs: number | undefined,
  { time }: LogTable,
): Fate {
  const [newest, ...doubles] = standing;
  if (newest === undefined || newest.side === 0) return { row, doubles };
  if (newest.side < 0) return { row, from: newest, doubles };
  const isOutdated = !newest.isSameSecond || (formerMs !== undefined && formerMs > row.timeMs);
  if (isOutdated) return { row, isOutdated, doubles };
  const placed = { ...row, timeMs: newest.timeMs, row: { ...row.row, [time]: newest.time } };
  return { row: placed, doubles };
}
