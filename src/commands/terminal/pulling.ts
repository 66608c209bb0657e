/** What a pass over one or several accounts shows while it goes on. */
import type { PageEvent, SyncEvent } from '../../ingest/events.ts';
import type { Stream } from '../../streams/stream.ts';
import { showLines, type Outputs, type Patience } from './display.ts';
import { createMeter, type Meter } from './meter.ts';
import { formatMs, formatNumber, formatTimeToGo } from './words.ts';

/** Takes in what happens. */
type Watch = {
  readonly report: (event: SyncEvent) => void;
  /** Notes that one account is through. */
  readonly noteDone: () => void;
};

const patience: Patience = { terminalMs: 150, plainMs: 1000 };

/** Shows the streams of a single account, or how many of several accounts are through, until it is ended. */
export function createPullDisplay(
  outputs: Outputs,
  streams: readonly Stream[],
  accounts = 1,
  deed: 'done' | 'followed' = 'done',
): Watch & { readonly end: () => void } {
  const watch = accounts === 1 ? watchStreams(streams, Date.now()) : watchAccounts(accounts, deed);
  return { ...watch, end: showLines(outputs, patience, watch.describe) };
}

function watchAccounts(
  accounts: number,
  deed: 'done' | 'followed',
): Watch & { readonly describe: () => string[] } {
  const startedMs = Date.now();
  let done = 0;
  let rows = 0;
  return {
    report(event) {
      if (event.type === 'page') rows += event.rows;
    },
    noteDone() {
      done += 1;
    },
    describe() {
      const time = formatMs(Date.now() - startedMs);
      const which =
        deed === 'done' ? `${done} of ${accounts} accounts done` : `${accounts} accounts followed`;
      return [`${which}   ${formatNumber(rows)} rows   ${time}`];
    },
  };
}

/** One line for each stream, and why nothing moves just now. */
function watchStreams(
  streams: readonly Stream[],
  startedMs: number,
): Watch & { readonly describe: () => string[] } {
  const shown = streams.map((stream) => ({ stream, meter: createMeter(stream.name, startedMs) }));
  const meters = new Map(shown.map(({ stream, meter }) => [stream.name, meter]));
  const left = new Map<string, number>();
  let pause: { readonly untilMs: number; readonly reason: string } | undefined;

  return {
    report(event) {
      const nowMs = Date.now();
      if (event.type === 'budget') left.set(event.group, event.left);
      if (event.type === 'pause') pause = { untilMs: nowMs + event.waitMs, reason: event.reason };
      if (event.type === 'waiting-for-budget')
        pause = {
          untilMs: nowMs + event.waitMs,
          reason: event.reason ?? 'too many requests within a minute',
        };
      if (event.type === 'waiting-for-lease') {
        const reason = `waiting for ${event.holder} to finish with ${event.stream}`;
        pause = { untilMs: nowMs + 1000, reason };
      }
      if (event.type === 'covered')
        meters.get(event.stream)?.setShare(event.share, event.wantedSeconds, nowMs);
      if (event.type === 'page') notePage(event, meters.get(event.stream), nowMs);
    },
    noteDone() {},
    describe() {
      const nowMs = Date.now();
      const lines = shown.map(({ stream: { kind, budget }, meter }) =>
        kind === 'listing' ? meter.describeRows() : meter.describe(nowMs, left.get(budget.name)),
      );
      return pause === undefined || pause.untilMs <= nowMs
        ? lines
        : [...lines, `paused for ${formatTimeToGo(pause.untilMs - nowMs)}: ${pause.reason}`];
    },
  };
}

function notePage(
  { rows, span, kind, last, reached }: PageEvent,
  meter: Meter | undefined,
  nowMs: number,
): void {
  meter?.addRows(rows, nowMs);
  // What is read again or beside is no part of the wanted time that is not covered yet.
  if (span === undefined || kind === 'live' || kind === 'rescan') return;
  if (last) meter?.setRead(span.from, undefined);
  else if (reached !== undefined) meter?.setRead(span.from, reached - span.from);
}
