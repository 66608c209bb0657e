/** What a pass over one or several accounts shows while it runs. */
import type { PageEvent, SyncEvent } from '../../ingest/events.ts';
import type { Stream } from '../../streams/stream.ts';
import { showLines, type Outputs, type Patience } from './display.ts';
import { createMeter, type Meter } from './meter.ts';
import { formatMs, formatNumber, formatTimeToGo } from './words.ts';

/** Receives the events. */
type Watch = {
  readonly report: (event: SyncEvent) => void;
  /** Records that one account is finished. */
  readonly noteDone: () => void;
};

const patience: Patience = { terminalMs: 150, plainMs: 1000 };

/** Shows the streams of a single account, or how many of several accounts are finished, until it is ended. */
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
  const examination = watchExamination();
  let done = 0;
  let rows = 0;
  return {
    report(event) {
      examination.note(event);
      if (event.type === 'page') rows += event.rows;
    },
    noteDone() {
      done += 1;
    },
    describe() {
      const time = formatMs(Date.now() - startedMs);
      const which =
        deed === 'done' ? `${done} of ${accounts} accounts done` : `${accounts} accounts followed`;
      return [`${which}   ${formatNumber(rows)} rows   ${time}`, ...examination.describe()];
    },
  };
}

/** One line for each stream, and why there is no progress at the moment. */
function watchStreams(
  streams: readonly Stream[],
  startedMs: number,
): Watch & { readonly describe: () => string[] } {
  const shown = streams.map((stream) => ({ stream, meter: createMeter(stream.name, startedMs) }));
  const metersByName = new Map(shown.map(({ stream, meter }) => [stream.name, meter]));
  const left = new Map<string, number>();
  const examination = watchExamination();
  let pause: { readonly untilMs: number; readonly reason: string } | undefined;

  return {
    report(event) {
      examination.note(event);
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
        metersByName.get(event.stream)?.setShare(event.share, event.wantedSeconds, nowMs);
      if (event.type === 'page') notePage(event, metersByName.get(event.stream), nowMs);
    },
    noteDone() {},
    describe() {
      const nowMs = Date.now();
      const meters = shown.map(({ stream: { kind, budget }, meter }) =>
        kind === 'listing' ? meter.describeRows() : meter.describe(nowMs, left.get(budget.name)),
      );
      const lines = [...meters, ...examination.describe()];
      return pause === undefined || pause.untilMs <= nowMs
        ? lines
        : [...lines, `paused for ${formatTimeToGo(pause.untilMs - nowMs)}: ${pause.reason}`];
    },
  };
}

/** One line once everything is pulled: how far rollups and findings are. */
function watchExamination(): {
  readonly note: (event: SyncEvent) => void;
  readonly describe: () => string[];
} {
  const parts = new Map<string, string>();
  return {
    note(event) {
      if (event.type !== 'examining') return;
      const unit = event.what === 'rollups' ? 'days' : 'parts';
      const text = `${event.what} ${formatNumber(event.done)} of ${formatNumber(event.total)} ${unit}`;
      parts.set(event.what, text);
    },
    describe: () => (parts.size === 0 ? [] : [[...parts.values()].join(', ')]),
  };
}

function notePage(
  { rows, span, kind, last, reached }: PageEvent,
  meter: Meter | undefined,
  nowMs: number,
): void {
  meter?.addRows(rows, nowMs);
  // Rescans and other readings are not part of the wanted time that is not covered yet.
  if (span === undefined || kind === 'live' || kind === 'rescan') return;
  if (last) meter?.setRead(span.from, undefined);
  else if (reached !== undefined) meter?.setRead(span.from, reached - span.from);
}
