/**
 * How many cursors of backfills one process has at once, as each costs memory and time. Where more backfills run than
 * that, each has one: an account that is paused or down would otherwise keep the cursor from the others.
 */
const cursorsPerProcess = 16;

/** Divides the cursors of a process between the backfills that run in it. */
export type CursorShare = {
  /** Takes part from now on. The function it returns ends that. */
  join(): () => void;
  /** How many cursors each of those that take part may have at present; at least one. */
  count(): number;
};

/**
 * Creates the share of one process. Nobody waits for a cursor: whoever has more than its share lets some end with their
 * spans, so that the account which comes last gets on at the same pace as the first.
 */
export function createCursorShare(cursors = cursorsPerProcess): CursorShare {
  let takers = 0;
  return {
    join() {
      takers += 1;
      let joined = true;
      return () => {
        if (joined) takers -= 1;
        joined = false;
      };
    },
    count: () => Math.max(1, Math.floor(cursors / Math.max(1, takers))),
  };
}
