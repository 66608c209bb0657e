import prettyMilliseconds from 'pretty-ms';
import type { SyncEvent } from '../ingest/events.ts';
import type { Stream } from '../streams/stream.ts';

/** What a progress line tells of one stream. Changed by events only; read by `describeProgress`. */
type StreamProgress = {
  readonly stream: Stream;
  rows: number;
  /** Share of the wanted time that is covered, 0 to 1; undefined while unknown. */
  share: number | undefined;
  wantedSeconds: number;
  /** How far the open spans have been read, in seconds, by the start of the span. */
  readonly partly: Map<number, number>;
  /** When rows came: moment and number, of the last few seconds. */
  recent: { atMs: number; rows: number }[];
  firstShare: { atMs: number; share: number } | undefined;
};

/** The progress of a pass over some streams. */
type Progress = {
  readonly startedMs: number;
  readonly streams: ReadonlyMap<string, StreamProgress>;
  readonly left: Map<string, number>;
  /** Why nothing moves just now, and until when. */
  pause: { untilMs: number; reason: string } | undefined;
};

/** The rate is taken over this stretch of time. */
const recentMs = 5000;

/** The progress before anything has happened. */
export function createProgress(streams: readonly Stream[], nowMs: number): Progress {
  const entries = streams.map((stream): [string, StreamProgress] => [
    stream.name,
    {
      stream,
      rows: 0,
      share: undefined,
      wantedSeconds: 0,
      partly: new Map(),
      recent: [],
      firstShare: undefined,
    },
  ]);
  return { startedMs: nowMs, streams: new Map(entries), left: new Map(), pause: undefined };
}

/** Takes an event in. */
export function noteEvent(progress: Progress, event: SyncEvent, nowMs: number): void {
  if (event.type === 'budget') progress.left.set(event.group, event.left);
  if (event.type === 'pause')
    progress.pause = { untilMs: nowMs + event.waitMs, reason: event.reason };
  if (event.type === 'waiting-for-lease') {
    progress.pause = {
      untilMs: nowMs + 1000,
      reason: `waiting for ${event.holder} to finish with ${event.stream}`,
    };
  }
  if (event.type === 'covered') {
    const stream = progress.streams.get(event.stream);
    if (stream === undefined) return;
    stream.share = event.share;
    stream.wantedSeconds = event.wantedSeconds;
    stream.firstShare ??= { atMs: nowMs, share: event.share };
  }
  if (event.type === 'page') {
    const stream = progress.streams.get(event.stream);
    if (stream === undefined) return;
    stream.rows += event.rows;
    stream.recent = [
      ...stream.recent.filter(({ atMs }) => atMs > nowMs - recentMs),
      { atMs: nowMs, rows: event.rows },
    ];
    if (event.span === undefined || event.kind === 'live' || event.kind === 'rescan') return;
    if (event.last) stream.partly.delete(event.span.from);
    else if (event.reached !== undefined)
      stream.partly.set(event.span.from, event.reached - event.span.from);
  }
}

/** The share of the wanted time that is read, open spans included; undefined while unknown. */
function measureShare({ share, wantedSeconds, partly }: StreamProgress): number | undefined {
  if (share === undefined || wantedSeconds <= 0) return share;
  const open = [...partly.values()].reduce((sum, seconds) => sum + Math.max(0, seconds), 0);
  return Math.min(1, share + open / wantedSeconds);
}

/** One line a stream: rows, rows a second, percent, time to go, requests left. Without colours; fits in 80 columns. */
export function describeProgress(progress: Progress, nowMs: number): string[] {
  const lines = [...progress.streams.values()].map((stream) =>
    describeStream(progress, stream, nowMs),
  );
  const { pause } = progress;
  if (pause !== undefined && pause.untilMs > nowMs) {
    lines.push(`paused for ${describeMs(pause.untilMs - nowMs)}: ${pause.reason}`);
  }
  return lines;
}

function describeStream(progress: Progress, stream: StreamProgress, nowMs: number): string {
  const { kind, budget } = stream.stream;
  const name = stream.stream.name.padEnd(11);
  const rows = `${stream.rows.toLocaleString('en-US')} rows`.padStart(14);
  if (kind === 'listing') return `${name} ${rows}`;
  const share = measureShare(stream);
  const inRecent = stream.recent.filter(({ atMs }) => atMs > nowMs - recentMs);
  const seconds = Math.max(1, Math.min(recentMs, nowMs - progress.startedMs) / 1000);
  const rate = Math.round(inRecent.reduce((sum, entry) => sum + entry.rows, 0) / seconds);
  const left = progress.left.get(budget.name);
  return [
    name,
    share === undefined ? '  ?' : `${Math.floor(share * 100)}%`.padStart(4),
    drawBar(share ?? 0),
    rows,
    `${rate.toLocaleString('en-US')}/s`.padStart(8),
    describeEta(stream, share, nowMs).padStart(9),
    left === undefined ? '' : `${left} req left`.padStart(12),
  ]
    .join(' ')
    .trimEnd();
}

function drawBar(share: number): string {
  const width = 10;
  const full = Math.floor(share * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}

function describeEta(
  { firstShare }: StreamProgress,
  share: number | undefined,
  nowMs: number,
): string {
  if (share === undefined || firstShare === undefined || share <= firstShare.share) return '';
  if (share >= 1) return 'done';
  const speed = (share - firstShare.share) / (nowMs - firstShare.atMs);
  return `ETA ${describeMs((1 - share) / speed)}`;
}

function describeMs(ms: number): string {
  return prettyMilliseconds(Math.max(1000, ms), { secondsDecimalDigits: 0, unitCount: 2 });
}
