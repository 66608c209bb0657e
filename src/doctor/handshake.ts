/** One connection to an origin, directly or through a proxy, without a request. */
import { once } from 'node:events';
import { request as askHttp, type IncomingMessage } from 'node:http';
import { request as askHttps } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Proxy } from '../proxy.ts';

/** The result of a connection. */
type Handshake = { readonly validTo: Date | undefined };

const patienceMs = 10_000;

/** The proxy answered with a status instead of a connection. */
export class TunnelError extends Error {
  override name = 'TunnelError';
  readonly status: number;

  constructor(status: number) {
    super('the proxy refuses');
    this.status = status;
  }
}

/**
 * Connects, with a TLS handshake for https; the certificate is checked as the Zendesk client does. @throws {TunnelError}
 * what the proxy answers @throws an error of the system, or the signal's reason
 */
export async function shakeHands(
  origin: string,
  proxy: Proxy | undefined,
  signal: AbortSignal,
): Promise<Handshake> {
  const { protocol, hostname, port } = new URL(origin);
  const isSecure = protocol === 'https:';
  const host = bareHost(hostname);
  const place = { host, port: Number(port) || (isSecure ? 443 : 80) };
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  const timer = setTimeout(
    () => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
    patienceMs,
  );
  signal.addEventListener('abort', onAbort, { once: true });
  const opened: Socket[] = [];
  const connect = async (): Promise<Handshake> => {
    const way = proxy === undefined ? undefined : await openWay(proxy, place, isSecure, opened);
    if (!isSecure) {
      if (way === undefined) await once(keep(opened, connectTcp(place)), 'connect');
      return { validTo: undefined };
    }
    const socket = connectTls({
      ...(way === undefined ? place : { socket: way }),
      ...(/^[\d.]+$|:/.test(host) ? { host } : { host, servername: host }),
      rejectUnauthorized: true,
    });
    await once(keep(opened, socket), 'secureConnect');
    return { validTo: new Date(socket.getPeerCertificate().valid_to) };
  };
  try {
    return await Promise.race([connect(), gone]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    // The last one first: Node.js crashes if the connection under TLS is closed before it.
    for (const socket of opened.toReversed()) socket.destroy();
  }
}

/** A connection through the proxy: a tunnel for https, otherwise only to the proxy, which would fetch the address itself. */
async function openWay(
  proxy: Proxy,
  { host, port }: { readonly host: string; readonly port: number },
  isSecure: boolean,
  opened: Socket[],
): Promise<Socket> {
  const { protocol, hostname, port: proxyPort, username, password } = new URL(proxy.url);
  const place = {
    host: bareHost(hostname),
    port: Number(proxyPort) || (protocol === 'https:' ? 443 : 80),
  };
  if (!isSecure) {
    const socket = keep(opened, connectTcp(place));
    await once(socket, 'connect');
    return socket;
  }
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const request = (protocol === 'https:' ? askHttps : askHttp)({
    ...place,
    method: 'CONNECT',
    path: target,
    agent: false,
    headers: {
      host: target,
      ...(login === ':'
        ? {}
        : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
    },
  });
  request.once('socket', (socket) => keep(opened, socket));
  request.end();
  const [answer, tunnel] = (await once(request, 'connect')) as [IncomingMessage, Socket];
  if (answer.statusCode === 200) return tunnel;
  throw new TunnelError(answer.statusCode ?? 0);
}

function keep<S extends Socket>(opened: Socket[], socket: S): S {
  // A failure that nobody waits for any more must not end the program.
  socket.on('error', () => {});
  opened.push(socket);
  return socket;
}

/** A host name without the brackets of an address. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
