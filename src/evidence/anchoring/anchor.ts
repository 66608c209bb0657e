/** Places outside the database that receive checkpoints, so that a rewritten log is noticed. */
import type { Queryable } from '../../database/client.ts';
import type { Head } from './head.ts';

/** What kind of place it is. */
type AnchorKind = 'program_log' | 'file' | 'witness' | 'time_stamp' | 'directory' | 'bucket';

/** The answer of a place, which is stored. */
export type AnchorProof = {
  /** The checkpoint; that of a witness with its cosignature. */
  readonly note: string;
  /** The time stamp token over the note. */
  readonly token?: Buffer;
};

/** A place, and how a checkpoint gets there. */
export type Anchor = {
  readonly kind: AnchorKind;
  /** Its name in tables, status and metrics; contains no secret. */
  readonly place: string;
  readonly everyMs: number;
  /** Whether it holds the files of the log, and not single checkpoints alone. */
  readonly holdsFiles: boolean;
  /**
   * Brings a checkpoint there.
   *
   * @returns what to store; undefined for nothing
   * @throws {KnownError} when the place cannot be reached or refuses it
   */
  readonly bring: (
    db: Queryable,
    head: Head,
    signal: AbortSignal,
  ) => Promise<AnchorProof | undefined>;
};
