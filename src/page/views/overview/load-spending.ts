/** How much of the request budgets is used in this minute. */
import type { Queryable } from '../../../database/client.ts';
import { countSince, settleBudget, type BudgetState } from '../../../ingest/budget.ts';
import type { Stream } from '../../../streams/stream.ts';
import type { PageService } from '../../service.ts';

/** The requests of the last 60 seconds that a stream shares with others of its group. */
export type Spending = {
  readonly group: string;
  readonly used: number;
  /** A minute; null where it is a share of what others leave. */
  readonly limit: number | null;
  /** That share; null where there is a limit. */
  readonly share: number | null;
  readonly pausedUntil: Date | null;
  readonly pauseReason: string | null;
};

type BudgetRow = {
  readonly account: string;
  readonly group: string;
  readonly spent: BudgetState['spent'];
  readonly pausedUntilMs: number | null;
  readonly reason: string | null;
  readonly nowMs: number;
};

/** Loads all budgets; the function that it returns finds that of a stream. */
export async function loadSpending(
  db: Queryable,
  { accounts }: PageService,
): Promise<(account: string, stream: Stream | undefined) => Spending | undefined> {
  const rows = await db.query<BudgetRow>(
    `select account, budget_group as group, spent, (extract(epoch from paused_until) * 1000)::float8 as "pausedUntilMs",
       pause_reason as reason, (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs"
     from zendesk_sync.budgets limit 1000`,
  );
  return (account, stream) => {
    const row = rows.find((each) => each.account === account && each.group === stream?.budget.name);
    if (row === undefined) return undefined;
    const { group, spent, pausedUntilMs, reason, nowMs } = row;
    const state = settleBudget({ spent, pausedUntilMs: pausedUntilMs ?? undefined }, nowMs);
    const config = accounts.find((each) => each.account === account)?.config;
    const share = config?.shares[group] ?? null;
    const isPaused = (state.pausedUntilMs ?? 0) > nowMs;
    return {
      group,
      used: countSince(state, nowMs - 60_000),
      limit: share === null ? (config?.budgets[group] ?? null) : null,
      share,
      pausedUntil: isPaused ? new Date(state.pausedUntilMs ?? 0) : null,
      pauseReason: isPaused ? reason : null,
    };
  };
}
