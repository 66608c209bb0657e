/** The window to the outside: health, status and metrics over plain HTTP. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { explainError, foreignCodeOf, refuseInput } from '../errors.ts';
import type { Log } from '../logger.ts';
import type { Stream } from '../streams/stream.ts';
import { answer, json, type Answer } from './answers.ts';
import type { Schedules } from './metrics.ts';
import { openLedgerQuestions, type QuestionTimes } from './ledger-questions.ts';
import type { Metrics } from './metrics.ts';

export type HttpOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Secret. */
  readonly databaseUrl: string;
  readonly metrics: Metrics;
  /** The schedules that must go on for the process to be called alive. */
  readonly scheduler: Schedules;
  /** Every stream, in the order in which they are shown. */
  readonly streams: readonly Stream[];
  /** Aborted when the process is to end: from then on it is not ready. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Default: kept for 3 seconds, waited for 4. */
  readonly times?: QuestionTimes;
};

export type HttpServer = {
  readonly host: string;
  readonly port: number;
  /** Ends at once, whoever is connected. */
  close(): Promise<void>;
};

/** More is not needed for the lines of a GET. */
const headersTimeoutMs = 10_000;

/**
 * Listens and answers until it is closed.
 *
 * @throws {KnownError} `bad_input` when it cannot listen there
 */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { host, port, log, metrics, signal } = options;
  const questions = openLedgerQuestions(options.databaseUrl, options.streams, options.times);
  const sources = {
    questions,
    metrics,
    scheduler: options.scheduler,
    isStopping: () => signal.aborted,
  };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?');
    const found = await answer(request.method ?? '', path, sources).catch((error: unknown) => {
      log.error({ err: error }, explainError(error));
      return json(500, { reason: explainError(error) });
    });
    send(response, found);
  }

  const server = createServer({ headersTimeout: headersTimeoutMs }, (request, response) => {
    // A probe that hangs up is no concern of ours.
    response.on('error', () => {});
    void respond(request, response);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  } catch (error) {
    await questions.close();
    throw explainListenError(error, host, port);
  }
  // A single connection that cannot be accepted must not end the process.
  server.on('error', (error) => log.warn({ err: error }, 'HTTP: a connection was not accepted'));

  return {
    host,
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await questions.close();
    },
  };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(body);
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
