import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Pool, type PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { isRepeatable, translateError } from './connection-errors.ts';

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
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * The rows of a query, fetched as they are asked for, from one snapshot: a million need no more memory than ten. The
   * connection is held until the last row, or until the loop over them is left. Not tried again when it is lost.
   */
  read<Row>(text: string, values?: readonly unknown[]): AsyncGenerator<Row, void, undefined>;
  close(): Promise<void>;
};

type DatabaseOptions = {
  readonly url: string;
  /** Connections at most; what needs more waits in line for as long as it takes. Default 10. */
  readonly connections?: number;
  /** Ends waiting for a database that is away. */
  readonly signal?: AbortSignal;
  /** How long a lost connection is tried again. Default about 15 seconds; with 0 it fails at once. */
  readonly patienceMs?: number;
  /** A statement that takes longer fails, and its connection is thrown away. Default: no limit. */
  readonly queryTimeoutMs?: number;
};

const retryDelaysMs = [100, 250, 500, 1000, 2000, 3000, 4000, 4000];
/** A server that accepts and stays silent makes each attempt long: no further one begins after this time. */
const usualPatienceMs = 15_000;
const connectTimeoutMs = 7_500;
/**
 * A process that stands still within a transaction (stopped, or cut off with its machine) keeps the locks of the
 * transaction, the fence of its lease among them: after this time Postgres ends it, so that another process can take over.
 */
export const idleTransactionLimit = '10s';
/** `set local`, because it is no state of the session. */
const beginStatement = `begin; set local idle_in_transaction_session_timeout = '${idleTransactionLimit}'`;

/** Opens a pool; nothing is connected yet. Its errors are known ones, without parameters or row contents. */
export function openDatabase({
  url,
  connections = 10,
  signal,
  patienceMs = usualPatienceMs,
  queryTimeoutMs,
}: DatabaseOptions): Database {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: Math.min(connectTimeoutMs, queryTimeoutMs ?? Infinity),
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
    application_name: 'zendesk-log-sync',
    keepAlive: true,
  });
  // An idle connection that drops raises an error event; unheard, it would end the process. The next query reconnects.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  const turns = createTurns(connections);
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
      persist(() => inTurn(() => run(pool, text, values)), patienceMs, signal),
    transaction: (work) =>
      persist(() => inTurn(() => runTransaction(pool, work)), patienceMs, signal),
    read: (text, values = []) => readRows(pool, turns, text, values),
    close: () => pool.end(),
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

async function runTransaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: unknown;
  try {
    await client.query(beginStatement);
    const result = await work({
      query: (text, values = []) => run(client, text, values),
      copy: (statement, lines) => copyLines(client, statement, lines),
    });
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection whose rollback fails is thrown away; the server rolls back by itself.
    await client.query('rollback').catch((reason: unknown) => {
      broken = reason;
    });
    throw error;
  } finally {
    client.release(broken !== undefined);
  }
}

/** Rows fetched at a time. */
const batchRows = 1000;

async function* readRows<Row>(
  pool: Pool,
  turns: Turns,
  text: string,
  values: readonly unknown[],
): AsyncGenerator<Row, void, undefined> {
  const leave = await turns();
  let client: PoolClient | undefined;
  let done = false;
  try {
    client = await pool.connect();
    // All rows will be wanted: plan for the whole, not for the first tenth.
    await client.query('begin read only; set local cursor_tuple_fraction = 1');
    await client.query(`declare wanted no scroll cursor for ${text}`, [...values]);
    for (;;) {
      const rows = await run<Row>(client, `fetch ${batchRows} from wanted`, []);
      yield* rows;
      if (rows.length < batchRows) break;
    }
    await client.query('commit');
    done = true;
  } catch (error) {
    throw translateError(error);
  } finally {
    // Left in the middle or failed: the server forgets the cursor with the connection.
    client?.release(!done);
    leave();
  }
}

async function run<Row>(
  target: Pool | PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const result = await target.query(text, [...values]);
  return result.rows as Row[];
}

/** A whole page in one string would lie in the memory that is cleaned up last. */
const chunkCharacters = 64 * 1024;

async function copyLines(
  client: PoolClient,
  statement: string,
  lines: Iterable<string>,
): Promise<void> {
  await pipeline(Readable.from(cutIntoChunks(lines)), client.query(copyFrom(statement)));
}

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
  patienceMs: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (const [tries, delayMs] of retryDelaysMs.entries()) {
    try {
      return await work();
    } catch (error) {
      // The first try may have taken long before its connection was lost, or this process stood still.
      const late = performance.now() > giveUpAtMs && (tries > 0 || patienceMs === 0);
      if (!isRepeatable(error) || signal?.aborted === true || late) throw translateError(error);
    }
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
  return work().catch((error: unknown) => {
    throw translateError(error);
  });
}
