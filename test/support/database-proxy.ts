import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A connection to a database that can be cut: for a client it looks like a server that restarts at another port. */
export type DatabaseProxy = {
  /** The database's url, through the proxy. */
  readonly url: string;
  /** Leads new connections there. */
  redirect(target: string): void;
  /** Cuts every connection now. */
  cut(): void;
  /** Cuts every connection and lets no new one through until `work` has ended. */
  closedDuring(work: () => Promise<void>): Promise<void>;
  /** Every connection loses all bytes from now on, in both directions, and is not closed. */
  silence(): void;
  /** The same, also for new connections until `resume`. */
  silenceAll(): void;
  resume(): void;
  close(): Promise<void>;
};

/**
 * Gets a client's data before it is passed on. If it returns a function, that runs after the server has answered, and the
 * client never gets the answer.
 */
export type Listener = (sent: string) => Promise<(() => Promise<void>) | undefined>;

/** Starts a proxy on a free port of this machine in front of a database; `read` gives each connection a reader of what it sends. */
export async function startDatabaseProxy(
  target: string,
  listen?: Listener,
  read?: () => (sent: Buffer) => void,
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
      if (read !== undefined) client.on('data', read());
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
