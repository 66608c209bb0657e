import { Option, type Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportFindings, severities, type FindingsQuestion } from '../../reports/findings/page.ts';
import { addExample, gather } from '../arguments.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type FindingsFlags = ReportFlags &
  SpanFlags & {
    readonly severity?: FindingsQuestion['severity'];
    readonly rule?: readonly string[];
    readonly allFields?: boolean;
  };

/** `report findings`: what the rules found in both logs. */
export function addFindings(report: Command, take: TakeReport): void {
  const command = report
    .command('findings')
    .description('what the rules found in the audit log and the access log');
  addSpanFlags(command)
    .addOption(
      new Option('--severity <severity>', 'show this severity and higher (default: all)').choices(
        severities,
      ),
    )
    .option('--rule <rule>', 'only of this rule of zendesk.finding_rules; may be repeated', gather)
    .option('--all-fields', 'every column of each finding, with the keys of the rows behind it');
  addReportFlags(command).action((flags: FindingsFlags) =>
    take((now) => prepareFindings(now, flags)),
  );
  addExample(command, 'zendesk-log-sync report findings --since yesterday --severity medium');
}

function prepareFindings(now: Date, flags: FindingsFlags): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  const { severity = 'info', rule: rules = [], allFields = false } = flags;
  return {
    choices,
    now,
    span,
    source: 'database',
    build: (scope) => reportFindings(scope, { span, severity, rules, allFields }),
  };
}
