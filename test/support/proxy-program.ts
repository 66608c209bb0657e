/**
 * A forward proxy as a separate process: it tunnels (CONNECT) and forwards requests with a complete address. Its argument is
 * JSON: `login`, the required login (`user:password`), and `refuse`, a status for everything. Writes JSON lines: first its
 * port, then each request.
 */
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

const { login, refuse } = JSON.parse(process.argv[2] ?? '{}') as {
  login?: string;
  refuse?: number;
};
const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;

/** The status with which a request is refused; undefined when it may pass. */
function judge(method: string, target: string, authorization: string | undefined) {
  const status = wanted === undefined || authorization === wanted ? refuse : 407;
  console.log(JSON.stringify({ method, target, status: status ?? 200 }));
  return status;
}

const server = createServer((incoming, response) => {
  const { method = '', url = '', headers } = incoming;
  const { 'proxy-authorization': authorization, 'proxy-connection': _, ...rest } = headers;
  const status = judge(method, url, authorization);
  if (status !== undefined) {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Corporate proxy</h1>');
    return;
  }
  const outgoing = ask(url, { method, headers: rest }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.once('error', () => response.destroy());
  incoming.pipe(outgoing);
});
server.on('connect', (request, socket) => {
  const { url = '', headers } = request;
  const status = judge('CONNECT', url, headers['proxy-authorization']);
  if (status !== undefined) {
    socket.end(
      `HTTP/1.1 ${status} Refused\r\ncontent-type: text/html\r\n\r\n<h1>Corporate proxy</h1>`,
    );
    return;
  }
  const { hostname, port } = new URL(`http://${url}`);
  // Names that only the proxy knows are all served by this machine.
  const upstream = connect(
    Number(port) || 443,
    hostname.endsWith('.invalid') ? 'localhost' : hostname,
  );
  upstream.once('connect', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('error', () => upstream.destroy());
});
await once(server.listen(0, '127.0.0.1'), 'listening');
console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
