/** Lets a caller in when it is its turn; the function it resolves to lets the next one in. */
export type Turns = () => Promise<() => void>;

/**
 * So many places; whoever finds none waits in line for as long as it takes. In front of a pool of connections, whose own
 * line gives up after the time that is meant for a server that cannot be reached.
 */
export function createTurns(places: number): Turns {
  const line: (() => void)[] = [];
  let free = places;
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    return () => {
      const next = line.shift();
      // The place goes on to the next in line: nobody who comes meanwhile takes it.
      if (next === undefined) free += 1;
      else next();
    };
  };
}
