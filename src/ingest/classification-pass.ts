/** Classifies all stored rows of a log again with other rules. */
import type { Database, Queryable } from '../database/client.ts';
import { createPartitionKeeper } from '../database/partitions.ts';
import { nameHere } from '../database/schema-names.ts';
import {
  beginClassification,
  classifyBatch,
  type Classification,
  type ClassificationState,
} from './classification-batch.ts';
import type { LogStream } from '../streams/stream.ts';
import { examine } from './findings/examine.ts';

/** The result of a pass. */
export type ClassificationPass = {
  /** `already`: all stored rows were classified by these rules before; `stopped`: a later pass continues. */
  readonly outcome: 'complete' | 'already' | 'stopped';
  readonly state: ClassificationState;
  /** Whether the pass only handled requests that were stored after an earlier pass with the same rules ended. */
  readonly isContinued: boolean;
  /** Days whose rollups were recomputed. */
  readonly days: number;
};

/** The progress: rows read, including those of an interrupted pass, and the share of the stored time that is done. */
export type ClassificationProgress = {
  readonly rows: number;
  readonly share: number;
  /** From the oldest stored request to the newest. */
  readonly wantedSeconds: number;
};

type ClassificationPassOptions = {
  /** Begins with the oldest row even if these rules were applied before. */
  readonly again: boolean;
  /** Ends the pass after the current batch or day. */
  readonly signal: AbortSignal;
  readonly report: (progress: ClassificationProgress) => void;
  /** Called with the number of recomputed days and the total. */
  readonly reportDays: (done: number, total: number) => void;
};

/**
 * Classifies all stored requests of an account by these rules, batch by batch, from where an earlier pass with them ended.
 * At the end it recomputes rollups and findings of the changed days; after a pass that was stopped they wait for the next refresh.
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
  while (state.endedAt === null) {
    if (signal.aborted) return { outcome: 'stopped', state, isContinued, days: 0 };
    state = await classifyBatch(db, classification);
    report(measureProgress(state, bounds));
  }
  try {
    // Also if nothing has changed: an earlier pass may have been killed before this.
    const { days } = await examine(db, account, [stream], { signal, reportDays });
    const outcome = isContinued && state.rowsRead === 0 ? 'already' : 'complete';
    return { outcome, state, isContinued, days };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { outcome: 'stopped', state, isContinued, days: 0 };
  }
}

/** Derived rows need a partition, also if somebody has dropped the previous one. */
async function makePartitions(db: Database, { table }: LogStream): Promise<void> {
  const held = await db.query<{ fromMs: number }>(
    `select extract(epoch from held_from)::float8 * 1000 as "fromMs" from zendesk_sync.partitions
     where log_table = $1 and isfinite(held_from)`,
    [nameHere(table.name)],
  );
  const moments = held.map(({ fromMs }) => fromMs);
  await createPartitionKeeper(db)(table, moments);
}

/** It is a share of time, because the rows are not counted beforehand. */
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

/** The times of the oldest and the newest stored row; null if nothing is stored. */
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
