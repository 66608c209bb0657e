/**
 * The connections of one database. Every statement has a time limit on this side, because a connection that a firewall has
 * forgotten neither answers nor ends: then it is closed, and its statement fails as lost.
 */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type Client, type PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { foreignCodeOf } from '../errors.ts';
import { createBatch, type Step } from './batch.ts';
import { createChoice } from './choosing.ts';
import { isStartupRefused } from './connection-errors.ts';
import { writeHere } from './schema-names.ts';
import { createClient, findUnsettled } from './session-settings.ts';
import { sqlstates } from './sqlstates.ts';
import { createEnd, silence, type End } from './waiting.ts';
import { connectTimeoutMs, type ConnectionPlan } from './ways.ts';

/** A connection in use. */
export type Connection = {
  /** Settings for each transaction, as statements, because the connection did not open with them; usually empty. */
  readonly settings: string;
  query<Row>(text: string, values: readonly unknown[], limitMs: number): Promise<Row[]>;
  /** Several steps in one round trip; the rows of each. After the first error the others are skipped. */
  batch(steps: Iterable<Step>, limitMs: number): Promise<unknown[][]>;
  /** Sends the text of a `copy … from stdin`. */
  copy(
    statement: string,
    chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
    limitMs: number,
  ): Promise<void>;
  /** The text of a `copy … to stdout`, in pieces; `limitMs` is for each of them. */
  copyOut(statement: string, limitMs: number): AsyncGenerator<Buffer, void, undefined>;
  /** Returns it to the pool, or closes it. */
  release(isBroken: boolean): void;
};

/** Connections that are kept open for the next use. */
export type Connections = {
  take(): Promise<Connection>;
  /** Ends all of them; one that no longer answers is cut. */
  close(): Promise<void>;
};

/** How long to wait for the end of connections. */
const closeMs = 1_000;

/** Closes a connection without a message to the server. */
function cut(client: unknown): void {
  (client as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
}

/** Opens a pool; nothing is connected yet. Its errors are those of the driver, and `database_unreachable` for silence. */
export function openConnections(
  { route, config, settings: others }: ConnectionPlan,
  most: number,
  signal: AbortSignal | undefined,
): Connections {
  const open = new Set<Client>();
  const settings = new WeakMap<PoolClient, string>();
  const choice = createChoice(route);
  const end = createEnd(signal);
  let isPlain = false;

  const pool = new Pool({ ...config, max: most, Client: asConstructor(create) });
  // A dropped idle connection emits an error event; without a listener it would end the process. The next query reconnects.
  pool.on('error', () => {});

  function create(): Client {
    const client = createClient({ ...config, ...choice.current().config }, () => isPlain, others);
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
    const found = await within(end, client, connectTimeoutMs, () => findUnsettled(client, others));
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
  const noteDemotion = (error: unknown): never => {
    // The server became a standby during the connection: the next one looks for the primary.
    isDemoted ||= foreignCodeOf(error) === sqlstates.readOnlySqlTransaction;
    throw error;
  };
  return {
    settings,
    query: <Row>(text: string, values: readonly unknown[], limitMs: number) =>
      within(end, client, limitMs, async () => {
        const { rows } = await client.query(writeHere(text), [...values]).catch(noteDemotion);
        return rows as Row[];
      }),
    batch: (steps, limitMs) =>
      within(end, client, limitMs, () => {
        const { submittable, answers } = createBatch(steps);
        client.query(submittable);
        return answers.catch(noteDemotion);
      }),
    copy: (statement, chunks, limitMs) =>
      within(end, client, limitMs, () =>
        pipeline(Readable.from(chunks), client.query(copyFrom(writeHere(statement)))),
      ),
    async *copyOut(statement, limitMs) {
      const copied = client.query(copyTo(writeHere(statement)));
      const pieces: AsyncIterator<Buffer> = copied[Symbol.asyncIterator]();
      for (;;) {
        const piece = await within(end, client, limitMs, () => pieces.next());
        if (piece.done === true) return;
        yield piece.value;
      }
    },
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

/** The pool needs something to call with `new`. */
function asConstructor(create: () => Client): new () => Client {
  function construct(): Client {
    return create();
  }
  return construct as unknown as new () => Client;
}
