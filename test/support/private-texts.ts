/** What no output of the program may contain: the contents of a simulated account. */
import type { Simulator } from '../../src/simulator/simulator.ts';

/** Texts of log rows and people that must not be in a log: words, names, addresses, and the queries of urls. */
export function collectContents(simulator: Simulator): string[] {
  const contents = new Set<string>();
  const add = (value: unknown): void => {
    // Shorter ones may be in any sentence.
    if (typeof value === 'string' && value.length >= 8) contents.add(value);
  };
  const addQuery = (url: unknown): void => {
    if (typeof url !== 'string' || !url.includes('?')) return;
    const query = url.slice(url.indexOf('?') + 1);
    add(query);
    for (const value of new URLSearchParams(query).values()) add(value);
  };
  const [from, to] = [new Date(0), new Date(simulator.now())];
  for (const record of simulator.records('audit_logs', from, to))
    for (const field of ['actor_name', 'change_description', 'ip_address']) add(record[field]);
  for (const record of simulator.records('access_logs', from, to)) {
    addQuery(record['url']);
    addQuery(record['referer']);
    add(record['ip_address']);
    const graphql = record['graphql'] as Record<string, unknown> | null | undefined;
    for (const value of Object.values(graphql ?? {})) add(value);
  }
  for (const { name, email } of simulator.users()) {
    add(name);
    add(email);
  }
  return [...contents];
}

/** The cursors that were sent. */
export function collectCursors(simulator: Simulator): string[] {
  return simulator
    .requests()
    .flatMap(({ query }) => new URLSearchParams(query).get('page[after]') ?? []);
}
