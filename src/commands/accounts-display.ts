import { createLogUpdate } from 'log-update';
import prettyMilliseconds from 'pretty-ms';
import type { SyncEvent } from '../ingest/events.ts';
import type { Stream } from '../streams/stream.ts';
import type { CommandContext } from './context.ts';
import { createProgressDisplay, showPlainly } from './progress-display.ts';
import { formatNumber } from './report.ts';

/** The progress of a pass over some accounts. */
type AccountsDisplay = {
  readonly report: (event: SyncEvent) => void;
  /** Notes that one account is through. */
  readonly noteDone: () => void;
  readonly end: () => void;
};

const terminalMs = 150;
const firstPlainMs = 1000;

/** Shows the streams of a single account, or how many of several accounts are through. */
export function createAccountsDisplay(
  context: Pick<CommandContext, 'stderr' | 'printError'>,
  accounts: number,
  streams: readonly Stream[],
): AccountsDisplay {
  if (accounts === 1) return { ...createProgressDisplay(context, streams), noteDone() {} };
  const { stderr, printError } = context;
  const startedMs = Date.now();
  let done = 0;
  let rows = 0;
  const lines = (): string[] => [
    `${done} of ${accounts} accounts done   ${formatNumber(rows)} rows   ${prettyMilliseconds(Date.now() - startedMs, { secondsDecimalDigits: 0 })}`,
  ];
  const report = (event: SyncEvent): void => {
    if (event.type === 'page') rows += event.rows;
  };
  const noteDone = (): void => void (done += 1);
  if (stderr.isTTY !== true)
    return { report, noteDone, end: showPlainly(lines, printError, firstPlainMs) };
  const update = createLogUpdate(stderr);
  const timer = setInterval(() => update(...lines()), terminalMs);
  return {
    report,
    noteDone,
    end() {
      clearInterval(timer);
      update(...lines());
      update.done();
    },
  };
}
