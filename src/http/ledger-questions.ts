/** Queries to the database for the answers over HTTP: each with a time limit, and not more often than needed. */
import { isFrom } from '../errors.ts';
import { openDatabase, type Database, type Queryable } from '../database/client.ts';
import { loadLedgerMeasures, type LedgerMeasures } from './ledger-measures.ts';
import { findPending } from '../database/migrate.ts';
import { loadStatus, type StreamStatus } from '../ingest/status.ts';
import { listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import { loadLogFile, type LogFile } from './sealed-log.ts';
import { createSnapshot } from './snapshot.ts';

/** The queries. Each rejects if the database is unavailable; `explainAbsence` makes a message from that. */
export type LedgerQuestions = {
  /** Why the database is not usable, in a sentence; undefined if it is. */
  findFault(): Promise<string | undefined>;
  loadStatus(): Promise<StreamStatus[]>;
  loadMeasures(): Promise<LedgerMeasures>;
  /** A file of the sealed log by its path below `/log/`; undefined if there is none. */
  loadLogFile(path: string): Promise<LogFile | undefined>;
  close(): Promise<void>;
};

/** How long answers are kept, and how long to wait for them: less than Prometheus waits for a scrape. */
export type QuestionTimes = { readonly keepMs: number; readonly limitMs: number };

const usualTimes: QuestionTimes = { keepMs: 3000, limitMs: 4000 };
/** One for each query: a probe does not wait for a slow scrape. */
const connections = 3;

/**
 * Uses separate connections, so that the queries do not wait for a busy engine, nor the engine for them.
 *
 * @param url secret
 */
export function openLedgerQuestions(
  url: string,
  streams: readonly Stream[],
  times = usualTimes,
): LedgerQuestions {
  // A connection is closed some time after Postgres should have ended the statement.
  const db = openDatabase({
    url,
    connections,
    patienceMs: 0,
    queryTimeoutMs: times.limitMs + 1000,
  });
  const keep = <T>(ask: (tx: Queryable) => Promise<T>): (() => Promise<T>) =>
    createSnapshot({ load: () => askWithin(db, times.limitMs, ask), ...times });
  const findPendingNow = keep(findPending);
  return {
    async findFault() {
      const pending = await findPendingNow().catch((error: unknown) => explainAbsence(error));
      if (typeof pending === 'string') return pending;
      if (pending.length === 0) return undefined;
      return `The database lacks ${pending.length === 1 ? 'a migration' : `${pending.length} migrations`} of this program (${pending.join(', ')}); they are being applied, or run "migrate".`;
    },
    loadStatus: keep((tx) => loadStatus(tx, streams)),
    loadMeasures: keep((tx) => loadLedgerMeasures(tx, listLogs(streams))),
    loadLogFile: (path) => askWithin(db, times.limitMs, (tx) => loadLogFile(tx, path)),
    close: () => db.close(),
  };
}

/**
 * Queries in one read-only transaction in which Postgres ends every statement that takes longer, including one that waits
 * for a lock: repeated queries leave nothing behind on the server.
 */
async function askWithin<T>(
  db: Database,
  limitMs: number,
  ask: (db: Queryable) => Promise<T>,
): Promise<T> {
  return db.transaction(async (tx) => {
    // `set local`, because it does not change the session.
    await tx.query(
      `set transaction read only; set local statement_timeout = ${Math.ceil(limitMs)}`,
    );
    return ask(tx);
  });
}

/** Why a query was not answered, in a sentence without secrets. @throws errors of this program */
export function explainAbsence(error: unknown): string {
  if (!isFrom(error, 'database')) throw error;
  return error.message;
}
