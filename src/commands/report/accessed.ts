import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportAccessed } from '../../reports/accessed/page.ts';
import type { AccessedQuestion } from '../../reports/accessed/question.ts';
import { askObject } from '../../reports/shared/live-source.ts';
import { teamRoles } from '../../reports/shared/team.ts';
import { addExample, gather } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { addLineFlags, readLineFlags, type LineFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import { runLiveReport, runReport } from './run.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type AccessedFlags = ReportFlags &
  SpanFlags &
  LineFlags & {
    readonly agent?: readonly string[];
    readonly role?: readonly string[];
    readonly details?: boolean;
  };

/** `report accessed`: which agents and admins accessed the resources of one type. */
export function addAccessed(report: Command, context: CommandContext): void {
  const command = addSpanFlags(
    report
      .command('accessed')
      .description('which agents and admins accessed tickets, users or other records')
      .argument('<type>', 'tickets, users, ticket_forms or another type'),
  )
    .option(
      '--agent <agent>',
      'only this one: id, e-mail address or full name; may be repeated',
      gather,
    )
    .option(
      '--role <role>',
      'only those who were agent or admin then; agent,admin for both',
      gather,
    )
    .option(
      '--details',
      'ask Zendesk for subject and requester of tickets, name and e-mail of users',
    );
  addReportFlags(addLineFlags(command)).action(async (type: string, flags: AccessedFlags) =>
    context.finish(await runAccessed(context, type, flags)),
  );
  addExample(command, 'zendesk-log-sync report accessed tickets --days 30 --output tickets.csv');
}

function runAccessed(context: CommandContext, type: string, flags: AccessedFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const lines = readLineFlags(flags, problems);
  const chosenRoles = readRoles(flags.role ?? [], problems);
  const agents = (flags.agent ?? []).map((agent) => agent.trim());
  if (agents.includes(''))
    problems.push('--agent is empty; expected an id, an e-mail address or a full name.');
  if (flags.details === true && lines.fields === 'raw')
    problems.push('--details and --raw are both there; choose one of them.');
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  const { accessRules: rules } = context.readLocalConfig();
  const question: AccessedQuestion = {
    span,
    type,
    rules,
    agents,
    roles: chosenRoles,
    ...lines,
  };
  return flags.details === true
    ? runLiveReport(context, { choices, now, flag: '--details' }, (scope, source) =>
        reportAccessed(scope, question, (path, parameters) => askObject(source, path, parameters)),
      )
    : runReport(context, { choices, now }, (scope) => reportAccessed(scope, question, undefined));
}

function readRoles(texts: readonly string[], problems: string[]): string[] {
  const chosen = [...new Set(texts.flatMap((text) => text.split(',')).map((text) => text.trim()))];
  for (const role of chosen)
    if (!teamRoles.some((known) => known === role))
      problems.push(
        `--role is "${role}"; expected ${teamRoles.join(', ')} or both: ${teamRoles.join(',')}.`,
      );
  return chosen;
}
