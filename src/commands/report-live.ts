import { refuseInput } from '../errors.ts';
import type { LiveSource } from '../reports/shared/live-source.ts';
import type { ReportContent, ReportScope } from '../reports/shared/report.ts';
import { createBudgetGate } from '../ingest/budget-gate.ts';
import { createZendesk, type Zendesk } from '../zendesk/client.ts';
import { runReport, type ReportContext, type ReportRun } from './report-run.ts';

/** How a report that asks Zendesk is run. */
type LiveReportRun = Omit<ReportRun, 'account'> & {
  /** What makes it ask Zendesk, for messages: `--live`. Undefined where it always does. */
  readonly flag?: string;
};

/**
 * Runs a report that asks Zendesk, within the budget that all processes of the account share.
 *
 * @throws {KnownError} `bad_input` for what cannot be answered as it was asked, settings for Zendesk that are missing among it
 */
export async function runLiveReport(
  context: ReportContext,
  { flag, ...run }: LiveReportRun,
  build: (scope: ReportScope, source: LiveSource) => Promise<ReportContent>,
): Promise<number> {
  const configs = context.readConfigs();
  const config = configs.length === 1 ? configs[0] : context.readConfig(run.choices.account);
  const { account } = config.zendesk;
  const asked = run.choices.account;
  if (asked !== undefined && asked !== account)
    throw refuseInput([
      `--account is "${asked}", but the settings reach ${account}; leave ${flag === undefined ? '--account' : `one of --account and ${flag}`} out.`,
    ]);
  let zendesk: Zendesk | undefined;
  try {
    return await runReport(context, { ...run, account }, (scope, log) => {
      const budget = createBudgetGate({
        db: scope.db,
        account,
        requestsPerMinute: config.budgets,
        reserve: 0,
        report: () => {},
      });
      zendesk = createZendesk({ ...config.zendesk, budget, log });
      return build(scope, { zendesk, signal: context.signal });
    });
  } finally {
    zendesk?.close();
  }
}
