import { setTimeout as sleep } from 'node:timers/promises';
import { isRepeatable, translateError } from './connection-errors.ts';
import { openConnections, type Connection, type Connections } from './pool.ts';
import { connectTimeoutMs, describeConnection } from './ways.ts';

/** Anything that runs a statement with bound parameters: the database itself or an open transaction. */
export type Queryable = {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
};

/** An open transaction. */
export type Transaction = Queryable & {
  /** Sends lines in the text format of COPY; `statement` is a `copy … from stdin`. */
  copy(statement: string, lines: Iterable<string>): Promise<void>;
};

/** A pool of connections. Every name in a statement is written with its schema; no session state is ever used. */
export type Database = Queryable & {
  /**
   * Runs `work` in one transaction. When the connection is lost or the transaction is refused as a victim, the whole of
   * `work` is run again for up to about 15 seconds, so it must be safe to repeat: also after a COMMIT whose answer was lost.
   * `limitMs`: how long each of its statements may take, where that is more than usual.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, limitMs?: number): Promise<T>;
  /**
   * The rows of a query, fetched as they are asked for, from one snapshot: a million need no more memory than ten. The
   * connection is held until the last row, or until the loop over them is left. Not tried again when it is lost.
   */
  read<Row>(text: string, values?: readonly unknown[]): AsyncGenerator<Row, void, undefined>;
  close(): Promise<void>;
};

type DatabaseOptions = {
  readonly url: string;
  /** What it is for: follows the name of this program in `pg_stat_activity`. Default: nothing. */
  readonly purpose?: string;
  /** Connections at most; what needs more waits in line for as long as it takes. Default 10. */
  readonly connections?: number;
  /** Ends waiting for a database that is away. */
  readonly signal?: AbortSignal | undefined;
  /** Is told why something is tried again, and for how long at most. */
  readonly onRetry?: ((error: unknown, waitMs: number) => void) | undefined;
  /** How long a lost connection is tried again. Default about 15 seconds; with 0 it fails at once. */
  readonly patienceMs?: number;
  /**
   * A statement that takes longer fails as lost, and its connection is thrown away. Default: a minute; for rows that are
   * read as they are asked for a quarter of an hour.
   */
  readonly queryTimeoutMs?: number | undefined;
};

const retryDelaysMs = [100, 250, 500, 1000, 2000, 3000, 4000, 4000];
/** A server that accepts and stays silent makes each attempt long: no further one begins after this time. */
const usualPatienceMs = 15_000;
/** Many times what a page or a question of the ledger takes on a busy server. */
const usualLimitMs = 60_000;
/** The longest that a statement may take which legitimately takes long: reports over years, sums of large days. */
export const longLimitMs = 900_000;
/**
 * A process that stands still within a transaction (stopped, or cut off with its machine) keeps the locks of the
 * transaction, the fence of its lease among them: after this time Postgres ends it, so that another process can take over.
 */
export const idleTransactionLimit = '10s';
/** `set local`, because it is no state of the session. */
const beginStatement = `begin isolation level read committed; set local idle_in_transaction_session_timeout = '${idleTransactionLimit}';`;

/** Opens a pool; nothing is connected yet. Its errors are known ones, without parameters or row contents. */
export function openDatabase({
  url,
  purpose = '',
  connections = 10,
  signal,
  patienceMs = usualPatienceMs,
  queryTimeoutMs,
  onRetry,
}: DatabaseOptions): Database {
  const limitMs = queryTimeoutMs ?? usualLimitMs;
  const connectionTimeoutMillis = Math.min(connectTimeoutMs, queryTimeoutMs ?? Infinity);
  const plan = describeConnection(url, purpose, connectionTimeoutMillis);
  const pool = openConnections(plan, connections, signal);
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
  // Between two tries nobody keeps a place.
  return {
    query: (text, values = []) =>
      persist(() => inTurn(() => runAlone(pool, text, values, limitMs)), trying),
    transaction: (work, ownLimitMs = limitMs) =>
      persist(() => inTurn(() => runTransaction(pool, work, ownLimitMs)), trying),
    read: (text, values = []) => readRows(pool, turns, text, values, queryTimeoutMs ?? longLimitMs),
    close: () => pool.close(),
  };
}

/** Lets a caller in when it is its turn; the function it resolves to lets the next one in. */
type Turns = () => Promise<() => void>;

/**
 * So many places; whoever finds none waits in line for as long as it takes. In front of a pool of connections, whose own
 * line gives up after the time that is meant for a server that cannot be reached.
 */
function createTurns(places: number): Turns {
  const line: (() => void)[] = [];
  let free = places;
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    return () => {
      const next = line.shift();
      // The place goes on to the next in line: nobody who comes meanwhile takes it.
      if (next === undefined) free += 1;
      else next();
    };
  };
}

/** One statement; in a transaction of its own where something has to be set for it. */
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
  try {
    await connection.query(`${beginStatement}${connection.settings}`, [], limitMs);
    const result = await work({
      query: (text, values = []) => connection.query(text, values, limitMs),
      copy: (statement, lines) => connection.copy(statement, cutIntoChunks(lines), limitMs),
    });
    await connection.query('commit', [], limitMs);
    return result;
  } catch (error) {
    // A connection whose rollback fails is thrown away; the server rolls back by itself.
    await connection.query('rollback', [], rollbackLimitMs).catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    connection.release(isBroken);
  }
}

/** It has nothing to do; what takes longer is a connection that does not answer. */
const rollbackLimitMs = 5_000;
/** Rows fetched at a time. */
const batchRows = 1000;

async function* readRows<Row>(
  pool: Connections,
  turns: Turns,
  text: string,
  values: readonly unknown[],
  limitMs: number,
): AsyncGenerator<Row, void, undefined> {
  const leave = await turns();
  let connection: Connection | undefined;
  let done = false;
  try {
    connection = await pool.take();
    // All rows will be wanted: plan for the whole, not for the first tenth.
    const begin = `begin read only; set local cursor_tuple_fraction = 1;${connection.settings}`;
    await connection.query(begin, [], limitMs);
    await connection.query(`declare wanted no scroll cursor for ${text}`, values, limitMs);
    for (;;) {
      const rows = await connection.query<Row>(`fetch ${batchRows} from wanted`, [], limitMs);
      yield* rows;
      if (rows.length < batchRows) break;
    }
    await connection.query('commit', [], limitMs);
    done = true;
  } catch (error) {
    throw translateError(error);
  } finally {
    // Left in the middle or failed: the server forgets the cursor with the connection.
    connection?.release(!done);
    leave();
  }
}

/** A whole page in one string would lie in the memory that is cleaned up last. */
const chunkCharacters = 64 * 1024;

function* cutIntoChunks(lines: Iterable<string>): Generator<Buffer> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < chunkCharacters) continue;
    yield Buffer.from(chunk);
    chunk = '';
  }
  if (chunk !== '') yield Buffer.from(chunk);
}

async function persist<T>(
  work: () => Promise<T>,
  { patienceMs = 0, signal, onRetry }: Pick<DatabaseOptions, 'patienceMs' | 'signal' | 'onRetry'>,
): Promise<T> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (const [tries, delayMs] of retryDelaysMs.entries()) {
    try {
      return await work();
    } catch (error) {
      // The first try may have taken long before its connection was lost, or this process stood still.
      const late = performance.now() > giveUpAtMs && (tries > 0 || patienceMs === 0);
      if (!isRepeatable(error) || signal?.aborted === true || late) throw translateError(error);
      onRetry?.(translateError(error), giveUpAtMs - performance.now());
    }
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
  return work().catch((error: unknown) => {
    throw translateError(error);
  });
}
