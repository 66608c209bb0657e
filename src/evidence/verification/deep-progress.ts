/** The progress of a verification that reads every row, so that it can be stopped and resumed. Pure. */
import type { Stretch } from './row-parts.ts';
import type { Finding } from './finding.ts';
import { formatMicros } from './time-text.ts';

/** A range that was read, and when its reading began: later changes to it were not seen. */
type ReadStretch = {
  /** In microseconds since 1970; null: without end. */
  readonly from: number | null;
  readonly until: number | null;
  /** When its reading began: ISO 8601. */
  readonly at: string;
};

/** How far a log was read. */
export type LogProgress = {
  readonly rows: number;
  readonly unsealedRows: number;
  readonly read: readonly ReadStretch[];
};

/** The progress of all streams. It is stored in the ledger. */
export type DeepProgress = {
  readonly logs: Readonly<Record<string, LogProgress>>;
  /** Findings in the rows read so far; as many as are worth naming. */
  readonly findings: readonly Finding[];
};

/** Nothing was read yet. */
export const noProgress: DeepProgress = { logs: {}, findings: [] };

const noLogProgress: LogProgress = { rows: 0, unsealedRows: 0, read: [] };

/** How far a log was read. */
export function progressOf({ logs }: DeepProgress, stream: string): LogProgress {
  return logs[stream] ?? noLogProgress;
}

/** Where the reading of a range continues; undefined when it is finished. */
export function findPosition({ read }: LogProgress, { from }: Stretch): number | undefined {
  const last = read.at(-1);
  if (last === undefined) return from;
  return last.until ?? undefined;
}

/** Adds a part that was read. Adjacent parts of one session become one. */
export function addRead(
  progress: LogProgress,
  { from, until }: Stretch,
  at: string,
): LogProgress['read'] {
  const [start, end] = [from, until].map((micros) => (Number.isFinite(micros) ? micros : null));
  const last = progress.read.at(-1);
  if (last !== undefined && last.at === at)
    return [...progress.read.slice(0, -1), { ...last, until: end ?? null }];
  return [...progress.read, { from: start ?? null, until: end ?? null, at }];
}

/** When a log was read: one range, or several if the verification was stopped and resumed. */
export type CheckedStretch = {
  readonly from: string | null;
  readonly until: string | null;
  readonly at: string;
};

/** The ranges in the form that people and programs read. */
export function listChecked({ read }: LogProgress): readonly CheckedStretch[] {
  return read.map(({ from, until, at }) => ({ from: spell(from), until: spell(until), at }));
}

function spell(micros: number | null): string | null {
  return micros === null ? null : formatMicros(String(micros));
}
