import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportQuarantine } from '../../reports/quarantine/list.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from '../report/flags.ts';

type ListFlags = ReportFlags & { readonly stream?: string };

/** `quarantine list`: which records could not be stored, and why. */
export function addList(quarantine: Command, context: CommandContext): void {
  const command = quarantine
    .command('list')
    .description('which records could not be stored, and why, without their content')
    .option('--stream <name>', 'of one stream (default: of all)');
  addReportFlags(command).action(async (flags: ListFlags) =>
    context.finish(await runList(context, flags)),
  );
  addExample(command, 'zendesk-log-sync quarantine list --stream audit_logs');
}

async function runList(context: CommandContext, flags: ListFlags): Promise<number> {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  checkStream(context, flags.stream, problems);
  if (problems.length > 0) throw refuseInput(problems);
  const { runReport } = await import('../report/run.ts');
  return runReport(context, { choices, now: new Date() }, (scope) =>
    reportQuarantine(scope, { stream: flags.stream }),
  );
}

/** Adds a problem for a name that is not a stream. */
export function checkStream(
  { streams }: Pick<CommandContext, 'streams'>,
  asked: string | undefined,
  problems: string[],
): void {
  const names = streams.map(({ name }) => name);
  if (asked !== undefined && !names.includes(asked))
    problems.push(`--stream is "${asked}". Use ${names.join(', ')}.`);
}
