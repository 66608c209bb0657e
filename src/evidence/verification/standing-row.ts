/** A row as a verification reads it, from the table or from the archive. */
import type { CanonicalRow } from '../row-leaf.ts';
import type { SealedRow } from '../rows-root.ts';

/** A version of a row, and when its transaction began, in microseconds since 1970. */
export type RowVersion = SealedRow & { readonly writtenAt: string };

/** A row of the table in its canonical form, its actor, and when its transaction began. */
export type StandingRow = Pick<RowVersion, 'micros' | 'writtenAt'> & {
  readonly actor: string | null;
  readonly canonical: CanonicalRow;
  /** The hash of its leaf as Latin-1 text, if already known. */
  readonly leaf?: string | undefined;
};
