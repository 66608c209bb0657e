/** Being told that something in the ledger has changed, to ask again. */
import { useEffect, useRef } from './vendor/preact.js';
import { listen } from './listen.js';

/**
 * Calls `told` once, and after something has changed, but no more often than that, and not while nobody looks.
 *
 * @param leastMs the least time between two calls
 */
export function useChanges(told, leastMs) {
  const newest = useRef(told);
  newest.current = told;
  useEffect(() => {
    let waiting;
    const tell = () => {
      waiting = undefined;
      newest.current();
    };
    const leave = listen('', {
      // Also after the first message, about all that there is: what has changed since the question, and before this message,
      // is in it, and is not told again.
      told: () => (waiting ??= setTimeout(tell, leastMs)),
    });
    return () => {
      leave();
      clearTimeout(waiting);
    };
  }, [leastMs]);
}
