import type { Command } from 'commander';
import type { AccessRule } from '../../classification/access-rule.ts';
import { refuseInput } from '../../errors.ts';
import { reportAccessed } from '../../reports/accessed/page.ts';
import type { AccessedQuestion } from '../../reports/accessed/question.ts';
import { askObject } from '../../reports/shared/live-source.ts';
import { teamRoles } from '../../reports/shared/team.ts';
import { addExample, gather } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { addLineFlags, readLineFlags, type LineFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type AccessedFlags = ReportFlags &
  SpanFlags &
  LineFlags & {
    readonly agent?: readonly string[];
    readonly role?: readonly string[];
    readonly details?: boolean;
  };

/** `report accessed`: which agents and admins accessed the resources of one type. */
export function addAccessed(report: Command, take: TakeReport, context: CommandContext): void {
  const command = addSpanFlags(
    report
      .command('accessed')
      .description('which agents and admins accessed tickets, users or other records')
      .argument('<type>', 'tickets, users, ticket_forms or another type'),
  )
    .option(
      '--agent <agent>',
      'only this person: id, e-mail address or full name; may be repeated',
      gather,
    )
    .option(
      '--role <role>',
      'only people who were agent or admin then; agent,admin for both',
      gather,
    )
    .option(
      '--details',
      'ask Zendesk for the subject and requester of tickets, and the name and e-mail of users',
    );
  addReportFlags(addLineFlags(command)).action((type: string, flags: AccessedFlags) =>
    take((now) => prepareAccessed(now, context.readLocalConfig().accessRules, type, flags)),
  );
  addExample(command, 'zendesk-log-sync report accessed tickets --days 30 --output tickets.csv');
}

function prepareAccessed(
  now: Date,
  rules: readonly AccessRule[],
  type: string,
  flags: AccessedFlags,
): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const lines = readLineFlags(flags, problems);
  const chosenRoles = readRoles(flags.role ?? [], problems);
  const agents = (flags.agent ?? []).map((agent) => agent.trim());
  if (agents.includes(''))
    problems.push('--agent is empty. Use an id, an e-mail address or a full name.');
  if (flags.details === true && lines.fields === 'raw')
    problems.push('--details and --raw are both set. Use only one of them.');
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  const question: AccessedQuestion = {
    span,
    type,
    rules,
    agents,
    roles: chosenRoles,
    ...lines,
  };
  const common = { choices, now, span };
  return flags.details === true
    ? {
        ...common,
        source: 'zendesk',
        flag: '--details',
        build: (scope, source) =>
          reportAccessed(scope, question, (path, parameters) =>
            askObject(source, path, parameters),
          ),
      }
    : {
        ...common,
        source: 'database',
        build: (scope) => reportAccessed(scope, question, undefined),
      };
}

function readRoles(texts: readonly string[], problems: string[]): string[] {
  const chosen = [...new Set(texts.flatMap((text) => text.split(',')).map((text) => text.trim()))];
  for (const role of chosen)
    if (!teamRoles.some((known) => known === role))
      problems.push(
        `--role is "${role}". Use ${teamRoles.join(', ')} or both: ${teamRoles.join(',')}.`,
      );
  return chosen;
}
