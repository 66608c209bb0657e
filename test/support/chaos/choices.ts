/** A repeatable sequence of choices. */
export type Choices = {
  /** A whole number in [0, limit). */
  below(limit: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
};

/** Choices that a seed decides (mulberry32). */
export function createChoices(seed: number): Choices {
  let state = seed | 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, pick: (values) => values[below(values.length)] ?? values[0] };
}
