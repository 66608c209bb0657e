import type { Command } from 'commander';
import { runAccountSettings, type AccountSettingsFlags } from './report-account-settings.ts';
import { addReportFlags, addSpanFlags } from './report-flags.ts';
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
    .description('answer a question from what is stored, and say how complete the answer is')
    .addHelpText('after', example('report account-settings --from 2026-01-01 --to 2026-02-01'));

  addReportFlags(
    addSpanFlags(
      report
        .command('account-settings')
        .description('who changed the settings of the account, or other things, and when'),
    ).option(
      '--source-type <type>',
      'what was changed, may be repeated (default: account_setting)',
      (type: string, before: string[] | undefined) => [...(before ?? []), type],
    ),
  )
    .addHelpText(
      'after',
      example(
        'report account-settings --from 2026-01-01 --to 2026-02-01 \\\n    --time-zone Europe/Madrid --format csv --output settings.csv',
      ),
    )
    .action(async (flags: AccountSettingsFlags) =>
      finish(await runAccountSettings(context, flags)),
    );

  addReportFlags(
    report
      .command('user')
      .description('who a user is and what they changed last')
      .argument('<user>', 'id, e-mail address or full name')
      .option('--last <number>', 'how many activities', '20')
      .option('--live', 'ask Zendesk now instead of the database'),
  )
    .addHelpText('after', example('report user joe@acme.example --last 50'))
    .action(async (user: string, flags: UserFlags) => finish(await runUser(context, user, flags)));
}

function example(line: string): string {
  return `\nExample:\n  zendesk-log-sync ${line}\n`;
}
