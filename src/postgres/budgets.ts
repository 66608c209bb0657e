import type { Database } from './client.ts';

/** What is kept of a budget: see `src/sync/budget.ts`, which decides. */
export type StoredBudget = {
  readonly spent: readonly (readonly [sinceMs: number, requests: number])[];
  readonly pausedUntilMs: number | undefined;
};

type BudgetRow = { spent: StoredBudget['spent']; paused_until_ms: number | null; now_ms: number };

/**
 * Lets `decide` look at a budget and change it, alone among all processes, by the database's clock.
 *
 * @param decide gets the state and now in milliseconds since 1970; the state it returns is stored, undefined leaves it
 */
export async function updateBudget<T>(
  db: Database,
  account: string,
  group: string,
  decide: (
    state: StoredBudget,
    nowMs: number,
  ) => { state: StoredBudget | undefined; result: T; reason?: string },
): Promise<T> {
  return db.transaction(async (tx) => {
    let [row] = await tx.query<BudgetRow>(select, [account, group]);
    if (row === undefined) {
      await tx.query(
        `insert into zendesk_sync.budgets (account, budget_group, spent) values ($1, $2, '[]') on conflict do nothing`,
        [account, group],
      );
      [row] = await tx.query<BudgetRow>(select, [account, group]);
    }
    if (row === undefined) throw new Error(`The budget ${group} of ${account} cannot be read.`);
    const { state, result, reason } = decide(
      { spent: row.spent, pausedUntilMs: row.paused_until_ms ?? undefined },
      row.now_ms,
    );
    if (state !== undefined) {
      await tx.query(
        `update zendesk_sync.budgets
         set spent = $3, paused_until = to_timestamp($4::float8 / 1000), pause_reason = $5
         where account = $1 and budget_group = $2`,
        [account, group, JSON.stringify(state.spent), state.pausedUntilMs ?? null, reason ?? null],
      );
    }
    return result;
  });
}

// Not waiting for the disk costs nothing: if the server itself crashes, it forgets less than a second of requests, and it
// takes longer than that to come back. The transaction writes nothing but this row.
const select = `select set_config('synchronous_commit', 'off', true), spent,
    (extract(epoch from paused_until) * 1000)::float8 as paused_until_ms,
    (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
  from zendesk_sync.budgets
  where account = $1 and budget_group = $2
  for update`;
