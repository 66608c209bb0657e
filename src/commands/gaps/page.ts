/** Gaps as people and scripts read them. */
import type { Gap, GapReason } from '../../ingest/gaps.ts';
import type { Span } from '../../span.ts';
import type { CommandContext } from '../context.ts';
import { renderTable } from '../terminal/table.ts';
import { widthOf, wrapLines } from '../terminal/text.ts';
import { formatNumber, formatSeconds } from '../terminal/words.ts';
import type { AccountGaps } from '../../ingest/account-gaps.ts';

/** In words that fit into the last column of 80. */
const reasons: Readonly<Record<GapReason, string>> = {
  never_read: 'never read',
  expired: 'lost',
  unavailable: 'refused by Zendesk',
  quarantined: 'quarantined',
  rescan_due: 'waiting for a rescan',
  partition_dropped: 'partition dropped',
  partition_detached: 'partition detached',
  partition_truncated: 'partition emptied',
  rows_deleted: 'rows deleted by hand',
  rows_missing: 'rows deleted by hand',
  lost_by_restore: 'lost by a restore',
  missing_by_reconcile: 'missing by reconcile',
};

/** How many are listed; scripts get all. */
const listed = 50;

/** Lines are no longer than this where there is no terminal. */
const usualWidth = 80;

/** Prints the gaps of an account with their reasons, and what closing them costs. */
export function printGaps(context: CommandContext, result: AccountGaps): void {
  const { account, gaps } = result;
  if (gaps.length === 0) return context.print(`Account ${account}: no gaps.`);
  const shown = gaps.slice(0, listed);
  const table = renderTable(
    ['Stream', 'From', 'Until', 'Length', 'Reason'],
    shown.map(({ stream, from, to, reason }) => [
      stream,
      showSecond(from),
      showSecond(to),
      from === undefined || to === undefined ? '' : formatSeconds(to - from),
      reasons[reason],
    ]),
  );
  const more = gaps.length - shown.length;
  const lines = [
    ...new Set(shown.map(({ stream, sentence }) => `${stream}: ${sentence}`)),
    ...(more === 0 ? [] : [`And ${formatNumber(more)} more gaps; --json lists all.`]),
    ...describeCosts(result),
  ];
  context.print(
    [`Account ${account}, times in UTC`, table, '', ...wrap(context, lines), ''].join('\n'),
  );
}

/** What closing the gaps costs, a sentence for each log. */
function describeCosts({ gaps, costs }: AccountGaps): string[] {
  if (!gaps.some(({ canClose }) => canClose))
    return ['Nothing of this can be closed by reading it again.'];
  return costs.map(({ stream, rows, requests, minutes, requestsPerMinute, isMeasured }) => {
    const basis = isMeasured
      ? `about ${formatNumber(rows)} records, estimated from the stored rows`
      : 'there are no stored rows to estimate the records from: there may be many more';
    return `Closing the gaps of ${stream} costs about ${count(requests, 'request')} and ${count(minutes, 'minute')} at ${requestsPerMinute} requests a minute (${basis}).`;
  });
}

function count(number: number, noun: string): string {
  return `${formatNumber(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** Lines that fit the terminal, or 80 columns. */
export function wrap(
  { stdout }: Pick<CommandContext, 'stdout'>,
  lines: readonly string[],
): string[] {
  return wrapLines(lines, widthOf(stdout) ?? usualWidth);
}

function showSecond(second: number | undefined): string {
  return second === undefined
    ? ''
    : new Date(second * 1000).toISOString().slice(0, 16).replace('T', ' ');
}

/** A span in words. */
export function showSpan({ from, to }: Span): string {
  return `${showSecond(from)} to ${showSecond(to)} (${formatSeconds(to - from)})`;
}

/** The gaps of an account as `--json` prints them. */
export function describeGaps({
  account,
  gaps,
  costs,
}: AccountGaps): Readonly<Record<string, unknown>> {
  return {
    account,
    gaps: gaps.map((gap: Gap) => ({
      stream: gap.stream,
      from: writeSecond(gap.from),
      until: writeSecond(gap.to),
      reason: gap.reason,
      sentence: gap.sentence,
      can_close: gap.canClose,
      records: gap.records ?? null,
    })),
    costs: costs.map(({ stream, rows, requests, minutes, requestsPerMinute, isMeasured }) => ({
      stream,
      rows: isMeasured ? rows : null,
      requests,
      minutes,
      requests_per_minute: requestsPerMinute,
    })),
  };
}

/** A second as scripts read it. */
export function writeSecond(second: number | undefined): string | null {
  return second === undefined ? null : `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
}
