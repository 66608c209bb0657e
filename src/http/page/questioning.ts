/** The connections for the page: so few, and so short, that whatever people ask the database stays free for the work. */
import { createLending } from './lending.ts';
import { openDatabase, type Database } from '../../database/client.ts';
import { sqlstates } from '../../database/sqlstates.ts';
import { KnownError } from '../../errors.ts';
import type { Log } from '../../logger.ts';
import type { Asked, Download, FileQuestion, Question } from '../../page/question.ts';
import { createRights } from './rights.ts';

/** What answers the questions of the page. */
export type Questioning = {
  /** For what is recorded. */
  readonly db: Database;
  /**
   * Makes a file with connections of its own, which it keeps until the last byte is sent: one file after the other.
   *
   * @param rights whose rights in the database they have
   * @param send gets the file, and its content in the place of its own
   */
  readonly lend: (
    rights: FileQuestion['rights'],
    make: (db: Database) => Promise<Download>,
    send: (file: Download, body: Download['body']) => Response,
  ) => Promise<Response>;
  /** Asks in one transaction that only reads. @throws {KnownError} when too many wait, or Postgres does not answer */
  readonly ask: (question: Question, asked: Asked) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

const connections = 2;
const usualLimitMs = 5000;
/** More than this wait only when the database hardly answers. */
const mostWaiting = 40;

/**
 * @param url secret
 * @param questionMs how long each question may take. Default: what it allows, usually 5 seconds
 */
export function openQuestioning(url: string, log: Log, questionMs?: number): Questioning {
  const db = openDatabase({ url, purpose: 'page', connections, patienceMs: 0 });
  let waiting = 0;
  const rights = createRights(log);

  return {
    db,
    async ask({ ask, rights: wanted, limitMs: ownMs = usualLimitMs }, asked) {
      const limitMs = questionMs ?? ownMs;
      if (waiting >= mostWaiting)
        throw new KnownError('database_slow', { found: 'Too many questions wait for Postgres' });
      waiting += 1;
      try {
        return await db.transaction(async (tx) => {
          await tx.query(`set transaction read only; set local statement_timeout = ${limitMs}`);
          await rights.take(tx, wanted, asked.asker);
          return ask(tx, asked);
        }, limitMs + 1000);
      } catch (error) {
        throw explainLimit(error, limitMs);
      } finally {
        waiting -= 1;
      }
    },
    lend: createLending(url, () => rights.find(db)),
    close: () => db.close(),
  };
}

/** What somebody who asked too much can do about it. */
function explainLimit(error: unknown, limitMs: number): unknown {
  if (!(error instanceof KnownError) || error.sqlState !== sqlstates.queryCanceled) return error;
  return new KnownError('database_slow', {
    found: `The answer took longer than ${limitMs / 1000} seconds, so the question was ended`,
    wayOut: 'choose a shorter time range, or a narrower filter',
    sqlState: error.sqlState,
    cause: error,
  });
}
