/** The one entrance to the simulator: nothing outside this folder imports another file of it. */
import { createServer } from 'node:http';
import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAccount } from './account/account.ts';
import { createTicketEndpoints } from './account/tickets.ts';
import { createUserEndpoints, listTeam, type UserRecord } from './account/users.ts';
import { SimulatorError } from './checks.ts';
import type { Fault } from './faults/faults.ts';
import { createAuthorizationDesk, createAuthorizationEndpoint } from './http/authorization.ts';
import { createTokenEndpoint } from './http/token-endpoint.ts';
import { handleControl } from './http/control.ts';
import { createRequestLog, type RequestCounts, type RequestRecord } from './http/request-log.ts';
import { handleRequest, type Site } from './http/server.ts';
import type { OpenLog, SimulatedLog } from './logs/log.ts';
import { LOGS } from './logs/logs.ts';
import { resolveOptions, type SimulatorOptions, type SimulatorSettings } from './options.ts';

export { DEFAULT_CREDENTIALS } from './shared-options.ts';
export { SimulatorError } from './checks.ts';
export type { AcceptedCredentials } from './shared-options.ts';
export type { Fault, FaultKind } from './faults/faults.ts';
export type { ResetForm } from './http/limits.ts';
export type { RequestCounts, RequestRecord } from './http/request-log.ts';
export type { SimulatorOptions, SimulatorSettings } from './options.ts';

/** A simulated Zendesk account that answers over HTTP. */
export type Simulator = {
  /** Origin, such as `http://127.0.0.1:43211`. */
  readonly url: string;
  readonly port: number;
  /** The options in use, with the defaults. */
  readonly options: SimulatorOptions;
  /** The last requests, oldest first. */
  readonly requests: () => RequestRecord[];
  /** How often each status was answered. */
  readonly counts: () => RequestCounts;
  /** Adds a fault. Throws SimulatorError for an invalid one. */
  readonly addFault: (fault: Fault) => void;
  /** Removes all faults. */
  readonly clearFaults: () => void;
  /**
   * The truth: all records of [from, to) by their own time stamp that the API shows now, in ascending order.
   * `includeInvisible` adds those not shown yet (late or future), those dropped for their age and those deleted. Throws SimulatorError
   * for a log that the account does not have.
   */
  readonly records: (
    log: string,
    from: Date,
    to: Date,
    options?: { readonly includeInvisible?: boolean },
  ) => Generator<Record<string, unknown>>;
  /** Takes records out of a log by their ids. Throws SimulatorError for a log that the account does not have. */
  readonly deleteRecords: (log: string, ids: readonly string[]) => void;
  /** Brings all deleted records back. */
  readonly restoreRecords: () => void;
  /** Everybody who is or was a team member, including deleted (`active` false) and demoted people. */
  readonly users: () => UserRecord[];
  /** The simulator's clock, ms since 1970. */
  readonly now: () => number;
  /** Sets the simulator's clock so far ahead of the machine's, ms: time passes without waiting. */
  readonly setClockOffsetMs: (offsetMs: number) => void;
  /** Stops the simulator's clock at that instant, ms since 1970, until its offset is set. Limits continue in real time. */
  readonly freezeClock: (atMs: number) => void;
  /** Stops at once; open connections are cut. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts a simulated Zendesk. Throws SimulatorError for options out of bounds, and the system's error (`EADDRINUSE`) if the
 * port is in use. A test may pass other logs than those of Zendesk.
 */
export async function startSimulator(
  settings: SimulatorSettings = {},
  kinds: readonly SimulatedLog<SimulatorOptions>[] = LOGS,
): Promise<Simulator> {
  const site = createSite(resolveOptions(settings, kinds), kinds);
  const { options, account, requestLog, logs } = site;
  const stopping = new AbortController();
  // Each answer in progress listens to it.
  setMaxListeners(0, stopping.signal);
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const answered =
      request.url?.startsWith('/simulator/') === true
        ? handleControl(site, request, response)
        : handleRequest(site, request, response, stopping.signal);
    // If a connection is cut during an answer, the client or a fault did it.
    answered.catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    port,
    options,
    requests: () => requestLog.records(),
    counts: () => requestLog.counts(),
    addFault: (fault) => account.faults.add(fault),
    clearFaults: () => account.faults.clear(),
    records: (name, from, to, { includeInvisible = false } = {}) =>
      parseEach(findLog(logs, name).tell(from, to, includeInvisible)),
    deleteRecords: (name, ids) => account.deletions.remove(findLog(logs, name).name, ids),
    restoreRecords: () => account.deletions.clear(),
    users: () => listTeam(account),
    now: () => account.clock.now(),
    setClockOffsetMs: (offsetMs) => account.clock.setOffsetMs(offsetMs),
    freezeClock: (atMs) => account.clock.freeze(atMs),
    async stop() {
      stopping.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function createSite(
  options: SimulatorOptions,
  kinds: readonly SimulatedLog<SimulatorOptions>[],
): Site & { readonly options: SimulatorOptions; readonly logs: readonly OpenLog[] } {
  const names = kinds.map(({ name }) => name);
  const account = createAccount(options, [...names, 'users', 'tickets', 'oauth']);
  const logs = kinds.map((kind) => kind.open(account, options));
  const desk = createAuthorizationDesk(account.clock);
  const endpoints = [
    ...logs.flatMap((log) => log.endpoints),
    ...createUserEndpoints(account),
    ...createTicketEndpoints(account),
    createAuthorizationEndpoint(options, desk),
    createTokenEndpoint(options, account.tokens, desk),
  ];
  const requestLog = createRequestLog(options.requestLogSize);
  return { options, account, logs, endpoints, requestLog };
}

function findLog(logs: readonly OpenLog[], name: string): OpenLog {
  const found = logs.find((log) => log.name === name);
  if (found !== undefined) return found;
  const names = logs.map((log) => log.name).join(', ');
  throw new SimulatorError([`The account has no log ${name}, only ${names}.`]);
}

function* parseEach(texts: Iterable<string>): Generator<Record<string, unknown>> {
  for (const text of texts) yield JSON.parse(text);
}
