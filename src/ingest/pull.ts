/** A log at work: what it is pulled with. */
import type { LogStream } from '../streams/stream.ts';
import type { StreamKey } from './coverage.ts';
import type { Engine } from './engine.ts';
import type { Lease } from './lease.ts';
import { listRescanAges } from './plan.ts';
import type { Returns } from './rows/returns.ts';
import type { Stamps } from './rows/stamps.ts';
import type { Tally } from './run.ts';

/** The work on a log: the stream, the lease under which it is pulled, and the tally of the work. */
export type Pull = {
  readonly engine: Engine;
  readonly stream: LogStream;
  readonly lease: Lease;
  readonly tally: Tally;
  /** The records that it has read so far. */
  readonly stamps: Stamps;
  /** Versions of records that came back and wait for the end of their span. */
  readonly returns: Returns;
  readonly signal: AbortSignal;
};

/** The key of the stream in the ledger. */
export function keyOf({ engine, stream }: Pick<Pull, 'engine' | 'stream'>): StreamKey {
  return { account: engine.account, stream: stream.name };
}

/** The ages at which the spans of the log are read again, in seconds. */
export function rescanAgesOf({
  engine,
  stream,
}: Pick<Pull, 'engine' | 'stream'>): readonly number[] {
  return listRescanAges(engine.settings.rescanAges, stream.retentionDays);
}
