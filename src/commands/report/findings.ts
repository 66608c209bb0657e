import { Option, type Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportFindings, severities, type FindingsQuestion } from '../../reports/findings/page.ts';
import { addExample, gather } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import { runReport } from './run.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type FindingsFlags = ReportFlags &
  SpanFlags & {
    readonly severity?: FindingsQuestion['severity'];
    readonly rule?: readonly string[];
  };

/** `report findings`: what the rules found in both logs. */
export function addFindings(report: Command, context: CommandContext): void {
  const command = report
    .command('findings')
    .description('what the rules found in the audit log and the access log');
  addSpanFlags(command)
    .addOption(
      new Option('--severity <severity>', 'the least grave ones to show (default: all)').choices(
        severities,
      ),
    )
    .option('--rule <rule>', 'only of this rule of zendesk.finding_rules; may be repeated', gather);
  addReportFlags(command).action(async (flags: FindingsFlags) =>
    context.finish(await runFindings(context, flags)),
  );
  addExample(command, 'zendesk-log-sync report findings --since yesterday --severity medium');
}

function runFindings(context: CommandContext, flags: FindingsFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  const { severity = 'info', rule: rules = [] } = flags;
  return runReport(context, { choices, now }, (scope) =>
    reportFindings(scope, { span, severity, rules }),
  );
}
