/** A running average of how long a page takes, per stream; forgets slowly. */
export type Pace = {
  /** Notes one page: the longer of waiting for its answer and storing it, in milliseconds. */
  note(stream: string, pageMs: number): void;
  /** The average in milliseconds; 0 before the first page. */
  pageMs(stream: string): number;
};

/** The weight of the newest page. */
const weight = 0.3;

/** Creates a pace that knows nothing yet. */
export function createPace(): Pace {
  const averages = new Map<string, number>();
  return {
    note(stream, pageMs) {
      const before = averages.get(stream) ?? pageMs;
      averages.set(stream, before + weight * (pageMs - before));
    },
    pageMs: (stream) => averages.get(stream) ?? 0,
  };
}
