import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that has come whole. */
export type Received = { readonly method: string; readonly path: string; readonly body: string };

/** An HTTP server that remembers what it was sent: a watcher of heartbeats, a collector of traces. */
export type Receiver = {
  readonly origin: string;
  readonly received: readonly Received[];
  /** How it answers from now on; default: 200 without a body. */
  answerWith(answer: (response: ServerResponse) => void): void;
  stop(): Promise<void>;
};

/** Starts one on a free port of this machine. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let answer = (response: ServerResponse): void => void response.end();
  const server = createServer((request, response) => {
    void readText(request).then(
      (body) => {
        received.push({ method: request.method ?? '', path: request.url ?? '', body });
        answer(response);
      },
      // The sender has given up before it was whole.
      () => {},
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    received,
    answerWith(next) {
      answer = next;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
