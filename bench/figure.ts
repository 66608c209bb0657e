import type { Summary } from './samples.ts';

/** One line of the table: what was measured, the target, and the result. */
export type Line = {
  readonly figure: string;
  readonly target: string;
  readonly summary: Summary;
  /** How a value is written: `0.83 ×`, `48,000 rows/s`. */
  readonly unit: string;
  /** True or false if there is a target. */
  readonly reached?: boolean;
  /** Stored with the raw figures, not shown in the table: the plan of a query. */
  readonly detail?: string;
};

/** How thoroughly to measure. `tiny` only shows that it still works. */
export type Effort = 'full' | 'tiny';

/** A figure: its name on the command line, and how to measure it. */
export type Figure = {
  readonly name: string;
  readonly measure: (effort: Effort) => Promise<readonly Line[]>;
};
