import { once } from 'node:events';
import { createServer, request as ask, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request that went through: its path, and when it came and was answered, in milliseconds since 1970. */
export type Forwarded = { readonly path: string; readonly from: number; until: number };

/** A separate address of the simulator for a process, so that a test sees which process requested what. */
export type Forwarder = {
  readonly origin: string;
  readonly requests: readonly Forwarded[];
  readonly stop: () => Promise<void>;
};

/** Starts a server that forwards every request to another origin, and returns its answer; with a certificate it uses TLS. */
export async function startForwarder(
  origin: string,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Forwarder> {
  const requests: Forwarded[] = [];
  const handle: RequestListener = (incoming, response) => {
    const target = new URL(incoming.url ?? '/', origin);
    const record = { path: target.pathname, from: Date.now(), until: Infinity };
    requests.push(record);
    response.once('close', () => (record.until = Date.now()));
    const outgoing = ask(target, { method: incoming.method, headers: incoming.headers });
    outgoing.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.once('error', () => response.destroy());
    response.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
