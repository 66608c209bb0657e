/** All stored rows of a log, classified again by other rules. */
import type { Database, Queryable } from '../database/client.ts';
import { createPartitionKeeper } from '../database/partitions.ts';
import {
  beginClassification,
  classifyBatch,
  summarizeTimes,
  type Classification,
  type ClassificationState,
} from './classification-batch.ts';
import type { LogStream } from '../streams/stream.ts';
import { refreshRollups } from './rollups.ts';

/** What a pass came to. */
export type ClassificationPass = {
  /** `already`: all that is stored was classified by these rules before; `stopped`: a later pass goes on. */
  readonly outcome: 'complete' | 'already' | 'stopped';
  readonly state: ClassificationState;
  /** Whether the pass was only about requests that came after the end of an earlier one by the same rules. */
  readonly isContinued: boolean;
  /** Days whose rollups were recomputed. */
  readonly days: number;
};

/** How far it is: rows read, those of an interrupted pass included, and the share of the stored time that is done. */
export type ClassificationProgress = {
  readonly rows: number;
  readonly share: number;
  /** From the oldest stored request to the newest. */
  readonly wantedSeconds: number;
};

type ClassificationPassOptions = {
  /** Begins with the oldest row even if these rules were applied before. */
  readonly again: boolean;
  /** Ends the pass after the batch or the day that is under way. */
  readonly signal: AbortSignal;
  readonly report: (progress: ClassificationProgress) => void;
  /** Called with how many days are recomputed, of how many. */
  readonly reportDays: (done: number, total: number) => void;
};

/**
 * Classifies all stored requests of an account by these rules, batch by batch, from where an earlier pass by them ended. At
 * its end the rollups of the days that changed are recomputed; those of a pass that was stopped wait for the next refresh.
 *
 * @throws {KnownError} `rules_replaced` when another process begins with other rules meanwhile
 */
export async function classifyStored(
  db: Database,
  classification: Classification,
  { again, signal, report, reportDays }: ClassificationPassOptions,
): Promise<ClassificationPass> {
  const { account, stream } = classification;
  let state = await beginClassification(db, classification, again);
  const isContinued = state.reachedAt !== null && state.rowsRead === 0;
  const bounds = await loadTimeBounds(db, account, stream);
  report(measureProgress(state, bounds));
  await makePartitions(db, classification.stream);
  await summarizeTimes(db, classification.stream);
  while (state.endedAt === null) {
    if (signal.aborted) return { outcome: 'stopped', state, isContinued, days: 0 };
    state = await classifyBatch(db, classification);
    report(measureProgress(state, bounds));
  }
  try {
    // Also when nothing has changed: an earlier pass may have been killed before this.
    const days = await refreshRollups(db, account, [stream], signal, reportDays);
    const outcome = isContinued && state.rowsRead === 0 ? 'already' : 'complete';
    return { outcome, state, isContinued, days };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { outcome: 'stopped', state, isContinued, days: 0 };
  }
}

/** What is derived from a row needs a partition, also where somebody has dropped the one that there was. */
async function makePartitions(db: Database, { table }: LogStream): Promise<void> {
  const held = await db.query<{ fromMs: number }>(
    `select extract(epoch from held_from)::float8 * 1000 as "fromMs" from zendesk_sync.partitions
     where log_table = $1 and isfinite(held_from)`,
    [table.name],
  );
  const moments = held.map(({ fromMs }) => fromMs);
  await createPartitionKeeper(db)(table, moments);
}

/** The share is one of time, because the rows are not counted beforehand. */
export function measureProgress(
  { rowsRead, reachedAt, endedAt }: ClassificationState,
  { oldest, newest }: { oldest: Date | null; newest: Date | null },
): ClassificationProgress {
  const [from, until, at] = [oldest, newest, reachedAt].map((moment) => moment?.getTime() ?? 0);
  const wantedMs = (until ?? 0) - (from ?? 0);
  const share = endedAt !== null ? 1 : wantedMs <= 0 ? 0 : ((at ?? 0) - (from ?? 0)) / wantedMs;
  return {
    rows: rowsRead,
    share: Math.min(1, Math.max(0, share)),
    wantedSeconds: wantedMs / 1000,
  };
}

/** The times of the oldest and the newest stored row; null where nothing is stored. */
export async function loadTimeBounds(
  db: Queryable,
  account: string,
  { table }: Pick<LogStream, 'table'>,
): Promise<{ oldest: Date | null; newest: Date | null }> {
  const [bounds] = await db.query<{ oldest: Date | null; newest: Date | null }>(
    `select min(${table.time}) as oldest, max(${table.time}) as newest from ${table.name} where account = $1`,
    [account],
  );
  return bounds ?? { oldest: null, newest: null };
}
