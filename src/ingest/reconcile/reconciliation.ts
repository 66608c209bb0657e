/** Compares a log with Zendesk: reads it again, compares, and stores what is missing. Killed at any moment, it loses nothing. */
import { codeOf, concernsSpan, explainError } from '../../errors.ts';
import { intersect, measure, subtract, type Span, type Spans } from '../../span.ts';
import { loadArchivedSpans } from '../archived-spans.ts';
import { findKeptSince, loadCoverage } from '../coverage.ts';
import type { Engine } from '../engine.ts';
import { loadLosses, withoutLosses } from '../losses.ts';
import { loadDropped } from '../removals.ts';
import { adaptSpanSeconds, firstSpanSeconds, planOldest } from '../plan.ts';
import { leasePatienceMs } from '../service.ts';
import type { LogWorker } from '../worker.ts';
import { gatherSpans, recordPiece } from './facts.ts';
import {
  noteReconciliation,
  openReconciliation,
  type ReconciliationCounts,
  type ReconciliationOutcome,
} from './ledger.ts';
import { comparePiece } from './piece.ts';
import { chooseParts, type Sample } from './sampling.ts';
import type { Keyed } from './stored.ts';

/** What is to be compared, and how. */
export type ReconciliationTask = {
  readonly span: Span;
  /** Undefined: all of it. */
  readonly sample: Sample | undefined;
  /** The time of the schedule that it belongs to. */
  readonly dueAt?: Date | undefined;
  readonly report: (progress: ReconciliationCounts & { readonly wantedSeconds: number }) => void;
  readonly signal: AbortSignal;
};

/** Time that could not be compared, or rows that were not shown and are not called deleted, and why. */
type Unread = Span & { readonly rows?: number; readonly reason: string };

/** What a reconciliation came to. */
export type Reconciliation = {
  readonly account: string;
  readonly stream: string;
  readonly task: Pick<ReconciliationTask, 'span' | 'sample'>;
  readonly outcome: ReconciliationOutcome;
  readonly counts: ReconciliationCounts;
  readonly missingHere: readonly Keyed[];
  readonly missingThere: readonly Keyed[];
  readonly different: readonly Keyed[];
  readonly seenAgain: readonly Keyed[];
  readonly unread: readonly Unread[];
  /** Rows stored and changed by reading again what was missing or different; `error` when that could not be done. */
  readonly stored: {
    readonly new: number;
    readonly changed: number;
    readonly error: string | undefined;
  };
};

type Found = Pick<
  Reconciliation,
  'missingHere' | 'missingThere' | 'different' | 'seenAgain' | 'unread'
> & { readonly readSeconds: number; readonly records: number };

const nothing: Found = {
  missingHere: [],
  missingThere: [],
  different: [],
  seenAgain: [],
  unread: [],
  readSeconds: 0,
  records: 0,
};

/** Compares; undefined when another process does what is due. Rejects only because of the database or a signal. */
export async function reconcile(
  engine: Engine,
  worker: LogWorker,
  task: ReconciliationTask,
): Promise<Reconciliation | undefined> {
  const { account, db } = engine;
  const { stream } = worker;
  const key = { account, stream: stream.name };
  const { span, sample, dueAt } = task;
  const id = await openReconciliation(db, key, { span, sample, dueAt, holder: engine.holder });
  if (id === undefined) return undefined;
  let found = nothing;
  let comparableSeconds = 0;
  const count = (): ReconciliationCounts => countFound(found, comparableSeconds);
  try {
    const comparable = await findComparable(engine, worker, span);
    comparableSeconds = measure(comparable);
    const parts = sample === undefined ? comparable : chooseParts(span, comparable, sample);
    const wantedSeconds = measure(parts);
    await compareParts(engine, worker, parts, task.signal, async (more) => {
      found = join(found, more);
      task.report({ ...count(), wantedSeconds });
      await noteReconciliation(db, account, id, count());
    });
    const stored = await storeFound(worker, found, task.signal);
    const outcome = judge(found);
    const error = stored.error ?? found.unread[0]?.reason;
    await noteReconciliation(db, account, id, count(), { outcome, error });
    return { account, stream: stream.name, task, outcome, counts: count(), ...found, stored };
  } catch (error) {
    const outcome = task.signal.aborted ? 'stopped' : 'failed';
    const end = { outcome, error: explainError(error) } as const;
    await noteReconciliation(db, account, id, count(), end).catch(() => {});
    throw error;
  }
}

function countFound(found: Found, comparableSeconds: number): ReconciliationCounts {
  return {
    comparableSeconds,
    readSeconds: found.readSeconds,
    records: found.records,
    missingHere: found.missingHere.length,
    missingThere: found.missingThere.length,
    different: found.different.length,
    seenAgain: found.seenAgain.length,
  };
}

function judge({ missingHere, missingThere, different, unread }: Found): ReconciliationOutcome {
  if (missingHere.length + missingThere.length + different.length > 0) return 'findings';
  return unread.length > 0 ? 'incomplete' : 'equal';
}

/** The parts of a span that are covered, in the table and still kept by Zendesk: the rest is a gap already. */
async function findComparable(engine: Engine, { stream }: LogWorker, span: Span): Promise<Spans> {
  const { db, account, clocks } = engine;
  const key = { account, stream: stream.name };
  await clocks.readDatabase(db);
  const stored = withoutLosses(await loadCoverage(db, key), await loadLosses(db, key));
  // Archived rows are not compared: in the table they would all be missing.
  const coverage = subtract(stored, await loadArchivedSpans(db, key));
  const kept = findKeptSince(stream.retentionDays, clocks.now().latest);
  const comparable = subtract(coverage, await loadDropped(db, key));
  return intersect(comparable, [{ from: Math.max(span.from, kept), to: span.to }]);
}

/** If this many pieces fail in a row, the pieces are not the reason. */
const failuresAllowed = 3;

async function compareParts(
  engine: Engine,
  { stream }: LogWorker,
  parts: Spans,
  signal: AbortSignal,
  add: (more: Partial<Found>) => Promise<void>,
): Promise<void> {
  const reader = { engine, stream, signal };
  const key = { account: engine.account, stream: stream.name };
  let rest = parts;
  let failuresInARow = 0;
  let spanSeconds = Math.min(firstSpanSeconds, await guessSeconds(engine, stream.name));
  for (;;) {
    signal.throwIfAborted();
    const span = planOldest(rest, [], spanSeconds);
    if (span === undefined) return;
    try {
      const piece = await comparePiece(reader, span);
      const seenAgain = await recordPiece(engine.db, key, stream.table, piece);
      const { doubt } = piece;
      const unread = doubt === undefined ? [] : [{ ...span, ...doubt }];
      await add({ ...piece, seenAgain, unread, readSeconds: span.to - span.from });
      spanSeconds = adaptSpanSeconds(span.to - span.from, piece.pages);
      failuresInARow = 0;
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = explainError(error);
      failuresInARow += 1;
      // A piece outside the span would block the others too.
      const goesOn = concernsSpan(codeOf(error)) && failuresInARow < failuresAllowed;
      await add({ unread: (goesOn ? [span] : rest).map((each) => ({ ...each, reason })) });
      if (!goesOn) return;
    }
    rest = subtract(rest, [span]);
  }
}

function join(found: Found, more: Partial<Found>): Found {
  return {
    missingHere: [...found.missingHere, ...(more.missingHere ?? [])],
    missingThere: [...found.missingThere, ...(more.missingThere ?? [])],
    different: [...found.different, ...(more.different ?? [])],
    seenAgain: [...found.seenAgain, ...(more.seenAgain ?? [])],
    unread: [...found.unread, ...(more.unread ?? [])],
    readSeconds: found.readSeconds + (more.readSeconds ?? 0),
    records: found.records + (more.records ?? 0),
  };
}

/** About how long a span of sixteen pages is, by the rows that are stored; Infinity where none are. */
async function guessSeconds({ db, account, pageSizes }: Engine, stream: string): Promise<number> {
  const [row] = await db.query<{ rows: number }>(
    'select coalesce(max(rows), 0)::float8 as rows from zendesk_sync.stored_days where account = $1 and stream = $2',
    [account, stream],
  );
  const rows = row?.rows ?? 0;
  return rows === 0
    ? Infinity
    : Math.max(60, Math.round((16 * pageSizes.next(stream) * 86_400) / rows));
}

/** Reads again what was missing or different, through the page's transaction, so that it is stored, revised and sealed. */
async function storeFound(
  worker: LogWorker,
  { missingHere, different }: Found,
  signal: AbortSignal,
): Promise<Reconciliation['stored']> {
  let stored = { new: 0, changed: 0 };
  for (const span of gatherSpans([...missingHere, ...different])) {
    const { outcome, counts, error } = await worker.read(span, signal, leasePatienceMs);
    stored = { new: stored.new + counts.new, changed: stored.changed + counts.changed };
    signal.throwIfAborted();
    if (outcome !== 'complete') return { ...stored, error };
  }
  return { ...stored, error: undefined };
}
