import { createLogUpdate } from 'log-update';
import type { SyncEvent } from '../ingest/events.ts';
import type { Stream } from '../streams/stream.ts';
import type { CommandContext } from './context.ts';
import { createProgress, describeProgress, noteEvent } from './progress.ts';

/** A display that hears the engine's events until it is ended. */
type ProgressDisplay = { readonly report: (event: SyncEvent) => void; end(): void };

const terminalMs = 150;
/** Plain lines come after this time, then after twice as long each time, at last once a minute. */
const firstPlainMs = 1000;
const longestPlainMs = 60_000;

/** Shows progress on stderr: lines that renew themselves on a terminal, plain lines now and then elsewhere. */
export function createProgressDisplay(
  { stderr, printError }: Pick<CommandContext, 'stderr' | 'printError'>,
  streams: readonly Stream[],
): ProgressDisplay {
  const progress = createProgress(streams, Date.now());
  const lines = (): string[] => describeProgress(progress, Date.now());
  const report = (event: SyncEvent): void => noteEvent(progress, event, Date.now());

  if (stderr.isTTY !== true) return { report, end: showPlainly(lines, printError, firstPlainMs) };
  const update = createLogUpdate(stderr);
  const timer = setInterval(() => update(lines().join('\n')), terminalMs);
  return {
    report,
    end() {
      clearInterval(timer);
      update(lines().join('\n'));
      update.done();
    },
  };
}

/** Prints the lines after that time and then ever more seldom. The function it returns ends that. */
export function showPlainly(
  lines: () => readonly string[],
  print: (line: string) => void,
  firstMs: number,
): () => void {
  let waitMs = firstMs;
  let timer: NodeJS.Timeout;
  const show = (): void => lines().forEach((line) => print(line));
  const wait = (): void => {
    timer = setTimeout(() => {
      show();
      waitMs = Math.min(waitMs * 2, longestPlainMs);
      wait();
    }, waitMs);
  };
  wait();
  return () => {
    clearTimeout(timer);
    // What took less than the first wait needs no account of its progress.
    if (waitMs > firstMs) show();
  };
}
