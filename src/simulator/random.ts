/**
 * Seeded hashing. Every record of the simulator is a pure function of the seed and its position in time: nothing is kept
 * in memory, and two simulators with one seed have the same data.
 */

/** Mixes a seed and up to three integers into 32 evenly spread bits (0 to 4294967295). */
export function hash(seed: number, a: number, b = 0, c = 0): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 15)) + a, 0xc2b2ae35);
  h = Math.imul((h ^ (h >>> 13)) + b, 0x27d4eb2f);
  h = Math.imul((h ^ (h >>> 16)) + c, 0x165667b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Turns 32 bits into a fraction in [0, 1). */
export function toFraction(bits: number): number {
  return bits / 4294967296;
}

/** The nth of the values; after the last one it starts again at the first. `values` must not be empty. */
export function pickNth<T>(values: readonly T[], n: number): T {
  const value = values[n % values.length];
  if (value === undefined) throw new RangeError('There is nothing to pick from.');
  return value;
}

/** A list that contains each value as often as its weight. */
export function repeatByWeight<T>(weighted: readonly (readonly [weight: number, value: T])[]): T[] {
  return weighted.flatMap(([weight, value]) => Array.from({ length: weight }, () => value));
}

/** A repeatable sequence of choices. */
export type RandomSequence = {
  /** Begins again from another hash; saves an allocation per record. */
  readonly restart: (start: number) => void;
  /** A fraction in [0, 1). */
  readonly fraction: () => number;
  /** A whole number in [0, limit). */
  readonly below: (limit: number) => number;
  /** True with the given probability. */
  readonly chance: (probability: number) => boolean;
  /** One of the values, each as likely as the next. `values` must not be empty. */
  readonly pick: <T>(values: readonly T[]) => T;
};

/** Makes a sequence that starts from one hash (splitmix32). */
export function createRandomSequence(start: number): RandomSequence {
  let state = start | 0;
  const fraction = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let t = state ^ (state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return toFraction((t ^ (t >>> 15)) >>> 0);
  };
  const below = (limit: number): number => Math.floor(fraction() * limit);
  return {
    restart(next) {
      state = next | 0;
    },
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    pick: (values) => pickNth(values, below(values.length)),
  };
}
