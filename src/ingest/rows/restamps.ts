/**
 * Records that come back with another time stamp: one id is one row. The later time replaces the earlier one, whichever
 * came first, and what had the earlier one goes to the revisions. Another reading that says less of the same second, such as
 * no milliseconds any more, keeps the later time and takes the content that came.
 *
 * None of this is on the usual way of a page: `upsert.ts` tells of rows that stand in the same second already, `stamps.ts`
 * of those that a run has seen elsewhere.
 */
import type { Transaction } from '../../database/client.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import type { PageRow } from './copy.ts';
import { dropDoubles, findStanding, keepOutdated, moveRows, type Standing } from './standing.ts';
import type { FormerStamps } from './stamps.ts';

/** What became of records that came back. */
type Restamped = {
  /** Rows that are to be written in the usual way. */
  readonly toWrite: readonly PageRow[];
  /** Further rows of these records, to be looked at when the others are written. */
  readonly later: readonly PageRow[];
  /** How many revisions were written. */
  readonly revisions: number;
  /** Rows that have another time now, in milliseconds since 1970. */
  readonly moved: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Second rows of a record, which were deleted. */
  readonly dropped: readonly Standing[];
};

/** Settles rows whose record may stand in the table with another time, within the transaction of their page. */
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
  const known = await dropDoubles(tx, place, dropped);
  const kept = await keepOutdated(tx, place, outdated);
  await moveRows(tx, place, moves);
  return {
    toWrite: fates
      .filter(({ from, isOutdated }) => from === undefined && isOutdated !== true)
      .map(({ row }) => row),
    later,
    revisions: known + kept + moves.length,
    moved: moves.map(({ row, from }) => ({ fromMs: from.timeMs, toMs: row.timeMs })),
    dropped,
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

/** What is to be done with a row that came. */
type Fate = {
  /** As it is to be written. */
  readonly row: PageRow;
  /** The row that becomes this one. */
  readonly from?: Standing;
  /** True when this run has seen a later one, or that stands in another second: then this one is a revision only. */
  readonly isOutdated?: boolean;
  /** Further rows of its record. */
  readonly doubles: readonly Standing[];
};

/** Judges a row by those that stand for its record, newest first. */
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
