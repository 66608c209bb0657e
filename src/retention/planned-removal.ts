/** What retention would remove. */
import type { Span } from '../span.ts';
import type { ColumnGroup } from '../streams/personal-columns.ts';
import type { LogStream } from '../streams/stream.ts';
import type { PlannedArchive } from './archived-plan.ts';

/** How long something is kept: the setting RETENTION. */
export type Policy = {
  readonly of: string;
  readonly months: number;
  readonly days: number;
  readonly text: string;
};

/** Something that would go. */
export type PlannedRemoval = {
  readonly account: string;
  readonly log: LogStream;
  /** The columns; undefined: whole rows. */
  readonly group: ColumnGroup | undefined;
  readonly policy: Policy;
  /** Whole days, UTC, in seconds since 1970. */
  readonly span: Span;
  /** Those of the archive among them: of columns, rows that may have them. */
  readonly rows: number;
  readonly archivedRows: number;
  /** The partition of the rows, and whether it may be dropped as a whole for this account; undefined if only the archive has them. */
  readonly partition: string | undefined;
  readonly isWhole: boolean;
  /** The archive of the log. */
  readonly archive: PlannedArchive;
  /** The names of the holds that protect it. */
  readonly heldBy: readonly string[];
};
