/** The two tasks of `classify`. */
import { fingerprintRules, type AccessRule } from '../classification/access-rule.ts';
import { createClassifier } from '../classification/classifier.ts';
import type { Database } from '../database/client.ts';
import { hasCode } from '../errors.ts';
import {
  classifyStored,
  type ClassificationPass,
  type ClassificationProgress,
} from '../ingest/classification-pass.ts';
import { summarizeUnclassified, type Unclassified } from '../reports/unclassified/question.ts';
import { accessLogs } from '../streams/access-logs.ts';
import type { CommandContext } from './context.ts';
import { showLines, type Outputs, type Patience } from './terminal/display.ts';
import { createMeter } from './terminal/meter.ts';
import { writeToStream } from './terminal/output.ts';
import { renderTable } from './terminal/table.ts';
import { formatMoment, formatNumber, toJson } from './terminal/words.ts';

/** What both tasks need. */
type ClassifyScope = {
  readonly context: CommandContext;
  readonly db: Database;
  readonly account: string;
  readonly json: boolean;
};

/** After this time the progress is shown. */
const patience: Patience = { terminalMs: 2000, plainMs: 2000 };

const dayMs = 86_400_000;

/** `classify --apply`: classifies the stored requests again with the current rules. Status 1 if it was stopped. */
export async function applyRules(
  { context, db, account, json }: ClassifyScope,
  accessRules: readonly AccessRule[],
  again: boolean,
): Promise<number> {
  const classify = createClassifier(accessRules);
  const rules = fingerprintRules(accessRules);
  const progress = createClassifyProgress(context);
  const pass = await classifyStored(
    db,
    { account, stream: accessLogs, classify, rules },
    { again, signal: context.signal, report: progress.report, reportDays: progress.reportDays },
  ).finally(() => progress.end());
  const isStopped = pass.outcome === 'stopped';
  if (json) context.print(toJson(describePass(account, pass)));
  else if (isStopped) context.printError(renderPass(account, pass));
  else context.print(renderPass(account, pass));
  return isStopped ? 1 : 0;
}

/** A pass as `--json` prints it; `requests` and `changed` count from its beginning, also after interruptions. */
function describePass(
  account: string,
  { outcome, state, days }: ClassificationPass,
): Readonly<Record<string, unknown>> {
  return {
    account,
    outcome,
    requests: state.rowsRead,
    changed: state.rowsChanged,
    days,
    started_at: state.startedAt,
    ended_at: state.endedAt,
  };
}

/** A pass in a sentence. */
export function renderPass(
  account: string,
  { outcome, state, isContinued, days }: ClassificationPass,
): string {
  const requests = count(state.rowsRead, isContinued ? 'further request' : 'request');
  if (outcome === 'stopped')
    return `Stopped after ${requests} of ${account}; "classify --apply" continues from there.`;
  if (outcome === 'already')
    return `The stored requests of ${account} are already classified by these rules, up to ${formatMoment(state.reachedAt)} UTC. Add --again to classify all of them again.`;
  const changes =
    state.rowsChanged === 0
      ? 'none has changed'
      : `${formatNumber(state.rowsChanged)} ${state.rowsChanged === 1 ? 'has' : 'have'} changed`;
  return `Classified ${requests} of ${account}: ${changes}${days === 0 ? '' : `; ${count(days, 'day')} counted again`}.`;
}

function count(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Receives the progress of a pass until it is ended. */
type ClassifyProgress = {
  readonly report: (progress: ClassificationProgress) => void;
  readonly reportDays: (done: number, total: number) => void;
  readonly end: () => void;
};

/** Shows the progress of the classification on stderr, if it takes more than two seconds. */
export function createClassifyProgress(outputs: Outputs): ClassifyProgress {
  const meter = createMeter(accessLogs.name, Date.now());
  let days: string | undefined;
  let former: number | undefined;
  return {
    report({ rows, share, wantedSeconds }) {
      const nowMs = Date.now();
      // The first report comes before the first batch: its rows are those of an interrupted pass.
      meter.addRows(former === undefined ? 0 : Math.max(0, rows - former), nowMs);
      former = rows;
      meter.setShare(share, wantedSeconds, nowMs);
    },
    reportDays(done, total) {
      days = `rollups        ${formatNumber(done)} of ${formatNumber(total)} days counted again`;
    },
    end: showLines(outputs, patience, () => [days ?? meter.describe(Date.now())]),
  };
}

/**
 * `classify --report`: the forms of the requests that no rule matches, without ids and search texts. Status 1 if it was
 * stopped.
 */
export async function showUnclassified(
  { context, db, account, json }: ClassifyScope,
  { days, limit }: { readonly days: number | undefined; readonly limit: number },
  now: Date,
): Promise<number> {
  const since = days === undefined ? undefined : new Date(now.getTime() - days * dayMs);
  let found = 0;
  const endDisplay = showLines(context, patience, () => [
    `${accessLogs.name.padEnd(14)} ${formatNumber(found)} requests that no rule matches`,
  ]);
  const { signal } = context;
  const report = (total: number): void => void (found = total);
  const unclassified = await summarizeUnclassified(
    db,
    { account, since },
    { limit, signal, report },
  ).finally(() => endDisplay());
  if (unclassified === undefined) {
    context.printError('Stopped before the end. There is no report.');
    return 1;
  }
  const text = json ? toJson(describeUnclassified(unclassified)) : renderUnclassified(unclassified);
  try {
    await writeToStream(context.stdout).write(`${text}\n`);
  } catch (error) {
    // The reader of the pipe has read enough, such as "head".
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
      : `The rules match all of the ${stored}.`;
  const table = renderTable(
    ['Requests', 'Newest (UTC)', 'Form'],
    templates.map(({ template, newest, ...counted }) => [
      formatNumber(counted.requests),
      formatMoment(newest),
      template,
    ]),
    [0],
  );
  return [
    `No rule matches ${formatNumber(total)} of the ${stored} (${formatShare(total / requests)}).`,
    '',
    table,
    '',
    ...(others === 0 ? [] : [`${formatNumber(others)} more have other patterns; see --limit.`]),
    'Write rules for them into the file named in ACCESS_RULES_FILE; see "classify --help".',
  ].join('\n');
}

function formatShare(share: number): string {
  return share < 0.0001 ? 'below 0.01%' : `${(share * 100).toFixed(2)}%`;
}
