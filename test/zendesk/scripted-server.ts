/** A real HTTP server that answers from a script and remembers its requests. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** One answer: its parts, or a function that handles the connection itself. */
export type Reply =
  | {
      status?: number;
      headers?: Record<string, string>;
      /** An object is sent as JSON. */
      body?: string | Buffer | object;
    }
  | ((response: ServerResponse) => void);

export type SeenRequest = {
  method: string;
  path: string;
  query: [string, string][];
  headers: IncomingHttpHeaders;
  body: string;
};

export type ScriptedServer = {
  origin: string;
  /** All requests but those for tokens. */
  requests: SeenRequest[];
  tokenRequests: SeenRequest[];
  /** Ends it before the test ends. */
  stop(): void;
};

export type Script = {
  /** Answers in order; the last one is repeated. */
  replies?: Reply[];
  /** The same for `POST /oauth/tokens`. */
  tokenReplies?: Reply[];
  /** Default: any free one. */
  port?: number;
};

/** Starts a server on a free port of 127.0.0.1 and stops it after the test. */
export async function startServer(test: TestContext, script: Script): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  const tokenRequests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    // Its own time would be the machine's, not that of the test run.
    response.setHeader('date', new Date().toUTCString());
    const url = new URL(request.url ?? '', 'http://server');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const forToken = url.pathname === '/oauth/tokens';
      const seen = forToken ? tokenRequests : requests;
      seen.push({
        method: request.method ?? '',
        path: url.pathname,
        query: [...url.searchParams],
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const replies = (forToken ? script.tokenReplies : script.replies) ?? [];
      answer(response, replies[Math.min(seen.length, replies.length) - 1] ?? { status: 599 });
    });
  });
  await new Promise<void>((resolve) => void server.listen(script.port ?? 0, '127.0.0.1', resolve));
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  test.after(stop);
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, requests, tokenRequests, stop };
}

function answer(response: ServerResponse, reply: Reply): void {
  if (typeof reply === 'function') {
    reply(response);
    return;
  }
  const { status = 200, headers = {}, body = '' } = reply;
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  response.writeHead(status, {
    'content-type': raw ? 'text/plain' : 'application/json',
    ...headers,
  });
  response.end(raw ? body : JSON.stringify(body));
}

/** A page of audit logs in the envelope of contract 0.3; with a cursor it is not the last one. */
export function auditPage(ids: number[], cursor?: string): Reply {
  return {
    body: {
      audit_logs: ids.map((id) => ({ id })),
      meta: { has_more: cursor !== undefined, after_cursor: cursor ?? null, before_cursor: null },
      links: { next: 'https://elsewhere.example/api/v2/audit_logs.json?page%5Bafter%5D=stolen' },
    },
  };
}

/** A token answer of contract 6.1. */
export function tokenReply(token: string, more: Record<string, unknown> = {}): Reply {
  return {
    status: 201,
    body: { access_token: token, token_type: 'bearer', scope: 'read', expires_in: 7200, ...more },
  };
}
