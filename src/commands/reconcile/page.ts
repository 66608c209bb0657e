/** What a reconciliation came to, for people and for scripts. */
import { nameHere } from '../../database/schema-names.ts';
import type { Reconciliation } from '../../ingest/reconcile/reconciliation.ts';
import type { Keyed } from '../../ingest/reconcile/stored.ts';
import type { CommandContext } from '../context.ts';
import { renderTable } from '../terminal/table.ts';
import { widthOf, wrapLines } from '../terminal/text.ts';
import { formatNumber, formatSeconds } from '../terminal/words.ts';

/** How many records of each kind are named; scripts get all. */
const named = 20;

/** Lines are no longer than this where there is no terminal. */
const usualWidth = 80;

/** Prints what was compared and what was found. */
export function printReconciliation(context: CommandContext, result: Reconciliation): void {
  const { account, stream, task, counts } = result;
  const { from, to } = task.span;
  const table = renderTable(
    ['Found', 'Records', 'What became of it'],
    [
      ['missing here', formatNumber(counts.missingHere), explainStored(result, 'missingHere')],
      [
        'missing there',
        formatNumber(counts.missingThere),
        counts.missingThere === 0 ? '' : `kept; noted in ${nameHere('zendesk.source_deletions')}`,
      ],
      ['different', formatNumber(counts.different), explainStored(result, 'different')],
      [
        'shown again',
        formatNumber(counts.seenAgain),
        counts.seenAgain === 0 ? '' : `noted in ${nameHere('zendesk.source_deletions')}`,
      ],
    ],
    [1],
  );
  const wrap = (lines: readonly string[]): string[] =>
    wrapLines(lines, widthOf(context.stdout) ?? usualWidth);
  const head = [
    `Account ${account}: ${stream} from ${showSecond(from)} to ${showSecond(to)}, times in UTC`,
    describeExtent(result),
  ];
  const lines = [
    ...listNamed('missing here', result.missingHere),
    ...listNamed('missing there', result.missingThere),
    ...listNamed('different', result.different),
    ...listNamed('shown again', result.seenAgain),
    ...listUnread(result),
    ...(result.stored.error === undefined
      ? []
      : [`Not all of it is stored yet: ${result.stored.error} See "gaps".`]),
    ...(result.outcome === 'equal' && counts.comparableSeconds > 0
      ? ['Zendesk shows what is stored, and nothing else.']
      : []),
  ];
  context.print([...wrap(head), '', table, '', ...wrap(lines)].join('\n'));
}

function explainStored(
  { counts, stored }: Reconciliation,
  kind: 'missingHere' | 'different',
): string {
  if (counts[kind] === 0) return '';
  if (stored.error !== undefined) return 'not all stored yet';
  return kind === 'missingHere' ? 'stored now' : 'stored now; the old content is a revision';
}

function describeExtent({ task, counts }: Reconciliation): string {
  const { span, sample } = task;
  const whole = span.to - span.from;
  const { readSeconds, comparableSeconds, records } = counts;
  if (comparableSeconds === 0)
    return 'Nothing of it can be compared: it is not stored completely, or Zendesk no longer has it. See "gaps".';
  const share = `${(Math.floor((readSeconds / whole) * 1000) / 10).toFixed(1)} %`;
  const how =
    sample === undefined
      ? ''
      : ` in ${formatNumber(sample.count)} random parts (--sample ${sample.count} --seed ${sample.seed} looks at the same ones)`;
  const left = whole - comparableSeconds;
  const rest =
    left === 0
      ? ''
      : ` ${formatSeconds(left)} of it cannot be compared: it is not stored completely yet, or Zendesk no longer has it.`;
  const looked = readSeconds === 0 ? '0s' : formatSeconds(readSeconds);
  return `Looked at ${looked} of ${formatSeconds(whole)} (${share})${how} and compared ${formatNumber(records)} records.${rest}`;
}

function listNamed(kind: string, records: readonly Keyed[]): string[] {
  const more = records.length - named;
  return [
    ...records.slice(0, named).map(({ id, second }) => `${kind}: ${showSecond(second)} ${id}`),
    ...(more > 0 ? [`${kind}: ${formatNumber(more)} more; --json lists all.`] : []),
  ];
}

function listUnread({ unread }: Reconciliation): string[] {
  const more = unread.length - named;
  return [
    ...unread.slice(0, named).map(({ from, to, rows, reason }) => {
      const span = `${showSecond(from)} to ${showSecond(to)}`;
      return rows === undefined
        ? `not compared: ${span}: ${reason}`
        : `not judged: ${formatNumber(rows)} rows of ${span} were not shown, and do not count as deleted: ${reason}.`;
    }),
    ...(more > 0 ? [`not compared: ${formatNumber(more)} more; --json lists all.`] : []),
  ];
}

function showSecond(second: number): string {
  return new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** The same as `--json` prints it. */
export function describeReconciliation(result: Reconciliation): unknown {
  const { account, stream, task, outcome, counts, stored, unread } = result;
  return {
    account,
    stream,
    from: writeSecond(task.span.from),
    until: writeSecond(task.span.to),
    sample: task.sample?.count ?? null,
    seed: task.sample?.seed ?? null,
    outcome,
    seconds: task.span.to - task.span.from,
    comparable_seconds: counts.comparableSeconds,
    read_seconds: counts.readSeconds,
    records: counts.records,
    missing_here: result.missingHere.map(describeRecord),
    missing_there: result.missingThere.map(describeRecord),
    different: result.different.map(describeRecord),
    shown_again: result.seenAgain.map(describeRecord),
    unread: unread.map(({ from, to, rows, reason }) => ({
      from: writeSecond(from),
      until: writeSecond(to),
      rows: rows ?? null,
      reason,
    })),
    rows_new: stored.new,
    rows_changed: stored.changed,
    error: stored.error ?? null,
  };
}

function describeRecord({ id, second }: Keyed): unknown {
  return { id, time: writeSecond(second) };
}

function writeSecond(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
}
