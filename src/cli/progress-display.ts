import { createLogUpdate } from 'log-update';
import type { SyncEvent } from '../sync/progress.ts';
import type { CommandContext } from './context.ts';
import { createProgress, describeProgress, noteEvent } from './progress.ts';

/** A display that hears the engine's events until it is ended. */
export type ProgressDisplay = { readonly report: (event: SyncEvent) => void; end(): void };

const terminalMs = 150;
const plainMs = 5000;

/** Shows progress on stderr: lines that renew themselves on a terminal, plain lines every few seconds elsewhere. */
export function createProgressDisplay(
  { stderr, printError }: Pick<CommandContext, 'stderr' | 'printError'>,
  streams: readonly string[],
): ProgressDisplay {
  const progress = createProgress(streams, Date.now());
  const lines = (): string[] => describeProgress(progress, Date.now());
  const report = (event: SyncEvent): void => noteEvent(progress, event, Date.now());

  if (stderr.isTTY !== true) {
    const timer = setInterval(() => lines().forEach((line) => printError(line)), plainMs);
    return { report, end: () => clearInterval(timer) };
  }
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
