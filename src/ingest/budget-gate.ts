import type { Queryable } from '../database/client.ts';
import type { Budget } from '../zendesk/request.ts';
import {
  freshMs,
  isPaused,
  pauseBudget,
  returnRequests,
  settleBudget,
  spendRequests,
  type BudgetDecision,
  type BudgetState,
} from './budget.ts';
import { createTeller, type Wait } from './budget-teller.ts';
import { priorities } from './engine.ts';
import type { SyncEvent } from './events.ts';
import { createLearnedLimits, type LearnedLimits } from './learned-limits.ts';

/** A request that may be sent: when it was asked for, by `performance.now`, and the interval it was counted in. */
type Grant = { readonly askedMs: number; readonly sinceMs: number };

type Waiting = {
  readonly priority: number;
  readonly grant: (grant: Grant) => void;
  readonly refuse: (reason: unknown) => void;
};

/** The longest time until the state is checked again, because clocks and pauses may have changed. */
const longestWaitMs = 60_000;
/**
 * The gate before every request: lets one through when the account's budget in Postgres grants it, the most urgent first.
 * Processes share the budget through the database; within a process requests wait in order.
 */
export function createBudgetGate(options: {
  readonly db: Queryable;
  readonly account: string;
  /** By the name of the group; it has every group that is used. */
  readonly requestsPerMinute: Readonly<Record<string, number>>;
  /** Where a group takes a share of the account's limit; default: each keeps to its number. */
  readonly limits?: LearnedLimits;
  /** Requests a minute that a backfill leaves unused, for the live tail beside it. */
  readonly reserve: number;
  readonly report: (event: SyncEvent) => void;
}): Budget {
  const { db, account, requestsPerMinute, report } = options;
  const limits = options.limits ?? createLearnedLimits(requestsPerMinute, {});
  const teller = createTeller(report);
  const lines = new Map(
    Object.keys(requestsPerMinute).map((group) => [
      group,
      createLine((priority, wanted) => ask(group, priority, wanted)),
    ]),
  );

  async function ask(
    group: string,
    priority: number,
    wanted: number,
  ): Promise<BudgetDecision & Wait> {
    const limit = limits.of(group);
    const reserve = priority <= priorities.listing ? 0 : options.reserve;
    const decision = await updateBudget(db, account, group, (noted, nowMs, reason) => {
      const state = settleBudget(noted, nowMs);
      const made = spendRequests(state, nowMs, limit, reserve, wanted);
      limits.noteState(group, made.state, nowMs);
      // The corrected state must be stored: otherwise the next check would use the old one again.
      const next = made.granted > 0 ? made.state : state === noted ? undefined : state;
      return { state: next, result: { ...made, isPaused: isPaused(state, nowMs), reason } };
    });
    if (decision.granted > 0) report({ type: 'budget', group, left: decision.left });
    else teller.tell(group, decision);
    return decision;
  }

  return {
    async take(group, priority, signal) {
      const line = lines.get(group);
      if (line === undefined) throw new TypeError(`There is no budget for ${group}.`);
      // A longer limit from time to time, so that a database that is always slow does not stop everything.
      for (let allowedMs = freshMs; ; allowedMs *= 2) {
        const { askedMs, sinceMs } = await line.join(priority, signal);
        if (performance.now() - askedMs <= allowedMs) return;
        // This process was frozen meanwhile, and others rely on the minute after the grant.
        await updateBudget(db, account, group, (state) => ({
          state: returnRequests(state, sinceMs, 1),
          result: undefined,
        }));
      }
    },
    learn: limits.learn,
    async pause(group, waitMs, reason) {
      report({ type: 'pause', group, waitMs, reason });
      teller.noteTold(group, waitMs);
      await updateBudget(db, account, group, (state, nowMs) => ({
        state: pauseBudget(settleBudget(state, nowMs), nowMs + waitMs),
        result: undefined,
        reason,
      }));
    },
  };
}

/**
 * A queue of waiting requests. `ask` says how many of the wanted ones may be sent, or how long to wait before asking again.
 */
function createLine(ask: (priority: number, wanted: number) => Promise<BudgetDecision>): {
  join(priority: number, signal: AbortSignal): Promise<Grant>;
} {
  const waiting: Waiting[] = [];
  let serving = false;
  let wake: (() => void) | undefined;

  async function serve(): Promise<void> {
    if (serving) return;
    serving = true;
    try {
      for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
        const { priority } = first;
        const askedMs = performance.now();
        const wanted = waiting.filter((other) => other.priority === priority).length;
        const { granted, sinceMs, waitMs } = await ask(priority, wanted);
        // The requests that are first now take the grants: none of them can be less urgent than those that were first
        // before.
        for (const request of waiting.splice(0, granted)) request.grant({ askedMs, sinceMs });
        // A request that became the first meanwhile was not part of the question, so the refusal is not for it.
        if (granted === 0 && waiting[0] === first) await pauseUntilWoken(waitMs);
      }
    } catch (error) {
      for (const request of waiting.splice(0)) request.refuse(error);
    } finally {
      serving = false;
    }
  }

  async function pauseUntilWoken(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(waitMs, longestWaitMs));
    wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  return {
    async join(priority, signal) {
      signal.throwIfAborted();
      const { promise, resolve: grant, reject: refuse } = Promise.withResolvers<Grant>();
      const request = { priority, grant, refuse };
      const leave = (): void => {
        const place = waiting.indexOf(request);
        if (place >= 0) waiting.splice(place, 1);
        refuse(signal.reason);
        wake?.();
      };
      signal.addEventListener('abort', leave, { once: true });
      const place = waiting.findIndex((other) => other.priority > priority);
      waiting.splice(place === -1 ? waiting.length : place, 0, request);
      // A more urgent request may get a grant from the reserve when the one before it must wait.
      if (waiting[0] === request) wake?.();
      void serve();
      return promise.finally(() => signal.removeEventListener('abort', leave));
    },
  };
}

type BudgetRow = {
  readonly spent: BudgetState['spent'];
  readonly paused_until_ms: number | null;
  readonly pause_reason: string | null;
  readonly now_ms: number;
  readonly version: string;
};

/**
 * Lets `decide` read and change a budget, by the database's clock. If another process has changed it meanwhile,
 * `decide` is called again with the new state, and only its last answer counts.
 *
 * @param decide gets the state and now in milliseconds since 1970; the state it returns is stored, undefined leaves it
 */
export async function updateBudget<T>(
  db: Queryable,
  account: string,
  group: string,
  decide: (
    state: BudgetState,
    nowMs: number,
    pauseReason: string | undefined,
  ) => { state: BudgetState | undefined; result: T; reason?: string },
): Promise<T> {
  for (;;) {
    const [row] = await db.query<BudgetRow>(select, [account, group]);
    if (row === undefined) {
      await db.query(
        `insert into zendesk_sync.budgets (account, budget_group, spent) values ($1, $2, '[]') on conflict do nothing`,
        [account, group],
      );
      continue;
    }
    const { state, result, reason } = decide(
      { spent: row.spent, pausedUntilMs: row.paused_until_ms ?? undefined },
      row.now_ms,
      row.pause_reason ?? undefined,
    );
    if (state === undefined) return result;
    const updated = await db.query(update, [
      account,
      group,
      JSON.stringify(state.spent),
      state.pausedUntilMs ?? null,
      reason ?? null,
      row.version,
    ]);
    if (updated.length === 1) return result;
  }
}

// The version of the row instead of a lock: two single statements take half as long as a transaction.
const select = `select spent, pause_reason, xmin::text as version,
    (extract(epoch from paused_until) * 1000)::float8 as paused_until_ms,
    (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
  from zendesk_sync.budgets
  where account = $1 and budget_group = $2`;

// Not waiting for the disk costs nothing: if the server itself crashes, it forgets less than a second of requests, and it
// takes longer than that to come back. The statement writes nothing but this row.
const update = `with hasty as materialized (select set_config('synchronous_commit', 'off', true))
  update zendesk_sync.budgets
  set spent = $3, paused_until = to_timestamp($4::float8 / 1000),
    pause_reason = case when $4::float8 is not null then coalesce($5, pause_reason) end
  from hasty
  where account = $1 and budget_group = $2 and xmin = $6::xid
  returning 1`;
