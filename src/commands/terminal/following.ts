/** What `serve` shows while it catches up: the streams at the bottom of a terminal, and lines in its log elsewhere. */
import type { SyncEvent } from '../../ingest/events.ts';
import type { Log } from '../../logger.ts';
import type { Stream } from '../../streams/stream.ts';
import type { Outputs } from './display.ts';
import { createPullDisplay } from './pulling.ts';
import { formatNumber } from './words.ts';

/** Receives the events of all accounts until it is ended. */
type FollowDisplay = {
  readonly report: (event: SyncEvent, account: string) => void;
  readonly end: () => void;
};

/** Between two lines about the same stream. */
const lineMs = 60_000;
/** Shorter work needs no line. */
const firstLineMs = 10_000;

/** Shows the progress of the streams. */
export function createFollowDisplay(
  outputs: Outputs,
  streams: readonly Stream[],
  accounts: number,
  log: Log,
): FollowDisplay {
  if (outputs.stderr.isTTY !== true) return logProgress(log);
  const display = createPullDisplay(outputs, streams, accounts, 'followed');
  return { report: display.report, end: display.end };
}

type Progress = { readonly rows: number; readonly nextLineMs: number };

/** A line in the log about each stream that is not completely read yet, once a minute. */
function logProgress(log: Log): FollowDisplay {
  const streams = new Map<string, Progress>();
  return {
    report(event, account) {
      if (event.type !== 'page' && event.type !== 'covered') return;
      const nowMs = performance.now();
      const key = `${account} ${event.stream}`;
      const { rows, nextLineMs } = streams.get(key) ?? { rows: 0, nextLineMs: nowMs + firstLineMs };
      if (event.type === 'page') {
        streams.set(key, { rows: rows + event.rows, nextLineMs });
        return;
      }
      if (event.share >= 1 || nowMs < nextLineMs) return;
      const percent = Math.floor(event.share * 100);
      log.info(
        { account, stream: event.stream, percent, rows },
        `${event.stream}: ${percent} % of the required time is stored, ${formatNumber(rows)} rows read`,
      );
      streams.set(key, { rows, nextLineMs: nowMs + lineMs });
    },
    end() {},
  };
}
