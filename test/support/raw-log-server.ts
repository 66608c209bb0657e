/** A server of the logs whose records are bytes: whatever a test wants to be sent is sent as it is. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A record as it is sent, and the second that the server files it under. */
export type RawRecord = { readonly second: number; readonly content: string | Buffer };

/** The records of both logs; they may change at any time. */
export type RawLogServer = {
  readonly origin: string;
  records: Record<'audit_logs' | 'access_logs', readonly RawRecord[]>;
  /** What is answered to other paths, in place of the usual. */
  others: Record<string, string>;
  /** The largest number of records in a page, whatever is requested; default: as many as requested. */
  mostRecords: () => number;
  /** Has the last word about the envelope of a page; default: as it is. */
  changeMeta: (meta: PageMeta) => object;
  /** Answers a request for a log in its own way; false: it is answered as usual. */
  answerOddly: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Whether every second request finds the list the other way round. */
  turns: boolean;
  /** How many pages of logs were requested. */
  requests: number;
  close(): void;
};

/** What a page says of itself. */
export type PageMeta = { readonly has_more: boolean; readonly after_cursor: string | null };

/** Starts the server on a free port of 127.0.0.1. */
export async function startRawLogServer(): Promise<RawLogServer> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    request.resume();
    const stream = pathname.replace('/api/v2/', '');
    response.setHeader('date', new Date().toUTCString());
    response.setHeader('content-type', 'application/json');
    const other = served.others[pathname];
    if (other !== undefined) response.end(other);
    else if (stream === 'audit_logs' || stream === 'access_logs') {
      served.requests += 1;
      if (!served.answerOddly(request, response))
        response.end(renderPage(stream, served, searchParams));
    } else if (pathname === '/oauth/tokens')
      response.end('{"access_token":"token-of-raw-logs","scope":"read","expires_in":1800}');
    else if (pathname === '/api/v2/users') response.end('{"users":[],"meta":{"has_more":false}}');
    else if (pathname === '/api/v2/users/show_many') response.end('{"users":[]}');
    else {
      response.statusCode = 404;
      response.end('{"error":"InvalidEndpoint"}');
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const served: RawLogServer = {
    origin: `http://127.0.0.1:${port}`,
    records: { audit_logs: [], access_logs: [] },
    others: {},
    mostRecords: () => Infinity,
    changeMeta: (meta) => meta,
    answerOddly: () => false,
    turns: false,
    requests: 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return served;
}

function renderPage(
  stream: 'audit_logs' | 'access_logs',
  { records, mostRecords, changeMeta, turns, requests }: RawLogServer,
  asked: URLSearchParams,
): Buffer {
  const [from, until] = [
    ...asked.getAll('filter[created_at][]'),
    asked.get('filter[start]'),
    asked.get('filter[end]'),
  ].filter((moment) => moment !== null);
  const isTurned = turns && requests % 2 === 0;
  const matching = records[stream]
    .filter(({ second }) => from === undefined || second >= Date.parse(from) / 1000)
    .filter(({ second }) => until === undefined || second <= Date.parse(until) / 1000)
    .toSorted((a, b) => (isTurned ? b.second - a.second : a.second - b.second));
  const start = Number(asked.get('page[after]') ?? 0);
  const end = start + Math.min(Number(asked.get('page[size]')), mostRecords());
  const shown = matching.slice(start, end).map(({ content }) => Buffer.from(content));
  const meta = changeMeta({
    has_more: end < matching.length,
    after_cursor: shown.length === 0 ? null : String(end),
  });
  return Buffer.concat([
    Buffer.from(`{"${stream}":[`),
    ...shown.flatMap((record, place) => (place === 0 ? [record] : [Buffer.from(','), record])),
    Buffer.from(`],"meta":${JSON.stringify(meta)}}`),
  ]);
}
