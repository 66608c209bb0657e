import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a database that can be cut: what a client sees of a server that restarts at another port. */
export type DatabaseProxy = {
  /** The database's url, through the proxy. */
  readonly url: string;
  /** Leads new connections there. */
  redirect(target: string): void;
  /** Cuts every connection now. */
  cut(): void;
  close(): Promise<void>;
};

/** Starts a proxy on a free port of this machine in front of a database. */
export async function startDatabaseProxy(target: string): Promise<DatabaseProxy> {
  let { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = (): void => open.forEach((socket) => socket.destroy());
  return {
    url: url.href,
    redirect(next) {
      ({ hostname, port } = new URL(next));
    },
    cut,
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
