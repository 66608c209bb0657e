/** Sends the checkpoints of some logs to places outside, each at its time. An unreachable place stops nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/client.ts';
import { explainError, isFrom } from '../../errors.ts';
import type { Log } from '../../logger.ts';
import type { Anchor } from './anchor.ts';
import { loadHead, withCosignatures, type Head } from './head.ts';
import { claimAnchor, noteFailure, noteSuccess } from './states.ts';

/** A log, and the places that receive its checkpoints. */
type AnchoredAccount = { readonly account: string; readonly anchors: readonly Anchor[] };

/** The pause between two checks. */
const restMs = 2000;
/** The database knows what is due, because other processes take part. It is asked at this interval. */
const lookMs = 60_000;

/** What one process remembers, by account, kind and place. */
type Memory = {
  /** When to look again, by `performance.now`. */
  readonly nextMs: Map<string, number>;
  /** The failure that was logged. */
  readonly told: Map<string, string>;
};

type Task = {
  readonly db: Database;
  readonly log: Log;
  readonly memory: Memory;
  readonly signal: AbortSignal;
};

/**
 * Anchors in the background. Call the returned function to end it: it brings the files outside up to date before it resolves,
 * unless the signal has come.
 */
export function startAnchoring(
  db: Database,
  accounts: readonly AnchoredAccount[],
  log: Log,
  signal: AbortSignal,
): () => Promise<void> {
  const ending = new AbortController();
  const task = { db, log, signal, memory: { nextMs: new Map(), told: new Map() } };
  const anchorAll = async (isLast: boolean): Promise<void> => {
    for (const each of accounts)
      if (!signal.aborted) await anchorAccount(task, each, isLast).catch(tellFault(log, signal));
  };
  const run = async (): Promise<void> => {
    const stop = AbortSignal.any([ending.signal, signal]);
    while (!stop.aborted) {
      await anchorAll(false);
      await sleep(restMs, undefined, { signal: stop }).catch(() => {});
    }
  };
  const running = run();
  return async () => {
    ending.abort();
    await running;
    await anchorAll(true);
  };
}

/** A lost database is reported elsewhere. */
function tellFault(log: Log, signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted && !isFrom(error, 'database'))
      log.error({ err: error }, explainError(error));
  };
}

async function anchorAccount(
  task: Task,
  { account, anchors }: AnchoredAccount,
  isLast: boolean,
): Promise<void> {
  const now = performance.now();
  const { nextMs } = task.memory;
  const due = anchors.filter((each) => isLast || now >= (nextMs.get(nameOf(account, each)) ?? 0));
  if (due.length === 0) return;
  for (const each of due) nextMs.set(nameOf(account, each), now + Math.min(each.everyMs, lookMs));
  const head = await loadHead(task.db, account);
  if (head === undefined) return;
  const single = due.filter(({ holdsFiles }) => !holdsFiles);
  const brought = await Promise.all(single.map((anchor) => bring(task, head, anchor, false)));
  // Publishes the checkpoint with the cosignatures that witnesses have just given.
  const hasNew = brought.includes(true);
  const files = (hasNew ? anchors : due).filter(({ holdsFiles }) => holdsFiles);
  const cosigned = hasNew ? await withCosignatures(task.db, head) : head;
  for (const anchor of files) await bring(task, cosigned, anchor, isLast || hasNew);
}

/** Sends a checkpoint to a place that is due; false if it is not due or the sending fails. */
async function bring(
  { db, log, memory, signal }: Task,
  head: Head,
  anchor: Anchor,
  isForced: boolean,
): Promise<boolean> {
  const { account } = head;
  const { kind, place } = anchor;
  const name = nameOf(account, anchor);
  if (signal.aborted || !(await claimAnchor(db, account, anchor, isForced))) return false;
  try {
    const proof = await anchor.bring(db, head, signal);
    await noteSuccess(db, head, anchor, proof);
    if (memory.told.delete(name)) log.info({ account, kind, place }, 'anchored again');
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    const sentence = explainError(error);
    await noteFailure(db, account, anchor, sentence);
    // It is retried again and again: one line for each new reason is enough.
    if (memory.told.get(name) !== sentence)
      log.error({ account, kind, place, err: error }, sentence);
    memory.told.set(name, sentence);
    return false;
  }
}

function nameOf(account: string, { kind, place }: Anchor): string {
  return JSON.stringify([account, kind, place]);
}
