import { hasCode } from '../errors.ts';
import { summarizeUnclassified, type Unclassified } from '../reports/unclassified/question.ts';
import { showPatiently } from './classify-progress.ts';
import type { ClassifyScope } from './classify-task.ts';
import { writeToStream } from './report-output.ts';
import { formatMoment, formatNumber, renderTable, toJson } from './report.ts';

const dayMs = 86_400_000;

/** `classify --report`: the forms of the requests that no rule knows, without ids and search texts. Status 1 when it was stopped. */
export async function reportUnclassified(
  { context, db, account, json }: ClassifyScope,
  { days, limit }: { readonly days: number | undefined; readonly limit: number },
  now: Date,
): Promise<number> {
  const since = days === undefined ? undefined : new Date(now.getTime() - days * dayMs);
  let found = 0;
  const endDisplay = showPatiently(context, () => [
    `access_logs    ${formatNumber(found)} requests that no rule knows`,
  ]);
  const { signal } = context;
  const report = (total: number): void => void (found = total);
  const unclassified = await summarizeUnclassified(
    db,
    { account, since },
    { limit, signal, report },
  ).finally(() => endDisplay());
  if (unclassified === undefined) {
    context.printError('Stopped before the end: there is no report.');
    return 1;
  }
  const text = json ? toJson(describeUnclassified(unclassified)) : renderUnclassified(unclassified);
  try {
    await writeToStream(context.stdout).write(`${text}\n`);
  } catch (error) {
    // Whoever read the pipe has enough, as "head" does.
    if (!hasCode(error, 'output_closed')) throw error;
  }
  return 0;
}

/** The report as `--json` prints it; `share` is a number from 0 to 1. */
export function describeUnclassified({
  account,
  since,
  requests,
  summary,
}: Unclassified): Readonly<Record<string, unknown>> {
  const { total, templates, others } = summary;
  return {
    account,
    since: since ?? null,
    requests,
    unclassified: total,
    share: requests === 0 ? 0 : total / requests,
    templates,
    others,
  };
}

/** The report for people. */
export function renderUnclassified({ account, since, requests, summary }: Unclassified): string {
  const { total, templates, others } = summary;
  const stored = `${formatNumber(requests)} stored requests of ${account}${since === undefined ? '' : ` since ${formatMoment(since)} (UTC)`}`;
  if (total === 0)
    return requests === 0
      ? `No requests of ${account} are stored${since === undefined ? '' : ` since ${formatMoment(since)} (UTC)`}.`
      : `The rules know all of the ${stored}.`;
  const table = renderTable(
    ['Requests', 'Newest (UTC)', 'Form'],
    templates.map(({ template, requests: count, newest }) => [
      formatNumber(count),
      formatMoment(newest),
      template,
    ]),
    [0],
  );
  return [
    `No rule knows ${formatNumber(total)} of the ${stored} (${formatShare(total / requests)}).`,
    '',
    table,
    '',
    ...(others === 0 ? [] : [`${formatNumber(others)} more have other forms; see --limit.`]),
    'Rules for them go into the file that ACCESS_RULES_FILE names; see "classify --help".',
  ].join('\n');
}

function formatShare(share: number): string {
  return share < 0.0001 ? 'below 0.01%' : `${(share * 100).toFixed(2)}%`;
}
