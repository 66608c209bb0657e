import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { loadQuarantined, reportQuarantined } from '../../reports/quarantine/show.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from '../report/flags.ts';
import { withLocalDatabase } from '../session.ts';

type ShowFlags = ReportFlags & { readonly raw?: boolean };

/** `quarantine show`: one record, unchanged. */
export function addShow(quarantine: Command, context: CommandContext): void {
  const command = quarantine
    .command('show')
    .description('one record exactly as Zendesk sent it, and what is known about it')
    .argument('<number>', 'its number in "quarantine list"')
    .option('--raw', 'write only its bytes');
  addReportFlags(command).action(async (number: string, flags: ShowFlags) =>
    context.finish(await runShow(context, number, flags)),
  );
  addExample(command, 'zendesk-log-sync quarantine show 7 --raw');
}

async function runShow(context: CommandContext, number: string, flags: ShowFlags): Promise<number> {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  checkNumber(number, problems);
  if (flags.raw === true && (flags.format !== undefined || flags.output !== undefined))
    problems.push('--raw writes bytes to stdout. Leave out --format and --output.');
  if (problems.length > 0) throw refuseInput(problems);
  if (flags.raw !== true) {
    const { runReport } = await import('../report/run.ts');
    return runReport(context, { choices, now: new Date() }, (scope) =>
      reportQuarantined(scope, number),
    );
  }
  return withLocalDatabase(context, async ({ db }) => {
    const account = await chooseAccount(db, flags.account, context.env['ZENDESK_SUBDOMAIN']);
    const { content } = await loadQuarantined(db, account, number);
    context.stdout.write(content);
    return 0;
  });
}

/** Adds a problem for a text that is not the number of a record in quarantine. */
export function checkNumber(number: string, problems: string[]): void {
  if (!/^[1-9]\d{0,17}$/.test(number))
    problems.push(`The number is "${number}". Use a number from "quarantine list", digits only.`);
}
