/**
 * The connections of one database. Every statement on them has a longest time on this side, because a connection that was
 * forgotten by a firewall neither answers nor ends: then it is thrown away, and its statement fails as lost.
 */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type Client, type PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { foreignCodeOf, KnownError } from '../errors.ts';
import { createChoice } from './choosing.ts';
import { isStartupRefused } from './connection-errors.ts';
import { createClient, findUnsettled } from './session-settings.ts';
import { sqlstates } from './sqlstates.ts';
import { connectTimeoutMs, type ConnectionPlan } from './ways.ts';

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

/** After a signal the running page ends. What has no answer by then is given up, so that the process can end in time. */
const stopGraceMs = 5_000;
/** How long what comes after that is tried: the ends of runs, leases to give back. */
const lastLimitMs = 500;
/** How long the ends of connections are waited for. */
const closeMs = 1_000;

/** Ends a connection without a word. */
function cut(client: unknown): void {
  (client as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
}

/** Opens a pool; nothing is connected yet. Its errors are those of the driver, and `database_unreachable` for silence. */
export function openConnections(
  { route, config }: ConnectionPlan,
  most: number,
  signal: AbortSignal | undefined,
): Connections {
  const open = new Set<Client>();
  const settings = new WeakMap<PoolClient, string>();
  const choice = createChoice(route);
  const end = createEnd(signal);
  let isPlain = false;

  const pool = new Pool({ ...config, max: most, Client: asConstructor(create) });
  // An idle connection that drops raises an error event; unheard, it would end the process. The next query reconnects.
  pool.on('error', () => {});

  function create(): Client {
    const client = createClient({ ...config, ...choice.current().config }, () => isPlain);
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
      const connecting = choice.connect({
        open: connect,
        ask: (client, text) => askOne(end, client, text),
        discard: (client) => client.release(true),
      });
      const patienceMs = (route.ways.length + 1) * connectTimeoutMs;
      const client = await end.race(connecting, patienceMs, (late) => late.release(true));
      try {
        return lend(client, await settle(client), end);
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
    async close() {
      end.close();
      await endAll(pool, open);
    },
  };
}

async function askOne(
  end: End,
  client: PoolClient,
  text: string,
): Promise<Record<string, unknown>> {
  const { rows } = await within(end, client, connectTimeoutMs, () =>
    client.query<Record<string, unknown>>(text),
  );
  return rows[0] ?? {};
}

/** Ends the connections of a pool, and cuts those that do not end. */
async function endAll(pool: Pool, open: ReadonlySet<Client>): Promise<void> {
  const ended = [...open].map((client) => new Promise((done) => client.once('end', done)));
  const timer = new AbortController();
  const timeUp = sleep(closeMs, undefined, { signal: timer.signal });
  await Promise.race([Promise.all([pool.end(), ...ended]), timeUp]);
  timer.abort();
  open.forEach(cut);
}

function lend(client: PoolClient, settings: string, end: End): Connection {
  let isDemoted = false;
  return {
    settings,
    query: <Row>(text: string, values: readonly unknown[], limitMs: number) =>
      within(end, client, limitMs, async () => {
        const { rows } = await client.query(text, [...values]).catch((error: unknown) => {
          // The server became a standby under the connection: the next one looks for the primary.
          isDemoted ||= foreignCodeOf(error) === sqlstates.readOnlySqlTransaction;
          throw error;
        });
        return rows as Row[];
      }),
    copy: (statement, chunks, limitMs) =>
      within(end, client, limitMs, () =>
        pipeline(Readable.from(chunks), client.query(copyFrom(statement))),
      ),
    release: (isBroken) => client.release(isBroken || isDemoted),
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
function asConstructor(create: () => Client): new () => Client {
  function construct(): Client {
    return create();
  }
  return construct as unknown as new () => Client;
}

/** The end of waiting, a while after a signal. */
type End = {
  /** Calls `giveUp` when the time is up, or at the end. The function it returns keeps it from that. */
  limit(limitMs: number, giveUp: () => void): () => void;
  /** What `work` comes to, unless the time is up or the end comes; what comes of it later goes to `discard`. */
  race<T>(work: Promise<T>, limitMs: number, discard: (late: T) => void): Promise<T>;
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
    async race(work, limitMs, discard) {
      const { promise, reject } = Promise.withResolvers<never>();
      let isLate = false;
      const release = limit(limitMs, () => {
        isLate = true;
        reject(silence(limitMs));
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
    found: `Postgres did not answer within ${limitMs / 1000} s, and the connection was closed`,
    wayOut: 'Check the network between this machine and Postgres, and what Postgres is busy with',
    systemCode: 'ETIMEDOUT',
  });
}
