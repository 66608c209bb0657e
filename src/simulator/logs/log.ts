import { buildAuditLog } from './audit-log-text.ts';
import { formatAccessLog } from './access-log-text.ts';
import { scanRows, type LogRow, type LogSource } from './log-source.ts';
import type { Account } from './account.ts';
import type { LogStream } from './options.ts';

/** Which records the truth is asked for. */
export interface TruthSpan {
  readonly stream: LogStream;
  /** First instant, included. */
  readonly from: Date;
  /** Last instant, excluded. */
  readonly to: Date;
  /** Also those that are not shown yet (late or future) and those that the API has dropped for their age. */
  readonly includeInvisible?: boolean;
}

const STEP_SECONDS = 300;

/** The records of [from, to) by their own time stamp, as JSON texts in ascending order; costs memory for five minutes. */
export function* tellTruth(account: Account, span: TruthSpan): Generator<string> {
  if (span.stream === 'audit_logs') {
    const { subdomain } = account.options;
    const erased = account.erasedUserId();
    yield* walk(account, account.auditLogs, span, (row) =>
      JSON.stringify(buildAuditLog(row, subdomain, erased)),
    );
  } else {
    yield* walk(account, account.accessLogs, span, formatAccessLog);
  }
}

function* walk<Row extends LogRow>(
  account: Account,
  source: LogSource<Row>,
  span: TruthSpan,
  format: (row: Row) => string,
): Generator<string> {
  const includeInvisible = span.includeInvisible ?? false;
  const now = account.clock.now();
  const range = account.rangeOf(span.stream, includeInvisible);
  const wished = Math.ceil(span.to.getTime() / 1000) - 1;
  const last = includeInvisible ? wished : Math.min(wished, range.to);
  let from = Math.max(Math.ceil(span.from.getTime() / 1000), range.from);
  while (from <= last) {
    const to = Math.min(from + STEP_SECONDS - 1, last);
    const texts: string[] = [];
    scanRows(source, { from, to }, 1, undefined, (row) => {
      if (includeInvisible || row.visibleAtMs <= now) texts.push(format(row));
      return false;
    });
    yield* texts;
    from = to + 1;
  }
}
