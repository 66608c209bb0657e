import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A person as Zendesk would show it, with the fields that a test needs. */
export type ServedPerson = {
  id: number;
  name: string;
  email: string | null;
  role: string;
} & Record<string, unknown>;

/** A server with only people, whom the test may change at any time. */
export type PeopleServer = {
  readonly origin: string;
  /** Everybody whom `users` lists and `show_many` finds. */
  people: ServedPerson[];
  /** Replaces the usual list of `users`. */
  list: (() => readonly ServedPerson[]) | undefined;
  /** Instead of the usual answer of `show_many`. */
  lookup: ((ids: readonly string[]) => unknown) | undefined;
  close(): void;
};

/** Starts the server on a free port of 127.0.0.1. */
export async function startPeopleServer(): Promise<PeopleServer> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const ids = (searchParams.get('ids') ?? '').split(',');
    const answers: Record<string, () => unknown> = {
      '/oauth/tokens': () => ({ access_token: 'token-of-people', scope: 'read', expires_in: 1800 }),
      '/api/v2/users': () => ({
        users:
          served.list?.() ??
          served.people.filter(({ role, active }) => role !== 'end-user' && active !== false),
        meta: { has_more: false },
      }),
      '/api/v2/users/show_many': () =>
        served.lookup?.(ids) ?? {
          users: served.people.filter(({ id }) => ids.includes(String(id))),
        },
    };
    const answer = answers[pathname];
    request.resume();
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer?.() ?? {}));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const served: PeopleServer = {
    origin: `http://127.0.0.1:${port}`,
    people: [],
    list: undefined,
    lookup: undefined,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return served;
}
