import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportAccountSettings } from '../../reports/account-settings/page.ts';
import { accountSetting } from '../../reports/account-settings/question.ts';
import { addExample, gather } from '../arguments.ts';
import { addFieldFlags, readFieldFlags, type FieldFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type AccountSettingsFlags = ReportFlags &
  SpanFlags &
  FieldFlags & { readonly sourceType?: readonly string[] };

/** `report account-settings`: who changed the settings of the account. */
export function addAccountSettings(report: Command, take: TakeReport): void {
  const command = report
    .command('account-settings')
    .description('who changed the settings of the account, or other things, and when');
  addSpanFlags(command).option(
    '--source-type <type>',
    'what was changed, may be repeated (default: account_setting)',
    gather,
  );
  addReportFlags(addFieldFlags(command)).action((flags: AccountSettingsFlags) =>
    take((now) => prepareAccountSettings(now, flags)),
  );
  addExample(
    command,
    'zendesk-log-sync report account-settings --from 2026-01-01 --to 2026-02-01 \\\n    --time-zone Europe/Madrid --format csv --output settings.csv',
  );
}

function prepareAccountSettings(now: Date, flags: AccountSettingsFlags): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const fields = readFieldFlags(flags, problems);
  const sourceTypes = [...new Set(flags.sourceType ?? [accountSetting])];
  if (sourceTypes.includes(''))
    problems.push('--source-type is empty. Use a type such as account_setting or rule.');
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return {
    choices,
    now,
    span,
    source: 'database',
    build: (scope) => reportAccountSettings(scope, { span, sourceTypes, fields }),
  };
}
