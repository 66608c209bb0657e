import assert from 'node:assert/strict';
import {
  startSimulator,
  type Simulator,
  type SimulatorSettings,
} from '../../src/simulator/simulator.ts';

/** A Thursday afternoon in Europe: people are at work. All tests happen at this instant, whenever they are run. */
export const NOW = Date.parse('2026-11-19T15:00:00Z');

/** A record parsed from JSON. */
export type Json = Record<string, unknown>;

/** The envelopes of all lists, with the parts that tests check. */
export type Envelope = {
  readonly audit_logs: Json[];
  readonly access_logs: Json[];
  readonly users: Json[];
  readonly meta: {
    readonly has_more: boolean;
    readonly has_before?: boolean;
    readonly after_cursor: string | null;
    readonly before_cursor: string | null;
  };
  readonly links: { readonly next: string | null; readonly prev: string | null };
  readonly next_page: string | null;
  readonly previous_page: string | null;
  readonly count: number;
};

/** An answer with its body read. */
export type Reply<Body = Envelope> = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; throws if it is not JSON. */
  readonly json: Body;
};

/** The ready token, which every request sends by default. */
export const READY = { authorization: 'Bearer simulator-ready-token' };

/** Sends a request; `parameters` may repeat a name. */
export async function ask<Body = Envelope>(
  simulator: Simulator,
  path: string,
  parameters: readonly (readonly [string, string | number])[] = [],
  init: RequestInit = {},
): Promise<Reply<Body>> {
  const query = new URLSearchParams(
    parameters.map(([name, value]): [string, string] => [name, String(value)]),
  );
  const response = await fetch(`${simulator.url}${path}?${query.toString()}`, {
    headers: READY,
    redirect: 'manual',
    ...init,
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json(): Body {
      return JSON.parse(text);
    },
  };
}

/** Starts a simulator whose clock is stopped at NOW, without limits by default. */
export async function startAtNow(settings: SimulatorSettings = {}): Promise<Simulator> {
  const simulator = await startSimulator({ limits: false, anchor: new Date(NOW), ...settings });
  simulator.freezeClock(NOW);
  return simulator;
}

/** Runs a test with its own simulator, whose clock is stopped at NOW. */
export async function withSimulator(
  settings: SimulatorSettings,
  test: (simulator: Simulator) => Promise<void>,
): Promise<void> {
  const simulator = await startAtNow(settings);
  try {
    await test(simulator);
  } finally {
    await simulator.stop();
  }
}

/** Walks a list to its end with `page[after]`, sending all parameters again; gives every page. */
export async function walk(
  simulator: Simulator,
  path: string,
  parameters: readonly (readonly [string, string | number])[],
): Promise<Envelope[]> {
  const pages: Envelope[] = [];
  let after: string | null = null;
  do {
    const cursor: [string, string][] = after === null ? [] : [['page[after]', after]];
    const { json } = await ask(simulator, path, [...parameters, ...cursor]);
    pages.push(json);
    after = json.meta.has_more ? json.meta.after_cursor : null;
  } while (after !== null);
  return pages;
}

/** The ids of records, in their order. */
export function idsOf(records: Iterable<Json>): unknown[] {
  return Array.from(records, (record) => record['id']);
}

/** An instant near NOW: so many minutes before it, as the API writes times. */
export function minutesAgo(minutes: number): string {
  return `${new Date(NOW - minutes * 60_000).toISOString().slice(0, 19)}Z`;
}

/** The answers of the three streams to these credentials: audit logs, access logs, users. */
export async function statusesWith(simulator: Simulator, authorization: string): Promise<number[]> {
  const paths = ['/api/v2/audit_logs', '/api/v2/access_logs', '/api/v2/users'];
  const replies = await Promise.all(
    paths.map((path) => ask(simulator, path, [['page[size]', 1]], { headers: { authorization } })),
  );
  return replies.map((reply) => reply.status);
}

/** The truth about the last so many minutes. */
export function lastMinutes(
  simulator: Simulator,
  stream: 'audit_logs' | 'access_logs',
  minutes: number,
): Json[] {
  return [...simulator.records(stream, new Date(NOW - minutes * 60_000), new Date(NOW))];
}

/** The access log of the last hour, page by page, with further parameters. */
export async function findInLastHour(
  simulator: Simulator,
  ...filters: (readonly [string, string | number])[]
): Promise<Json[]> {
  const hour = [
    ['filter[start]', minutesAgo(60)],
    ['filter[end]', minutesAgo(0)],
  ] as const;
  const pages = await walk(simulator, '/api/v2/access_logs', [...hour, ...filters]);
  return pages.flatMap((page) => page.access_logs);
}

/** The truth about the last so many days. */
export function lastDays(
  simulator: Simulator,
  stream: 'audit_logs' | 'access_logs',
  days: number,
): Json[] {
  return [...simulator.records(stream, new Date(NOW - days * 86_400_000), new Date(NOW + 1000))];
}

/** Asserts that two lists are equal and shows the first difference; a whole diff of long lists would take minutes. */
export function assertSameList(actual: readonly unknown[], expected: readonly unknown[]): void {
  const differs = (_: unknown, i: number): boolean =>
    JSON.stringify(actual[i]) !== JSON.stringify(expected[i]);
  const at = expected.findIndex(differs);
  if (at >= 0) assert.deepEqual(actual[at], expected[at], `The lists differ from item ${at} on.`);
  assert.equal(actual.length, expected.length);
}
