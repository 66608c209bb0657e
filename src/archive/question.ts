/** What is asked of the archive. */
import type { ArchiveRow } from './rows.ts';

/** Which rows are looked for. */
export type ArchiveQuestion = {
  /** In microseconds since 1970, half-open. */
  readonly from: number;
  readonly until: number;
  /** Ids of which a row must name one, or be of: more rows may be found. Undefined: any row. */
  readonly words: readonly string[] | undefined;
  /** Ids of rows: others do not fit. */
  readonly ids?: ReadonlySet<string>;
  /** The times of rows, in microseconds since 1970: others do not fit. */
  readonly moments?: readonly number[];
  /** Whether a row fits, after all else; left out: it does. */
  readonly fits?: ((row: ArchiveRow) => boolean) | undefined;
  /** More than that cannot be answered. */
  readonly mostRows: number;
};
