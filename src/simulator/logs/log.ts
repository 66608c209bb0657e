import type { SimulatedAccount } from '../account/account.ts';
import type { OptionChecks } from '../checks.ts';
import type { SimulatedAnswer } from '../http/answers.ts';
import type { SecondRange } from '../http/cursors.ts';
import { matchPath, type Endpoint } from '../http/endpoints.ts';
import type { Gate } from '../http/limits.ts';
import { answerList, type Listing, type PagingStyle } from '../http/paging.ts';
import { scanRows, type LogEntry, type LogSource } from './log-source.ts';

/** One kind of log that an account may have: the one file about it exports this. */
export type SimulatedLog<Options> = {
  readonly name: string;
  /** The defaults of its own options. */
  readonly defaults: Partial<Options>;
  readonly checks: OptionChecks;
  readonly open: (account: SimulatedAccount, options: Options) => OpenLog;
};

/** The log of one account. */
export type OpenLog = {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  /**
   * The truth: its records of [from, to) by their own time stamp, as JSON texts in ascending order; uses memory for five
   * minutes. `includeInvisible` adds those not shown yet (late or future), those dropped for their age and deleted ones.
   */
  readonly tell: (from: Date, to: Date, includeInvisible: boolean) => Generator<string>;
};

/** The filters of a request. Bounds are seconds since 1970; the account decides whether they are inclusive. */
export type LogFilter<Row> = {
  readonly from: number;
  readonly to: number;
  readonly isWanted: (row: Row) => boolean;
};

/** What differs from log to log. */
type LogDescription<Row extends LogEntry> = {
  readonly name: string;
  /** Path of the list. */
  readonly path: string;
  /** Whether the path also works with `.json`. */
  readonly hasJsonForm: boolean;
  /** One of these scopes is needed. */
  readonly scopes: readonly string[];
  readonly gate: Gate;
  readonly paging: PagingStyle;
  /** How many days before the anchor it begins. */
  readonly days: number;
  /** How long the API keeps a record; Infinity: permanently. */
  readonly retentionDays: number;
  readonly source: LogSource<Row>;
  readonly readFilter: (query: URLSearchParams) => LogFilter<Row> | SimulatedAnswer;
  /** Makes the function that writes a record as JSON, as the API shows it now. */
  readonly createFormat: () => (row: Row) => string;
};

const DAY_MS = 86_400_000;
const STEP_SECONDS = 300;

/** Opens a log as described: its list, and the truth about it. The log's own file adds the paths below the list. */
export function openLog<Row extends LogEntry>(
  account: SimulatedAccount,
  log: LogDescription<Row>,
): OpenLog & { readonly list: Endpoint; readonly isShown: (row: Row) => boolean } {
  const { clock, faults } = account;
  const { name, paging } = log;
  const list: Endpoint = {
    method: 'GET',
    path: matchPath(log.path, log.hasJsonForm),
    stream: name,
    service: paging.service,
    gate: log.gate,
    scopes: log.scopes,
    pageSize: paging.defaultSize,
    answer: (request) =>
      answerList(request, paging, faults, () => describeList(account, log, request.query)),
  };
  return {
    name,
    list,
    endpoints: [list],
    isShown: (row) =>
      row.second >= rangeNow(account, log).from &&
      row.visibleAtMs <= clock.now() &&
      !account.deletions.has(name, row.id),
    tell(from, to, includeInvisible) {
      const held = rangeNow(account, log, includeInvisible);
      const wished = Math.ceil(to.getTime() / 1000) - 1;
      const range = {
        from: Math.max(Math.ceil(from.getTime() / 1000), held.from),
        to: includeInvisible ? wished : Math.min(wished, held.to),
      };
      return writeRows(
        log,
        range,
        (row) =>
          includeInvisible ||
          (row.visibleAtMs <= clock.now() && !account.deletions.has(name, row.id)),
      );
    },
  };
}

/** From when to when the log has records now; `ignoreAge`: as if no record were ever too old. */
function rangeNow<Row extends LogEntry>(
  { anchorMs, clock }: SimulatedAccount,
  { days, retentionDays }: LogDescription<Row>,
  ignoreAge = false,
): SecondRange {
  const now = clock.now();
  const began = anchorMs - days * DAY_MS;
  const oldest = ignoreAge ? began : Math.max(began, now - retentionDays * DAY_MS);
  return { from: Math.ceil(oldest / 1000), to: Math.floor(now / 1000) };
}

function describeList<Row extends LogEntry>(
  account: SimulatedAccount,
  log: LogDescription<Row>,
  query: URLSearchParams,
): Listing<Row> | SimulatedAnswer {
  const filter = log.readFilter(query);
  if ('status' in filter) return filter;
  const now = account.clock.now();
  const held = rangeNow(account, log);
  const inset = account.options.inclusiveBounds ? 0 : 1;
  const range = {
    from: Math.max(held.from, filter.from + inset),
    to: Math.min(held.to, filter.to - inset),
  };
  return {
    name: log.name,
    path: log.path,
    range,
    scan(direction, start, visit) {
      scanRows(log.source, range, direction, start, (row) => {
        const isShown = row.visibleAtMs <= now && filter.isWanted(row);
        return isShown && !account.deletions.has(log.name, row.id) && visit(row);
      });
    },
    format: log.createFormat(),
  };
}

/** The rows to return, as texts; a few minutes of them at once. */
function* writeRows<Row extends LogEntry>(
  { source, createFormat }: LogDescription<Row>,
  { from, to }: SecondRange,
  isTold: (row: Row) => boolean,
): Generator<string> {
  const format = createFormat();
  for (let next = from; next <= to; next += STEP_SECONDS) {
    const step = { from: next, to: Math.min(next + STEP_SECONDS - 1, to) };
    const texts: string[] = [];
    scanRows(source, step, 1, undefined, (row) => {
      if (isTold(row)) texts.push(format(row));
      return false;
    });
    yield* texts;
  }
}
