import type { Burst } from '../shared-options.ts';
import type { LogEntry, LogSource } from './log-source.ts';

const CHUNK = 250;

/** A burst as numbers: so many rows, all in one second. */
type ResolvedBurst = {
  readonly second: number;
  readonly minute: number;
  /** Where in its minute the second begins, in ms. */
  readonly offsetMs: number;
  readonly count: number;
  /** When the nth row happens, in ms of the minute. */
  readonly offsetMsOf: (n: number) => number;
};

/** The burst of that log, if it has one. */
export function resolveBurst(burst: Burst | null, log: string): ResolvedBurst | undefined {
  if (burst === null || burst.stream !== log || burst.count === 0) return undefined;
  const { count } = burst;
  const second = Math.floor(new Date(burst.at).getTime() / 1000);
  const minute = Math.floor(second / 60);
  const offsetMs = (second - minute * 60) * 1000;
  const offsetMsOf = (n: number): number => offsetMs + Math.floor((n * 1000) / count);
  return { second, minute, offsetMs, count, offsetMsOf };
}

/** The log with a burst in cells of its own: in that minute, the log's own cells stay before and after the second. */
export function addBurst<Row extends LogEntry>(
  source: LogSource<Row>,
  burst: ResolvedBurst | undefined,
  /** How many cells begin before the second, and the first that continues after it. */
  { before, after }: { readonly before: number; readonly after: number },
  /** Makes the nth row of the burst. */
  make: (n: number, burst: ResolvedBurst) => Row,
): LogSource<Row> {
  if (burst === undefined) return source;
  const { second, minute: itsMinute, offsetMs: begins, count } = burst;
  const ends = before + Math.ceil(count / CHUNK);
  return {
    ...source,
    cellCount: (minute) =>
      minute === itsMinute ? ends + source.cellCount(minute) - after : source.cellCount(minute),
    cellAt(minute, offsetMs) {
      const cell = source.cellAt(minute, offsetMs);
      if (minute !== itsMinute) return cell;
      if (offsetMs < begins) return Math.min(cell, before);
      if (offsetMs >= begins + 1000) return ends + Math.max(cell - after, 0);
      const n = Math.floor(((offsetMs - begins) * count) / 1000);
      return before + Math.floor(Math.min(n, count - 1) / CHUNK);
    },
    rowsIn(minute, cell) {
      if (minute !== itsMinute) return source.rowsIn(minute, cell);
      if (cell < before) return source.rowsIn(minute, cell).filter((row) => row.second < second);
      if (cell >= ends)
        return source.rowsIn(minute, cell - ends + after).filter((row) => row.second > second);
      const first = (cell - before) * CHUNK;
      return Array.from({ length: Math.min(CHUNK, count - first) }, (_, i) =>
        make(first + i, burst),
      );
    },
  };
}
