/** The connections for the page: so few, and so short, that whatever people ask the database stays free for the work. */
import { createLending } from './lending.ts';
import { openDatabase, type Database, type Transaction } from '../../database/client.ts';
import { sqlstates } from '../../database/sqlstates.ts';
import { KnownError } from '../../errors.ts';
import type { Log } from '../../logger.ts';
import type { Asked, Download, Question, Role } from '../../page/question.ts';

/** What answers the questions of the page. */
export type Questioning = {
  /** For what is recorded. */
  readonly db: Database;
  /**
   * Makes a file with connections of its own, which it keeps until the last byte is sent: one file after the other.
   *
   * @param send gets the file, and its content in the place of its own
   */
  readonly lend: (
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

const databaseRoles: Readonly<Record<Role, string>> = {
  reader: 'zendesk_reader',
  investigator: 'zendesk_investigator',
};

/** @param url secret */
export function openQuestioning(url: string, log: Log): Questioning {
  const db = openDatabase({ url, purpose: 'page', connections, patienceMs: 0 });
  let waiting = 0;
  let told = false;

  async function findRole(tx: Transaction, role: Role): Promise<string> {
    const [found] = await tx.query<{ mayTake: boolean }>(
      `select coalesce((
         select pg_catalog.pg_has_role(r.oid, case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)
         from pg_catalog.pg_roles r where r.rolname = $1
       ), false) as "mayTake"`,
      [databaseRoles[role]],
    );
    if (found?.mayTake === true) return `set local role ${databaseRoles[role]}`;
    if (!told)
      log.warn(
        { role: databaseRoles[role] },
        'the page asks the database with the rights of this program, because it may not take the roles of readers',
      );
    told = true;
    return '';
  }

  return {
    db,
    async ask({ ask, rights, limitMs = usualLimitMs }, asked) {
      if (waiting >= mostWaiting)
        throw new KnownError('database_slow', { found: 'Too many questions wait for Postgres' });
      waiting += 1;
      try {
        return await db.transaction(async (tx) => {
          await tx.query(`set transaction read only; set local statement_timeout = ${limitMs}`);
          const taking = rights === 'asker' ? await findRole(tx, asked.asker.role) : '';
          if (taking !== '') await tx.query(taking);
          return ask(tx, asked);
        }, limitMs + 1000);
      } catch (error) {
        throw explainLimit(error, limitMs);
      } finally {
        waiting -= 1;
      }
    },
    lend: createLending(url),
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
