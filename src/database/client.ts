import type { Statement, Step } from './batch.ts';
import { cutIntoChunks } from './chunks.ts';
import { persist } from './persisting.ts';
import { openConnections, type Connection, type Connections } from './pool.ts';
import { copyOut, fetchRows, readAlone } from './reading.ts';
import { createTurns } from './turns.ts';
import { connectTimeoutMs, describeConnection } from './ways.ts';

/** Anything that runs a statement with bound parameters: the database itself or an open transaction. */
export type Queryable = {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
};

/** A `copy … from stdin`, and its lines in the text format of COPY. */
export type Copy = { readonly statement: string; readonly lines: Iterable<string> };

/** An open transaction. */
export type Transaction = Queryable & {
  /** Several statements in one round trip; the rows of each. */
  queryAll(statements: readonly Statement[]): Promise<unknown[][]>;
  /** Sends lines in the text format of COPY as fast as Postgres takes them; `statement` is a `copy … from stdin`. */
  copy(statement: string, lines: Iterable<string>): Promise<void>;
  /** The same with bytes, such as those that `copyOut` of another database gives. */
  copyIn(statement: string, chunks: AsyncIterable<Buffer>): Promise<void>;
  /** The rest in one round trip: copies, the statements that `finish` makes after the last line, COMMIT. All or nothing. */
  end(copies: readonly Copy[], finish: () => readonly Statement[]): Promise<void>;
};

/** What answers questions: single statements, and rows on demand. */
export type ReadableDatabase = Queryable & Pick<Database, 'read'>;

/** A pool of connections. Every name in a statement is written with its schema; no session state is ever used. */
export type Database = Queryable & {
  /**
   * Runs `work` in one transaction. If the connection is lost or Postgres aborts the transaction as a victim, the whole
   * `work` is run again for up to about 15 seconds, so it must be safe to repeat: also after a COMMIT whose answer was lost.
   * `limitMs`: how long each of its statements may take, if that is more than usual.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, limitMs?: number): Promise<T>;
  /**
   * The rows of a query, fetched on demand, from one snapshot: a million need no more memory than ten. The connection is
   * held until the last row, or until the loop over them is left. A lost connection is not tried again.
   */
  read<Row>(text: string, values?: readonly unknown[]): AsyncGenerator<Row, void, undefined>;
  /**
   * The text of a `copy … to stdout`, in pieces that end anywhere, from one snapshot. COPY takes no parameters: its
   * statement has them as `current_setting('zendesk_sync.value1')` and so on. Otherwise like `read`.
   */
  copyOut(statement: string, values: readonly string[]): AsyncGenerator<Buffer, void, undefined>;
  close(): Promise<void>;
};

type DatabaseOptions = {
  readonly url: string;
  /** Its purpose: shown after the name of this program in `pg_stat_activity`. Default: nothing. */
  readonly purpose?: string;
  /** The largest number of connections; further work waits, without a limit. Default 10. */
  readonly connections?: number;
  /** Ends the wait for an unavailable database. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the reason of a retry, and how long it may last. */
  readonly onRetry?: ((error: unknown, waitMs: number) => void) | undefined;
  /** How long to retry after a lost connection. Default about 15 seconds; with 0 it fails at once. */
  readonly patienceMs?: number;
  /**
   * A statement that takes longer fails as lost, and its connection is closed. Default: a minute; for rows that are read on
   * demand a quarter of an hour.
   */
  readonly queryTimeoutMs?: number | undefined;
  /** Whose rights its statements have, if not those of the login, which must be allowed to take the role. */
  readonly role?: string | undefined;
};

/** A server that accepts connections but stays silent makes each attempt long: no further one begins after this time. */
const usualPatienceMs = 15_000;
/** Many times as long as a page or a query on the ledger takes on a busy server. */
const usualLimitMs = 60_000;
/** The time limit of a statement that may take long for good reasons: reports over years, sums of large days. */
export const longLimitMs = 900_000;
/**
 * A process that is frozen within a transaction (stopped, or cut off with its machine) keeps the locks of the transaction,
 * including the fence of its lease: after this time Postgres ends it, so that another process can take over.
 */
export const idleTransactionLimit = '10s';
const beginning: readonly Statement[] = [
  { text: 'begin isolation level read committed' },
  // `set local`, because it does not change the session.
  { text: `set local idle_in_transaction_session_timeout = '${idleTransactionLimit}'` },
];

/** Opens a pool; nothing is connected yet. Its errors are known ones, without parameters or row contents. */
export function openDatabase({
  url,
  purpose = '',
  connections = 10,
  signal,
  patienceMs = usualPatienceMs,
  queryTimeoutMs,
  onRetry,
  role,
}: DatabaseOptions): Database {
  const limitMs = queryTimeoutMs ?? usualLimitMs;
  const connectionTimeoutMillis = Math.min(connectTimeoutMs, queryTimeoutMs ?? Infinity);
  const plan = describeConnection(url, purpose, connectionTimeoutMillis);
  const settings = role === undefined ? {} : { role };
  const pool = openConnections({ ...plan, settings }, connections, signal);
  const turns = createTurns(connections);
  const trying = { patienceMs, signal, onRetry };
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const leave = await turns();
    try {
      return await work();
    } finally {
      leave();
    }
  };
  // No place in the queue is kept between two tries.
  return {
    query: (text, values = []) =>
      persist(() => inTurn(() => runAlone(pool, text, values, limitMs)), trying),
    transaction: (work, ownLimitMs = limitMs) =>
      persist(() => inTurn(() => runTransaction(pool, work, ownLimitMs)), trying),
    read: (text, values = []) =>
      readAlone(pool, turns, (connection) =>
        fetchRows(connection, text, values, queryTimeoutMs ?? longLimitMs),
      ),
    copyOut: (statement, values) =>
      readAlone(pool, turns, (connection) =>
        copyOut(connection, statement, values, queryTimeoutMs ?? longLimitMs),
      ),
    close: () => pool.close(),
  };
}

/** One statement; in a transaction of its own if settings are needed for it. */
async function runAlone<Row>(
  pool: Connections,
  text: string,
  values: readonly unknown[],
  limitMs: number,
): Promise<Row[]> {
  const connection = await pool.take();
  if (connection.settings !== '')
    return runWithin(connection, (tx) => tx.query<Row>(text, values), limitMs);
  let isBroken = true;
  try {
    const rows = await connection.query<Row>(text, values, limitMs);
    isBroken = false;
    return rows;
  } finally {
    connection.release(isBroken);
  }
}

async function runTransaction<T>(
  pool: Connections,
  work: (tx: Transaction) => Promise<T>,
  limitMs: number,
): Promise<T> {
  return runWithin(await pool.take(), work, limitMs);
}

async function runWithin<T>(
  connection: Connection,
  work: (tx: Transaction) => Promise<T>,
  limitMs: number,
): Promise<T> {
  let isBroken = false;
  let isEnded = false;
  // They travel with the first statement.
  let waiting = connection.settings === '' ? beginning : [];
  const send = async (steps: Iterable<Step>): Promise<unknown[][]> => {
    const first = waiting;
    waiting = [];
    const answers = await connection.batch([...first, ...steps], limitMs);
    return answers.slice(first.length);
  };
  try {
    if (waiting.length === 0) await connection.query(beginAtOnce(connection), [], limitMs);
    const result = await work({
      async query<Row>(text: string, values: readonly unknown[] = []) {
        if (waiting.length > 0 && values.length > 0) {
          const [rows = []] = await send([{ text, values }]);
          return rows as Row[];
        }
        // A text without parameters may be several statements, which cannot travel with others.
        if (waiting.length > 0) await send([]);
        return connection.query<Row>(text, values, limitMs);
      },
      queryAll: send,
      async copy(statement, lines) {
        if (waiting.length > 0) await send([]);
        await connection.copy(statement, cutIntoChunks(lines), limitMs);
      },
      async end(copies, finish) {
        await connection.batch(listLast(copies, finish), limitMs);
        isEnded = true;
      },
      async copyIn(statement, chunks) {
        if (waiting.length > 0) await send([]);
        await connection.copy(statement, chunks, limitMs);
      },
    });
    if (!isEnded && waiting.length === 0) await connection.query('commit', [], limitMs);
    return result;
  } catch (error) {
    // If the rollback fails, the connection is closed, and the server rolls back.
    await connection.query('rollback', [], rollbackLimitMs).catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    connection.release(isBroken);
  }
}

/** The beginning for a connection that did not open with its settings. */
function beginAtOnce({ settings }: Connection): string {
  return `${beginning.map(({ text }) => text).join('; ')};${settings}`;
}

function* listLast(copies: readonly Copy[], finish: () => readonly Statement[]): Generator<Step> {
  for (const { statement, lines } of copies)
    yield { text: statement, chunks: cutIntoChunks(lines) };
  yield* finish();
  yield { text: 'commit' };
}

/** A rollback is fast; if it takes longer, the connection does not answer. */
const rollbackLimitMs = 5_000;
