import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportSubject } from '../../reports/subject/page.ts';
import { addExample, gather } from '../arguments.ts';
import { addLineFlags, readLineFlags, type LineFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type SubjectFlags = ReportFlags &
  SpanFlags &
  LineFlags & {
    readonly user: string;
    readonly tickets?: readonly string[];
    readonly pseudonymise?: boolean;
    readonly confirmedOnly?: boolean;
  };

const id = /^[1-9]\d{0,17}$/;

/** `report subject`: who accessed the records of one person. */
export function addSubject(report: Command, take: TakeReport): void {
  const command = report
    .command('subject')
    .description('who accessed the records of one person, confirmed or possibly (GDPR)')
    .requiredOption('--user <id>', 'id of the person')
    .option('--tickets <ids>', 'ids of tickets about the person: 1,2,3; may be repeated', gather)
    .option('--confirmed-only', 'leave out what may have shown the person')
    .option('--pseudonymise', 'agents as "Agent 1", "Agent 2"; no addresses, no text of searches');
  addReportFlags(addLineFlags(addSpanFlags(command))).action((flags: SubjectFlags) =>
    take((now) => prepareSubject(now, flags)),
  );
  addExample(
    command,
    'zendesk-log-sync report subject --user 417198039213 --tickets 937,941 \\\n    --from 2026-01-01 --to 2026-02-01 --pseudonymise',
  );
}

function prepareSubject(now: Date, flags: SubjectFlags): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const lines = readLineFlags(flags, problems);
  if (flags.pseudonymise === true && lines.fields !== 'usual')
    problems.push(
      '--pseudonymise cannot be used with --all-fields or --raw, which show who the agents are. Use only one of them.',
    );
  const user = flags.user.trim();
  if (!id.test(user))
    problems.push(
      `--user is "${user}". Use the id of the person, digits only. The address of their profile in Zendesk shows it.`,
    );
  const tickets = (flags.tickets ?? [])
    .flatMap((text) => text.split(','))
    .map((text) => text.trim());
  for (const ticket of tickets)
    if (!id.test(ticket))
      problems.push(`--tickets has "${ticket}". Use ids of tickets such as 1,2,3.`);
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return {
    choices,
    now,
    span,
    source: 'database',
    build: (scope) =>
      reportSubject(scope, {
        span,
        user,
        tickets: [...new Set(tickets)],
        pseudonymise: flags.pseudonymise === true,
        only: flags.confirmedOnly === true ? 'confirmed' : undefined,
        ...lines,
      }),
  };
}
