/** Turns at a number of places. */

/** Admits a caller when it is its turn; it resolves to a function that admits the next one. */
export type Turns = () => Promise<() => void>;

/**
 * A number of places; callers without one wait, without a limit. It is used before a pool of connections, whose own queue
 * gives up after the time limit for an unreachable server.
 */
export function createTurns(places: number): Turns {
  const line: (() => void)[] = [];
  let free = places;
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    return () => {
      const next = line.shift();
      // The place goes to the next in the queue: no new caller can take it.
      if (next === undefined) free += 1;
      else next();
    };
  };
}
