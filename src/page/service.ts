/** What the page knows of the process that serves it. */
import type { LocalConfig } from '../config/config.ts';
import type { ReadingLimits } from '../reports/shared/limited-archive.ts';
import type { ReportScope } from '../reports/shared/report.ts';
import type { Stream } from '../streams/stream.ts';

/** An account that this process follows. */
type ServedAccount = {
  readonly account: string;
  /** Where its archived rows are; left out where nobody reads them. */
  readonly archive?: ReportScope['archive'];
  /** How much of them one answer of a view reads, and how long; default: 400 MB, 8 seconds. */
  readonly viewLimits?: ReadingLimits;
  readonly config: Pick<
    LocalConfig,
    | 'streams'
    | 'schedules'
    | 'settleMs'
    | 'rescanAfterMs'
    | 'horizons'
    | 'budgets'
    | 'shares'
    | 'pageSizes'
    | 'evidence'
    | 'reconcileSchedule'
    | 'verifySchedules'
  >;
};

/** The process that serves the page. */
export type PageService = {
  /** Every stream, in the order in which they are shown. */
  readonly streams: readonly Stream[];
  readonly accounts: readonly ServedAccount[];
};
