import { createClassifier } from '../classification/classifier.ts';
import { fingerprintRules } from '../classification/access-rule.ts';
import { accessLogs } from '../streams/access-logs.ts';
import { classifyStored, type ClassificationPass } from '../ingest/classification-pass.ts';
import { createClassifyProgress } from './classify-progress.ts';
import type { ClassifyScope } from './classify-task.ts';
import { formatMoment, formatNumber, toJson } from './report.ts';

/** `classify --apply`: the stored requests, classified anew by the present rules. Status 1 when it was stopped. */
export async function applyRules(
  { context, config, db, account, json }: ClassifyScope,
  { again }: { readonly again: boolean },
): Promise<number> {
  const classify = createClassifier(config.accessRules);
  const rules = fingerprintRules(config.accessRules);
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

/** A pass as `--json` prints it; `requests` and `changed` count from its beginning, whatever interrupted it. */
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
    return `Stopped after ${requests} of ${account}; "classify --apply" goes on there.`;
  if (outcome === 'already')
    return `The stored requests of ${account} are classified by these rules already, up to ${formatMoment(state.reachedAt)} UTC; --again classifies them all once more.`;
  const changes =
    state.rowsChanged === 0
      ? 'none has changed'
      : `${formatNumber(state.rowsChanged)} ${state.rowsChanged === 1 ? 'has' : 'have'} changed`;
  return `Classified ${requests} of ${account}: ${changes}${days === 0 ? '' : `; ${count(days, 'day')} counted anew`}.`;
}

function count(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? '' : 's'}`;
}
