/**
 * Seeded hashing. Every record of the simulator is a pure function of the seed and its place in time, so nothing has to
 * be kept in memory and two simulators with one seed tell the same story.
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

/** The nth of the values, counted round and round. `values` must not be empty. */
export function pickNth<T>(values: readonly T[], n: number): T {
  const value = values[n % values.length];
  if (value === undefined) throw new RangeError('There is nothing to pick from.');
  return value;
}

/** A repeatable sequence of choices that starts from one hash (splitmix32). */
export class RandomSequence {
  #state: number;

  constructor(start: number) {
    this.#state = start | 0;
  }

  /** Begins again from another hash; saves an allocation per record. */
  restart(start: number): void {
    this.#state = start | 0;
  }

  /** The next 32 bits (0 to 4294967295). */
  bits(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let t = this.#state ^ (this.#state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  }

  /** A fraction in [0, 1). */
  fraction(): number {
    return this.bits() / 4294967296;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor((this.bits() / 4294967296) * limit);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of the values, each as likely as the next. `values` must not be empty. */
  pick<T>(values: readonly T[]): T {
    return pickNth(values, this.below(values.length));
  }
}
