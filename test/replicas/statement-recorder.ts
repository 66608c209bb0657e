/** A connection to a database that records every statement, as in the protocol. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A statement as it was sent; `name` is that of a prepared statement, empty for none. */
export type Statement = { readonly text: string; readonly name: string };

export type StatementRecorder = {
  /** The database's url, through the recorder. */
  readonly url: string;
  readonly statements: readonly Statement[];
  readonly stop: () => Promise<void>;
};

/** Starts one on a free port of this machine. Connections must not be encrypted. */
export async function startStatementRecorder(target: string): Promise<StatementRecorder> {
  const { hostname, port } = new URL(target);
  const statements: Statement[] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.on(
      'data',
      readMessages((type, content) => {
        const [first = '', second = ''] = content.toString('utf8').split('\0');
        if (type === 'Q') statements.push({ text: first, name: '' });
        if (type === 'P') statements.push({ text: second, name: first });
      }),
    );
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
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    statements,
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Splits a client's data into messages: the first has no type, the others are a letter, a length and their content. */
function readMessages(hear: (type: string, content: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let started = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const typeLength = started ? 1 : 0;
      if (rest.length < typeLength + 4) return;
      const end = typeLength + rest.readInt32BE(typeLength);
      if (rest.length < end) return;
      if (started) hear(String.fromCharCode(rest[0] ?? 0), rest.subarray(typeLength + 4, end));
      started = true;
      rest = rest.subarray(end);
    }
  };
}
