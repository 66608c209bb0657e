import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportLiveAuditRecord } from '../../reports/audit-record/live.ts';
import { reportAuditRecord } from '../../reports/audit-record/page.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from '../report/flags.ts';

type ShowFlags = ReportFlags & { readonly live?: boolean };

/** `audit show`: one record of the audit log. */
export function addShow(audit: Command, context: CommandContext): void {
  const command = audit
    .command('show')
    .description('one record, cleaned and as Zendesk sent it, with its previous versions')
    .argument('<id>', 'id of the record')
    .option('--live', 'ask Zendesk now, and compare with the stored record');
  addReportFlags(command).action(async (id: string, flags: ShowFlags) =>
    context.finish(await runShow(context, id, flags)),
  );
  addExample(command, 'zendesk-log-sync audit show 54337476015999 --live');
}

async function runShow(context: CommandContext, id: string, flags: ShowFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  if (!/^[1-9]\d{0,17}$/.test(id))
    problems.push(`The id is "${id}". Use the id of a record of the audit log, digits only.`);
  if (problems.length > 0) throw refuseInput(problems);
  const { runLiveReport, runReport } = await import('../report/run.ts');
  return flags.live === true
    ? runLiveReport(context, { choices, now, flag: '--live' }, (scope, source) =>
        reportLiveAuditRecord(scope, source, id),
      )
    : runReport(context, { choices, now }, (scope) => reportAuditRecord(scope, id));
}
