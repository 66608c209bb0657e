import { refuseInput } from '../errors.ts';
import { reportAccountSettings } from '../reports/account-settings/page.ts';
import { accountSetting } from '../reports/account-settings/question.ts';
import {
  readReportFlags,
  readSpanFlags,
  type ReportFlags,
  type SpanFlags,
} from './report-flags.ts';
import { runReport, type ReportContext } from './report-run.ts';

/** The flags of `report account-settings` as commander gives them. */
export type AccountSettingsFlags = ReportFlags & SpanFlags & { readonly sourceType?: string[] };

/** `report account-settings`: who changed the settings of the account. */
export function runAccountSettings(
  context: ReportContext,
  flags: AccountSettingsFlags,
): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const sourceTypes = [...new Set(flags.sourceType ?? [accountSetting])];
  if (sourceTypes.includes(''))
    problems.push('--source-type is empty; expected a type such as account_setting or rule.');
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return runReport(context, { choices, now }, (scope) =>
    reportAccountSettings(scope, { span, sourceTypes }),
  );
}
