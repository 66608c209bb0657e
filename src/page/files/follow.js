/** Being told that something in the ledger has changed, to ask again. */
import { useEffect, useRef } from './vendor/preact.js';
import { listen } from './listen.js';

/**
 * Calls `told` after something has changed, but no more often than that, and not while nobody looks.
 *
 * @param leastMs the least time between two calls
 */
export function useChanges(told, leastMs) {
  const newest = useRef(told);
  newest.current = told;
  useEffect(() => {
    let isFirst = true;
    let waiting;
    const tell = () => {
      waiting = undefined;
      newest.current();
    };
    const leave = listen('', {
      // The first message is about all that there is.
      told: () => {
        if (!isFirst) waiting ??= setTimeout(tell, leastMs);
        isFirst = false;
      },
    });
    return () => {
      leave();
      clearTimeout(waiting);
    };
  }, [leastMs]);
}
