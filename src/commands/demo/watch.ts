/** What happens while the demo pulls, kept until there is a display. */
import type { SyncEvent } from '../../ingest/events.ts';

/** Keeps the events for a display that does not show anything yet. */
export type Watch = {
  readonly report: (event: SyncEvent) => void;
  /** Resolves when the first requests are stored. */
  readonly firstRows: Promise<void>;
  /** From now on `show` gets the events, beginning with those that were kept. */
  readonly pass: (show: (event: SyncEvent) => void) => void;
};

/** Creates one. */
export function createWatch(): Watch {
  const early: SyncEvent[] = [];
  const { promise: firstRows, resolve: tell } = Promise.withResolvers<void>();
  let show = (event: SyncEvent): void => void early.push(event);
  return {
    firstRows,
    report(event) {
      if (event.type === 'page' && event.stream === 'access_logs' && event.rows > 0) tell();
      show(event);
    },
    pass(next) {
      show = next;
      for (const event of early.splice(0)) next(event);
    },
  };
}
