import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An answer of Zendesk to the program. */
export type Answer = {
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** The connection to Zendesk: every answer passes here. */
export type ZendeskWay = {
  readonly origin: string;
  /** Passes answers through a function from now on, the newest function last. */
  alter(change: (answer: Answer) => Answer): void;
  /** Answers pass unchanged. */
  clear(): void;
  stop(): Promise<void>;
};

/** Starts one in front of a simulator. */
export async function startZendeskWay(target: string): Promise<ZendeskWay> {
  let changes: ((answer: Answer) => Answer)[] = [];
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '/', target);
    const pass = async (): Promise<void> => {
      const { host: _, connection: __, ...headers } = incoming.headers;
      const body = incoming.method === 'POST' ? await text(incoming) : undefined;
      const answer = await fetch(url, {
        method: incoming.method ?? 'GET',
        headers: { ...(headers as Record<string, string>), 'accept-encoding': 'identity' },
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
      });
      const altered = changes.reduce((now, change) => change(now), {
        path: url.pathname,
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: await answer.text(),
      } as Answer);
      const { 'content-length': ___, 'transfer-encoding': ____, ...kept } = altered.headers;
      response.sendDate = false;
      response.writeHead(altered.status, kept);
      response.end(altered.body);
    };
    pass().catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alter: (change) => void changes.push(change),
    clear: () => void (changes = []),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
