/** Health, status, metrics and the page over plain HTTP. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { explainError, foreignCodeOf, isFrom, refuseInput } from '../errors.ts';
import type { Log } from '../logger.ts';
import type { Perform } from '../page/action.ts';
import type { Stream } from '../streams/stream.ts';
import { openEveryLedger, type ServedDatabase } from './databases.ts';
import type { QuestionTimes } from './ledger-questions.ts';
import type { Metrics, Schedules } from './metrics.ts';
import { addMonitoring, json, monitoringPaths, type Sources } from './answers.ts';
import { openPage, type Page, type PageOptions } from './page/page.ts';

export type HttpOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** At least one. */
  readonly databases: readonly ServedDatabase[];
  readonly metrics: Metrics;
  /** The schedules that must tick while the process counts as alive. */
  readonly scheduler: Schedules;
  /** Every stream, in the order in which they are shown. */
  readonly streams: readonly Stream[];
  /** Aborted when the process must end: from then on it is not ready. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Default: kept for 3 seconds, waits for 4. */
  readonly times?: QuestionTimes;
  /** Without it there is no page. */
  readonly page?: PageOptions | undefined;
};

export type HttpServer = {
  readonly host: string;
  readonly port: number;
  /** From now on what people want done in the page is done by this; undefined: no longer. */
  readonly offer: (perform: Perform | undefined) => void;
  /** Ends at once, even if clients are connected. */
  close(): Promise<void>;
};

/** The headers of a GET do not need more. */
const headersTimeoutMs = 10_000;

/**
 * Listens and answers until it is closed.
 *
 * @throws {KnownError} `bad_input` when it cannot listen there
 */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { host, port, log, metrics, signal } = options;
  const ledgers = openEveryLedger(options.databases, options.streams, options.times);
  const sources = {
    ledgers,
    metrics,
    scheduler: options.scheduler,
    isStopping: () => signal.aborted,
  };

  const page = options.page && openPage(options.page, options.databases, log);
  const app = createApp(sources, page, log);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer({ headersTimeout: headersTimeoutMs }, (request, response) => {
    // A probe that closes its connection does not matter.
    response.on('error', () => {});
    void listener(request, response);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  } catch (error) {
    await page?.close();
    await ledgers.close();
    throw explainListenError(error, host, port);
  }
  // A single connection that cannot be accepted must not end the process.
  server.on('error', (error) => log.warn({ err: error }, 'HTTP: a connection was not accepted'));

  return {
    host,
    port: (server.address() as AddressInfo).port,
    offer: (perform) => page?.offer(perform),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await page?.close();
      await ledgers.close();
    },
  };
}

function createApp(sources: Sources, page: Page | undefined, log: Log): Hono {
  const app = new Hono();
  addMonitoring(app, sources);
  page?.addTo(app);
  const known = monitoringPaths.join(', ');
  const reason =
    page === undefined
      ? `There is nothing here. The pages are ${known}.`
      : `There is nothing here. The page is at /; monitoring has ${known}.`;
  app.notFound(() => json(404, { reason }));
  app.onError((error) => {
    // Nothing is wrong here: Postgres is away, slow or being updated.
    if (isFrom(error, 'database')) return json(503, { reason: error.message });
    log.error({ err: error }, explainError(error));
    return json(500, { reason: explainError(error) });
  });
  return app;
}

function explainListenError(error: unknown, host: string, port: number): unknown {
  const code = foreignCodeOf(error);
  if (code === undefined) return error;
  const noAddress = `HTTP_HOST is ${JSON.stringify(host)}, where nothing can listen (${code}). Use an address of this machine: 127.0.0.1, or to 0.0.0.0 for every address.`;
  return refuseInput([portProblems(host, port).get(code) ?? noAddress]);
}

function portProblems(host: string, port: number): ReadonlyMap<string, string> {
  return new Map([
    [
      'EADDRINUSE',
      `HTTP_PORT is ${port}, which another program already uses on ${host}. Set another port, or 0 to switch HTTP off.`,
    ],
    [
      'EACCES',
      `HTTP_PORT is ${port}, which this user is not allowed to use. Set a port above 1023, or 0 to switch HTTP off.`,
    ],
  ]);
}
