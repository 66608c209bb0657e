/**
 * The connections of one database. Every statement on them has a longest time on this side, because a connection that was
 * forgotten by a firewall neither answers nor ends: then it is thrown away, and its statement fails as lost.
 */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type Client, type ClientConfig, type PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { KnownError } from '../errors.ts';
import { isStartupRefused } from './connection-errors.ts';
import { createClient, findUnsettled } from './session-settings.ts';

/** A connection for as long as somebody uses it. */
export type Connection = {
  /** What is to be set for each transaction, as statements, because the connection did not open with it; usually empty. */
  readonly settings: string;
  query<Row>(text: string, values: readonly unknown[], limitMs: number): Promise<Row[]>;
  /** Sends the text of a `copy … from stdin`. */
  copy(statement: string, chunks: Iterable<Buffer>, limitMs: number): Promise<void>;
  /** Gives it back, or throws it away. */
  release(isBroken: boolean): void;
};

/** Connections that are kept open for the next who needs one. */
export type Connections = {
  take(): Promise<Connection>;
  /** Ends all of them; one that does not answer any more is cut. */
  close(): Promise<void>;
};

/** How long a server that does not answer is waited for. */
export const connectTimeoutMs = 7_500;
/** A connection that has been silent for so long is asked for a sign of life by the system. */
const keepAliveMs = 10_000;
/** After a signal the running page ends. What has no answer by then is given up, so that the process can end in time. */
const stopGraceMs = 5_000;
/** How long what comes after that is tried: the ends of runs, leases to give back. */
const lastLimitMs = 500;
/** How long the ends of connections are waited for. */
const closeMs = 1_000;

/** What every connection of this program is opened with. `purpose` follows its name in `pg_stat_activity`. */
export function describeConnection(url: string, purpose = ''): ClientConfig {
  return {
    connectionString: url,
    application_name: `zendesk-log-sync ${purpose}`.trim(),
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
  };
}

/** Ends a connection without a word. */
function cut(client: unknown): void {
  (client as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
}

/** Opens a pool; nothing is connected yet. Its errors are those of the driver, and `database_unreachable` for silence. */
export function openConnections(
  config: ClientConfig,
  most: number,
  signal: AbortSignal | undefined,
): Connections {
  const open = new Set<Client>();
  const settings = new WeakMap<PoolClient, string>();
  const end = createEnd(signal);
  let isPlain = false;

  const pool = new Pool({ ...config, max: most, Client: asConstructor(create) });
  // An idle connection that drops raises an error event; unheard, it would end the process. The next query reconnects.
  pool.on('error', () => {});

  function create(given: ClientConfig): Client {
    const client = createClient(given, () => isPlain);
    client.on('error', () => {});
    open.add(client);
    client.once('end', () => open.delete(client));
    return client;
  }

  async function connect(): Promise<PoolClient> {
    try {
      return await pool.connect();
    } catch (error) {
      if (isPlain || !isStartupRefused(error)) throw error;
      isPlain = true;
      return pool.connect();
    }
  }

  async function settle(client: PoolClient): Promise<string> {
    const known = settings.get(client);
    if (known !== undefined) return known;
    const found = await within(end, client, connectTimeoutMs, () => findUnsettled(client));
    settings.set(client, found);
    return found;
  }

  return {
    async take() {
      const client = await end.race(connect(), (late) => late.release(true));
      try {
        return lend(client, await settle(client), end);
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
    async close() {
      end.close();
      const ended = [...open].map((client) => new Promise((done) => client.once('end', done)));
      const timer = new AbortController();
      const timeUp = sleep(closeMs, undefined, { signal: timer.signal });
      await Promise.race([Promise.all([pool.end(), ...ended]), timeUp]);
      timer.abort();
      open.forEach(cut);
    },
  };
}

function lend(client: PoolClient, settings: string, end: End): Connection {
  return {
    settings,
    query: <Row>(text: string, values: readonly unknown[], limitMs: number) =>
      within(end, client, limitMs, async () => {
        const { rows } = await client.query(text, [...values]);
        return rows as Row[];
      }),
    copy: (statement, chunks, limitMs) =>
      within(end, client, limitMs, () =>
        pipeline(Readable.from(chunks), client.query(copyFrom(statement))),
      ),
    release: (isBroken) => client.release(isBroken),
  };
}

async function within<T>(
  end: End,
  client: PoolClient,
  limitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  let isLate = false;
  const release = end.limit(limitMs, () => {
    isLate = true;
    cut(client);
  });
  try {
    return await work();
  } catch (error) {
    throw isLate ? silence(limitMs) : error;
  } finally {
    release();
  }
}

/** The pool wants something to call with `new`. */
function asConstructor(create: (config: ClientConfig) => Client): new () => Client {
  function construct(config: ClientConfig): Client {
    return create(config);
  }
  return construct as unknown as new () => Client;
}

/** The end of waiting, a while after a signal. */
type End = {
  /** Calls `giveUp` when the time is up, or at the end. The function it returns keeps it from that. */
  limit(limitMs: number, giveUp: () => void): () => void;
  /** What `work` comes to, unless the end comes first; what comes of it later goes to `discard`. */
  race<T>(work: Promise<T>, discard: (late: T) => void): Promise<T>;
  close(): void;
};

function createEnd(signal: AbortSignal | undefined): End {
  const waiting = new Set<() => void>();
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => {
      isOver = true;
      for (const giveUp of waiting) giveUp();
    }, stopGraceMs).unref();
  };
  if (signal?.aborted === true) begin();
  else signal?.addEventListener('abort', begin, { once: true });

  function limit(limitMs: number, giveUp: () => void): () => void {
    const own = setTimeout(giveUp, isOver ? Math.min(limitMs, lastLimitMs) : limitMs);
    waiting.add(giveUp);
    return () => {
      clearTimeout(own);
      waiting.delete(giveUp);
    };
  }

  return {
    limit,
    async race(work, discard) {
      const { promise, reject } = Promise.withResolvers<never>();
      let isLate = false;
      const release = limit(2 * connectTimeoutMs, () => {
        isLate = true;
        reject(silence(2 * connectTimeoutMs));
      });
      work.then(
        (late) => {
          if (isLate) discard(late);
        },
        () => {},
      );
      return Promise.race([work, promise]).finally(release);
    },
    close() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', begin);
    },
  };
}

function silence(limitMs: number): KnownError {
  return new KnownError('database_unreachable', {
    found: `Postgres gave no answer (waited for up to ${limitMs / 1000} s), and the connection was given up`,
    wayOut: 'Check the network between here and Postgres, and what Postgres is busy with',
    systemCode: 'ETIMEDOUT',
  });
}
