/** A record of a log before it is written as JSON. */
export interface LogRow {
  /** `created_at` or `timestamp`, seconds since 1970. */
  readonly second: number;
  readonly id: string | number;
  /** From when on the API shows it, ms since 1970. */
  readonly visibleAtMs: number;
}

/** A place in the total order (time, id), which both logs are sorted by (contract 0.3 and Q4). */
export interface Position {
  readonly second: number;
  readonly id: string | number;
}

/**
 * A log as pure functions of time. A minute consists of cells, each a few rows; within a minute and within a cell
 * everything is sorted by (time, id). Finding a place costs the cells around it and nothing that came before.
 */
export interface LogSource<Row extends LogRow> {
  cellCount(minute: number): number;
  /** The cell that holds that ms of the minute, give or take one. */
  cellAt(minute: number, offsetMs: number): number;
  /** Where in its minute a position lies, in ms, as exactly as its id tells. */
  offsetMsOf(position: Position): number;
  rowsIn(minute: number, cell: number): readonly Row[];
}

/** Seconds since 1970, both included. */
export interface SecondRange {
  readonly from: number;
  readonly to: number;
}

/** 1: oldest first. -1: newest first. */
export type Direction = 1 | -1;

/** Less than 0 when a comes before b in the ascending order. */
export function comparePositions(a: Position, b: Position): number {
  if (a.second !== b.second) return a.second - b.second;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Shows the rows of a range in order, those strictly beyond `start` only, until `visit` returns true. */
export function scanRows<Row extends LogRow>(
  source: LogSource<Row>,
  range: SecondRange,
  direction: Direction,
  start: Position | undefined,
  visit: (row: Row) => boolean,
): void {
  const entry = direction === 1 ? range.from : range.to;
  const isInside = start !== undefined && (start.second - entry) * direction >= 0;
  const beyond = isInside ? start : undefined;
  const second = beyond?.second ?? entry;
  const last = Math.floor((direction === 1 ? range.to : range.from) / 60);
  let minute = Math.floor(second / 60);
  if ((last - minute) * direction < 0) return;
  const offsetMs =
    beyond === undefined
      ? (second % 60) * 1000 + (direction === 1 ? 0 : 999)
      : source.offsetMsOf(beyond);
  let cell = Math.min(
    Math.max(source.cellAt(minute, offsetMs) - direction, 0),
    source.cellCount(minute) - 1,
  );
  for (;;) {
    const count = source.cellCount(minute);
    for (; cell >= 0 && cell < count; cell += direction) {
      const rows = source.rowsIn(minute, cell);
      for (
        let i = direction === 1 ? 0 : rows.length - 1;
        i >= 0 && i < rows.length;
        i += direction
      ) {
        const row = rows[i];
        if (row === undefined || row.second < range.from || row.second > range.to) continue;
        if (beyond !== undefined && comparePositions(row, beyond) * direction <= 0) continue;
        if (visit(row)) return;
      }
    }
    minute += direction;
    if ((last - minute) * direction < 0) return;
    cell = direction === 1 ? 0 : source.cellCount(minute) - 1;
  }
}

/** What a page request wants. */
export interface PageWish<Row extends LogRow> {
  readonly range: SecondRange;
  readonly direction: Direction;
  readonly size: number;
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  readonly isShown: (row: Row) => boolean;
}

/** One page in the wished order, and whether more lies beyond it in the direction of travel. */
export function readPage<Row extends LogRow>(
  source: LogSource<Row>,
  wish: PageWish<Row>,
): { rows: Row[]; hasMore: boolean } {
  const isBackwards = wish.after === undefined && wish.before !== undefined;
  const travel: Direction = isBackwards ? (wish.direction === 1 ? -1 : 1) : wish.direction;
  const rows: Row[] = [];
  let hasMore = false;
  scanRows(source, wish.range, travel, wish.after ?? wish.before, (row) => {
    if (!wish.isShown(row)) return false;
    hasMore = rows.length === wish.size;
    if (!hasMore) rows.push(row);
    return hasMore;
  });
  return { rows: isBackwards ? rows.toReversed() : rows, hasMore };
}
