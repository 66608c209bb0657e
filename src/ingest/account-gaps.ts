/** The gaps of an account, and what closing them costs. */
import type { Queryable } from '../database/client.ts';
import { toSeconds } from '../span.ts';
import type { LogStream } from '../streams/stream.ts';
import { previewGaps, type GapCost } from './gap-cost.ts';
import { listGaps } from './gap-list.ts';
import { listClosable, type Gap } from './gaps.ts';

/** What is not stored of an account. */
export type AccountGaps = {
  readonly account: string;
  /** By log, oldest first. */
  readonly gaps: readonly Gap[];
  /** Of each log that has gaps which reading may close. */
  readonly costs: readonly (GapCost & { readonly stream: string })[];
};

/** The settings of an account that decide what a gap is, and what closing it costs. */
type GapSettings = {
  readonly settleMs: number;
  readonly rescanAfterMs: readonly number[];
  readonly horizons: Readonly<Record<string, Date>>;
  readonly budgets: Readonly<Record<string, number>>;
  readonly pageSizes: Readonly<Record<string, number>>;
};

/** Looks at what is not stored of some logs of an account, at one moment for all. */
export async function examineAccount(
  db: Queryable,
  account: string,
  logs: readonly LogStream[],
  settings: GapSettings,
): Promise<AccountGaps> {
  const gaps: Gap[] = [];
  const costs: AccountGaps['costs'][number][] = [];
  const now = toSeconds(new Date());
  for (const log of logs) {
    const start = settings.horizons[log.name];
    const found = await listGaps(db, account, log, {
      now,
      settleSeconds: Math.ceil(settings.settleMs / 1000),
      rescanAges: settings.rescanAfterMs.map((ms) => Math.ceil(ms / 1000)),
      wantedFrom: start === undefined ? undefined : toSeconds(start),
    });
    gaps.push(...found);
    if (found.every(({ canClose }) => !canClose)) continue;
    const cost = await previewGaps(db, { account, stream: log.name }, listClosable(found), {
      pageSize: settings.pageSizes[log.name] ?? log.source.pageSize,
      requestsPerMinute: settings.budgets[log.budget.name] ?? log.budget.setting.requestsPerMinute,
    });
    costs.push({ stream: log.name, ...cost });
  }
  return { account, gaps, costs };
}
