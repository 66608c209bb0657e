import { createAccessLogSource } from './access-log-records.ts';
import { createAuditLogSource, type AuditLogSource } from './audit-log-records.ts';
import { createClock, type Clock } from './clock.ts';
import { createFaultBook, type FaultBook, type FaultTarget } from './faults.ts';
import { createNoLimit, createSlidingLimit, createWindowLimit, type RateLimit } from './limits.ts';
import { createPeople, type People, type Person } from './people.ts';
import { createTokens, type Tokens } from './tokens.ts';
import type { AccessLogRow } from './access-log-text.ts';
import type { LogSource, SecondRange } from './log-source.ts';
import type { LogStream, SimulatorOptions } from './options.ts';

const DAY_MS = 86_400_000;
/** The API keeps access logs this long (contract 4). */
const RETENTION_DAYS = 90;

/** One simulated account: its data, its limits, its credentials and what is to go wrong. */
export interface Account {
  readonly options: SimulatorOptions;
  readonly clock: Clock;
  readonly people: People;
  readonly auditLogs: AuditLogSource;
  readonly accessLogs: LogSource<AccessLogRow>;
  readonly tokens: Tokens;
  readonly faults: FaultBook;
  readonly supportLimit: RateLimit;
  readonly accessLogsLimit: RateLimit;
  readonly exportLimit: RateLimit;
  /** From when to when the log has records now; `ignoreHorizon`: as if nothing ever got too old. */
  rangeOf(stream: LogStream, ignoreHorizon?: boolean): SecondRange;
  /** Whose personal data is erased by now, if anybody's. */
  erasedUserId(): number | undefined;
}

/** An API request, read as far as all endpoints need it. */
export interface ApiRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly contentType: string;
  readonly body: string;
  /** Origin the client used, such as `http://127.0.0.1:8080`; links are made from it. */
  readonly origin: string;
  readonly faultTarget: FaultTarget;
}

/** Makes an account. */
export function createAccount(options: SimulatorOptions): Account {
  const clock = createClock(options.clockOffsetMs);
  const anchorMs = options.anchor?.getTime() ?? clock.now();
  const people = createPeople(options.seed, options.agents);
  const { erasure } = options;
  const limit = (create: typeof createWindowLimit, perMinute: number): RateLimit =>
    options.limits ? create(perMinute, 60_000) : createNoLimit(perMinute);
  return {
    options,
    clock,
    people,
    auditLogs: createAuditLogSource(options, people),
    accessLogs: createAccessLogSource({ ...options, anchorMs }, people),
    tokens: createTokens(options, clock),
    faults: createFaultBook(),
    supportLimit: limit(createWindowLimit, options.supportRequestsPerMinute),
    accessLogsLimit: limit(createSlidingLimit, options.accessLogsRequestsPerMinute),
    exportLimit: limit(createWindowLimit, 1),
    rangeOf(stream, ignoreHorizon = false) {
      const now = clock.now();
      const days = stream === 'audit_logs' ? options.auditLogDays : options.accessLogDays;
      const began = anchorMs - days * DAY_MS;
      const horizon =
        stream === 'audit_logs' || ignoreHorizon ? began : now - RETENTION_DAYS * DAY_MS;
      return { from: Math.ceil(Math.max(began, horizon) / 1000), to: Math.floor(now / 1000) };
    },
    erasedUserId() {
      if (erasure === null) return undefined;
      const afterMs = new Date(erasure.after).getTime();
      return clock.now() < afterMs
        ? undefined
        : (erasure.userId ?? findLastDeleted(people, afterMs)?.id);
    },
  };
}

function findLastDeleted(people: People, ms: number): Person | undefined {
  return people
    .teamEver(ms)
    .filter((person) => person.onLeaving === 'deleted' && person.leavesAtMs <= ms)
    .toSorted((a, b) => a.leavesAtMs - b.leavesAtMs)
    .at(-1);
}
