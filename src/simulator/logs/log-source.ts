import { densityAt } from '../account/calendar.ts';
import {
  comparePositions,
  type Direction,
  type Position,
  type SecondRange,
} from '../http/cursors.ts';
import { hash } from '../random.ts';

/** A record of a log before it is written as JSON; its position is its time stamp and id. */
export type LogEntry = Position & {
  /** When the API begins to show it, ms since 1970. */
  readonly visibleAtMs: number;
};

/**
 * A log as pure functions of time. A minute consists of cells, each a few rows; within a minute and within a cell
 * everything is sorted by (time, id). To find a position, only the cells around it are computed.
 */
export type LogSource<Row extends LogEntry> = {
  readonly cellCount: (minute: number) => number;
  /** The cell that holds that ms of the minute, give or take one. */
  readonly cellAt: (minute: number, offsetMs: number) => number;
  /** Where in its minute a position is, in ms, as exactly as its id allows. */
  readonly offsetMsOf: (position: Position) => number;
  readonly rowsIn: (minute: number, cell: number) => readonly Row[];
};

/** Shows the rows of a range in order, those strictly beyond `start` only, until `visit` returns true. */
export function scanRows<Row extends LogEntry>(
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

/** Mean number of records in a scene over a week, so that rows per day come out as asked. */
export function measureScenes(
  { seed, salt, scenesAtMean }: { seed: number; salt: number; scenesAtMean: number },
  countRecords: (luck: number, minute: number) => number,
): number {
  const week = 29_000_000 - (29_000_000 % 10_080);
  let scenes = 0;
  let records = 0;
  for (let minute = 0; minute < 10_080; minute += 20) {
    const wanted = Math.round(densityAt(minute) * scenesAtMean);
    for (let n = 0; n < wanted; n++)
      records += countRecords(hash(seed, minute, n, salt), week + minute);
    scenes += wanted;
  }
  return records / scenes;
}
