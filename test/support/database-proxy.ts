import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a database that can be cut: what a client sees of a server that restarts at another port. */
export type DatabaseProxy = {
  /** The database's url, through the proxy. */
  readonly url: string;
  /** Leads new connections there. */
  redirect(target: string): void;
  /** Cuts every connection now. */
  cut(): void;
  /** Cuts every connection and lets no new one through until `work` has ended. */
  closedDuring(work: () => Promise<void>): Promise<void>;
  /** Every connection loses all bytes from now on, in both directions, and does not end. */
  silence(): void;
  /** The same, also of connections that come until `resume`. */
  silenceAll(): void;
  resume(): void;
  close(): Promise<void>;
};

/**
 * Hears what a client sends before it is passed on. What it returns is done when the server has answered, and the client
 * never gets that answer.
 */
export type Listener = (sent: string) => Promise<(() => Promise<void>) | undefined>;

/** Starts a proxy on a free port of this machine in front of a database. */
export async function startDatabaseProxy(
  target: string,
  listen?: Listener,
): Promise<DatabaseProxy> {
  let { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let opened = Promise.resolve();
  let isSilent = false;
  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => {});
    client.on('close', () => open.delete(client));
    void opened.then(() => {
      if (client.destroyed) return;
      if (isSilent) {
        client.resume();
        return;
      }
      const upstream = connect(Number(port), hostname);
      open.add(upstream);
      upstream.on('error', () => {});
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => {
        open.delete(upstream);
        client.destroy();
      });
      if (listen === undefined) client.pipe(upstream).pipe(client);
      else overhear(client, upstream, listen);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = (): void => open.forEach((socket) => socket.destroy());
  const silence = (): void => {
    for (const socket of open) socket.unpipe().resume();
  };
  return {
    url: url.href,
    redirect(next) {
      ({ hostname, port } = new URL(next));
    },
    cut,
    async closedDuring(work) {
      const { promise, resolve } = Promise.withResolvers<void>();
      opened = promise;
      cut();
      await work().finally(resolve);
    },
    silence,
    silenceAll() {
      isSilent = true;
      silence();
    },
    resume() {
      isSilent = false;
    },
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function overhear(client: Socket, upstream: Socket, listen: Listener): void {
  let passed = Promise.resolve();
  let whenAnswered: (() => Promise<void>) | undefined;
  client.on('data', (sent) => {
    passed = passed.then(async () => {
      whenAnswered = (await listen(sent.toString('latin1'))) ?? whenAnswered;
      if (!client.destroyed) upstream.write(sent);
    });
  });
  upstream.on('data', (answer) => {
    if (whenAnswered === undefined) client.write(answer);
    else {
      client.destroy();
      void whenAnswered();
      whenAnswered = undefined;
    }
  });
}
