import type { Queryable } from './client.ts';

/** What is kept of a budget: see `src/ingest/budget.ts`, which decides. */
export type StoredBudget = {
  readonly spent: readonly (readonly [sinceMs: number, requests: number])[];
  readonly pausedUntilMs: number | undefined;
};

type BudgetRow = {
  spent: StoredBudget['spent'];
  paused_until_ms: number | null;
  now_ms: number;
  version: string;
};

/**
 * Lets `decide` look at a budget and change it, by the database's clock. What another process has changed meanwhile is
 * decided anew; so `decide` may be called several times, and only its last answer counts.
 *
 * @param decide gets the state and now in milliseconds since 1970; the state it returns is stored, undefined leaves it
 */
export async function updateBudget<T>(
  db: Queryable,
  account: string,
  group: string,
  decide: (
    state: StoredBudget,
    nowMs: number,
  ) => { state: StoredBudget | undefined; result: T; reason?: string },
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

// The version of the row instead of a lock: two statements on their own are half of what a transaction takes.
const select = `select spent, xmin::text as version,
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
