/** Waits on this machine for the browser of the person who logs in. */
import { createServer, type ServerResponse } from 'node:http';
import { foreignCodeOf, refuseInput } from '../errors.ts';
import type { Callback } from '../zendesk/authorization.ts';

/** A listener, until it is closed. */
export type LoginListener = {
  /** The first answer that belongs to this login. */
  readonly answered: Promise<Callback>;
  readonly close: () => void;
};

const host = '127.0.0.1';
const path = '/callback';
/** The default port. */
export const usualPort = 8976;

/** The address to which the browser is sent back: one of the redirect URLs of the OAuth client. */
export function nameRedirect(port: number): string {
  return `http://${host}:${port}${path}`;
}

/**
 * Listens on a port, for this machine only.
 *
 * @throws {KnownError} `bad_input` when it cannot
 */
export async function listenForLogin(
  port: number,
  read: (address: string) => Callback,
): Promise<LoginListener> {
  const { promise: answered, resolve } = Promise.withResolvers<Callback>();
  const server = createServer((request, response) => {
    const { href, pathname } = new URL(request.url ?? '/', nameRedirect(port));
    if (request.method !== 'GET' || pathname !== path) return show(response, 404, 'Not found.');
    const found = read(href);
    if (found.kind === 'foreign')
      return show(
        response,
        400,
        `This does not belong to the login that was begun: ${found.reason}.`,
      );
    show(response, 200, words[found.kind]);
    return resolve(found);
  });
  const { promise: listening, resolve: begin, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, begin);
  try {
    await listening;
  } catch (error) {
    throw refuseInput([
      `Cannot listen on port ${port} of ${host} (${foreignCodeOf(error) ?? 'no reason known'}). Stop what uses it, choose a free one with --port that is also in a redirect URL of the OAuth client, or use --paste.`,
    ]);
  }
  return {
    answered,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const words = {
  code: 'Zendesk has sent you back. Continue in the terminal; you can close this page.',
  refused:
    'Zendesk has sent you back without a login. The terminal says why; you can close this page.',
} as const;

function show(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(`${text}\n`);
}
