/** Samples of one measurement and their summary. */
export type Summary = {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
  /** As they were measured, in the order of the rounds. */
  readonly samples: readonly number[];
};

/** Median, lowest and highest of at least one sample. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  const lower = sorted[middle - 1] ?? upper;
  return {
    median: sorted.length % 2 === 1 ? upper : (lower + upper) / 2,
    low: sorted[0] ?? NaN,
    high: sorted.at(-1) ?? NaN,
    rounds: sorted.length,
    samples,
  };
}

/**
 * Runs the alternatives in turn, A B C A B C …, so that a changing speed of the machine affects all of them, and returns the
 * samples of each in the order of the rounds. The first round warms up and is not counted.
 */
export async function alternate<Name extends string>(
  rounds: number,
  ways: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(ways) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const sample = await ways[name]();
      if (round > 0 || rounds === 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** For each round: a divided by b. */
export function divide(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, round) => value / (b[round] ?? NaN));
}
