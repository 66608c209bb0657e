/** What a verification is asked for. */
import type { Span } from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { Adoption } from './adopted.ts';
import type { ArchivedRows } from './archived-rows.ts';
import type { Anchor } from './chain.ts';
import type { DeepProgress } from './deep-progress.ts';
import type { SealedEntry } from './entry.ts';
import type { Finding } from './finding.ts';
import type { KnownKey } from './known-key.ts';

/** What a verification covers. */
export type VerificationTask = {
  readonly account: string;
  readonly streams: readonly LogStream[];
  /** Whether these are all logs of the installation. */
  readonly isWhole: boolean;
  /** Reads and hashes every row. Otherwise counts them. */
  readonly deep: boolean;
  /** The range of rows to verify; undefined: all. The sealed log itself is always checked as a whole. */
  readonly span?: Span | undefined;
  readonly anchors: readonly Anchor[];
  /** What was found in them alone. */
  readonly outside?: readonly Finding[];
  /** Keys that the log should be signed with. */
  readonly keys?: readonly KnownKey[];
  /** The number of rows in a part; progress is stored after each part. Default: a second or two of work. */
  readonly partRows?: number | undefined;
  /** The progress of an earlier verification that was stopped. */
  readonly progress?: DeepProgress;
  /** The archived rows; undefined if there are none. */
  readonly archive?: ArchivedRows | undefined;
  /** Stores the progress. */
  readonly keep?: (progress: DeepProgress) => Promise<void>;
  /** Receives the number of rows read so far and the expected total; may pause the reading. */
  readonly report: (stream: string, rows: number, expected: number) => void | Promise<void>;
  readonly signal: AbortSignal;
};

/** A log whose rows are read. */
export type LogToRead = {
  readonly stream: LogStream;
  /** Its manifests, including those that wait. */
  readonly entries: readonly SealedEntry[];
  readonly adoption: Adoption | undefined;
  /** How many of them concern the requested range. */
  readonly manifests: number;
};
