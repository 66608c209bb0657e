import type { Command } from 'commander';
import { addAccessReports } from './report-access-program.ts';
import { runAccountSettings, type AccountSettingsFlags } from './report-account-settings.ts';
import { addExample, addReportFlags, addSpanFlags, gather } from './report-flags.ts';
import type { ReportContext } from './report-run.ts';
import { runUser, type UserFlags } from './report-user.ts';

/** Adds the command `report` with one command for each report. */
export function addReportCommands(
  program: Command,
  context: ReportContext,
  finish: (status: number) => void,
): void {
  const report = program
    .command('report')
    .description('answer a question from what is stored, and say how complete the answer is');
  addExample(report, 'report account-settings --from 2026-01-01 --to 2026-02-01');

  const accountSettings = report
    .command('account-settings')
    .description('who changed the settings of the account, or other things, and when');
  addReportFlags(
    addSpanFlags(accountSettings).option(
      '--source-type <type>',
      'what was changed, may be repeated (default: account_setting)',
      gather,
    ),
  ).action(async (flags: AccountSettingsFlags) => finish(await runAccountSettings(context, flags)));
  addExample(
    accountSettings,
    'report account-settings --from 2026-01-01 --to 2026-02-01 \\\n    --time-zone Europe/Madrid --format csv --output settings.csv',
  );

  const user = report
    .command('user')
    .description('who a user is and what they changed last')
    .argument('<user>', 'id, e-mail address or full name')
    .option('--last <number>', 'how many activities', '20')
    .option('--live', 'ask Zendesk now instead of the database');
  addReportFlags(user).action(async (text: string, flags: UserFlags) =>
    finish(await runUser(context, text, flags)),
  );
  addExample(user, 'report user joe@acme.example --last 50');

  addAccessReports(report, context, finish);
}
