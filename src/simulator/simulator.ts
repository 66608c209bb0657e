import { createServer } from 'node:http';
import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buildUser, type UserRecord } from './user-records.ts';
import { createAccount } from './account.ts';
import { createRequestLog, type RequestCounts, type RequestRecord } from './request-log.ts';
import { handleRequest } from './server.ts';
import {
  resolveOptions,
  type LogStream,
  type SimulatorOptions,
  type SimulatorSettings,
} from './options.ts';
import { tellTruth } from './truth.ts';
import type { Fault } from './faults.ts';

/** A simulated Zendesk account that answers over HTTP. */
export interface Simulator {
  /** Origin, such as `http://127.0.0.1:43211`. */
  readonly url: string;
  readonly port: number;
  /** The options in force, defaults filled in. */
  readonly options: SimulatorOptions;
  /** The last requests, oldest first. */
  requests(): RequestRecord[];
  /** How often each status was answered. */
  counts(): RequestCounts;
  /** Lets something go wrong. Throws `bad_input` for a fault that makes no sense. */
  addFault(fault: Fault): void;
  /** Nothing goes wrong any more. */
  clearFaults(): void;
  /**
   * The truth: all records of [from, to) by their own time stamp that the API shows now, in ascending order.
   * `includeInvisible` adds those not shown yet (late or future) and those dropped for their age.
   */
  records(
    stream: LogStream,
    from: Date,
    to: Date,
    options?: { includeInvisible?: boolean },
  ): Generator<Record<string, unknown>>;
  /** Everybody who is or was a team member, deleted ones (`active` false) and demoted ones included. */
  users(): UserRecord[];
  /** The simulator's clock, ms since 1970. */
  now(): number;
  /** Moves the simulator's clock to that distance from the machine's, ms: time passes without waiting. */
  setClockOffsetMs(offsetMs: number): void;
  /** Stops the simulator's clock at that instant, ms since 1970, until its offset is set. Limits go on in real time. */
  freezeClock(atMs: number): void;
  /** Stops at once; open connections are cut. */
  stop(): Promise<void>;
}

/**
 * Starts a simulated Zendesk. Throws `bad_input` for options out of bounds, and what the system says (`EADDRINUSE`) when
 * the port is taken.
 */
export async function startSimulator(settings: SimulatorSettings = {}): Promise<Simulator> {
  const options = resolveOptions(settings);
  const account = createAccount(options);
  const log = createRequestLog(options.requestLogSize);
  const stopping = new AbortController();
  // Each answer that is waited for listens to it.
  setMaxListeners(0, stopping.signal);
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    // A connection that is cut under an answer is the client's affair, or a fault's.
    handleRequest(account, log, request, response, stopping.signal).catch(() => response.destroy());
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
    requests: () => log.records(),
    counts: () => log.counts(),
    addFault: (fault) => account.faults.add(fault),
    clearFaults: () => account.faults.clear(),
    *records(stream, from, to, { includeInvisible = false } = {}) {
      for (const text of tellTruth(account, { stream, from, to, includeInvisible }))
        yield JSON.parse(text);
    },
    users() {
      const now = account.clock.now();
      return account.people
        .teamEver(now)
        .map((person) => buildUser(person, now, options.subdomain));
    },
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
