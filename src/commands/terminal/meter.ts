/** The progress of one stream in a line: percent, bar, rows, rows a second, time to go. Without colours; fits in 80 columns. */
import { formatNumber, formatTimeToGo } from './words.ts';

/** Receives the events of a stream, and describes its progress. */
export type Meter = {
  readonly addRows: (rows: number, nowMs: number) => void;
  /** Sets the covered share of the wanted time, 0 to 1, and the length of that time. */
  readonly setShare: (share: number, wantedSeconds: number, nowMs: number) => void;
  /** Sets how far an open span has been read, in seconds; undefined: it is no longer open. */
  readonly setRead: (span: number, seconds: number | undefined) => void;
  /** @param requestsLeft in the current minute; undefined while unknown */
  readonly describe: (nowMs: number, requestsLeft?: number) => string;
  /** For a stream whose pages have no times: only its rows. */
  readonly describeRows: () => string;
};

/** The rate is measured over this time. */
const recentMs = 5000;

/** Creates the meter of a stream about which nothing is known yet. */
export function createMeter(name: string, startedMs: number): Meter {
  let rows = 0;
  /** When rows were stored, in the last few seconds. */
  let recent: readonly { readonly atMs: number; readonly rows: number }[] = [];
  let covered: { readonly share: number; readonly wantedSeconds: number } | undefined;
  let first: { readonly share: number; readonly atMs: number } | undefined;
  /** How far the open spans have been read, by the start of the span. */
  const read = new Map<number, number>();

  return {
    addRows(more, nowMs) {
      rows += more;
      recent = [...listRecent(nowMs), { atMs: nowMs, rows: more }];
    },
    setShare(share, wantedSeconds, nowMs) {
      covered = { share, wantedSeconds };
      first ??= { share, atMs: nowMs };
    },
    setRead(span, seconds) {
      if (seconds === undefined) read.delete(span);
      else read.set(span, seconds);
    },
    describe(nowMs, requestsLeft) {
      const share = measureShare();
      const seconds = Math.max(1, Math.min(recentMs, nowMs - startedMs) / 1000);
      const lately = listRecent(nowMs).reduce((sum, entry) => sum + entry.rows, 0);
      return [
        name.padEnd(11),
        share === undefined ? '  ?' : `${Math.floor(share * 100)}%`.padStart(4),
        drawBar(share ?? 0),
        describeRows(rows),
        `${formatNumber(Math.round(lately / seconds))}/s`.padStart(8),
        describeTimeToGo(share, nowMs).padStart(9),
        requestsLeft === undefined ? '' : `${requestsLeft} req left`.padStart(12),
      ]
        .join(' ')
        .trimEnd();
    },
    describeRows: () => `${name.padEnd(11)} ${describeRows(rows)}`,
  };

  function listRecent(nowMs: number): typeof recent {
    return recent.filter(({ atMs }) => atMs > nowMs - recentMs);
  }

  /** The share of the wanted time that is read, including open spans. */
  function measureShare(): number | undefined {
    if (covered === undefined || covered.wantedSeconds <= 0) return covered?.share;
    const open = [...read.values()].reduce((sum, seconds) => sum + Math.max(0, seconds), 0);
    return Math.min(1, covered.share + open / covered.wantedSeconds);
  }

  function describeTimeToGo(share: number | undefined, nowMs: number): string {
    if (share === undefined || first === undefined || share <= first.share) return '';
    if (share >= 1) return 'done';
    const speed = (share - first.share) / (nowMs - first.atMs);
    return `ETA ${formatTimeToGo((1 - share) / speed)}`;
  }
}

/** The number of rows, with the same width in each line. */
function describeRows(rows: number): string {
  return `${formatNumber(rows)} rows`.padStart(14);
}

/** A bar that is full to a share of 0 to 1. */
export function drawBar(share: number): string {
  const width = 10;
  const full = Math.floor(share * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}
