import type { Command } from 'commander';
import { runAccessed, type AccessedFlags } from './report-accessed.ts';
import { runAgent, type AgentFlags } from './report-agent.ts';
import { addExample, addReportFlags, addSpanFlags, gather } from './report-flags.ts';
import type { ReportContext } from './report-run.ts';
import { runSubject, type SubjectFlags } from './report-subject.ts';

/** Adds the reports about the access log to the command `report`. */
export function addAccessReports(
  report: Command,
  context: ReportContext,
  finish: (status: number) => void,
): void {
  const accessed = report
    .command('accessed')
    .description('which agents and admins accessed tickets, users or other records')
    .argument('<type>', 'tickets, users, ticket_forms or another type')
    .option('--days <number>', 'the last so many days; instead of --from and --to')
    .option('--from <time>', 'start: 2026-01-31 (the start of that day) or 2026-01-31T08:00:00Z')
    .option('--to <time>', 'end, not included; in the same form (default: now)')
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
  addReportFlags(accessed).action(async (type: string, flags: AccessedFlags) =>
    finish(await runAccessed(context, type, flags)),
  );
  addExample(accessed, 'report accessed tickets --days 30 --output tickets.csv');

  const subject = report
    .command('subject')
    .description('who accessed the records of one person, for certain or possibly (GDPR)')
    .requiredOption('--user <id>', 'id of the person')
    .option('--tickets <ids>', 'ids of tickets about the person: 1,2,3; may be repeated', gather)
    .option('--pseudonymise', 'agents as "Agent 1", "Agent 2"; no addresses, no text of searches');
  addReportFlags(addSpanFlags(subject)).action(async (flags: SubjectFlags) =>
    finish(await runSubject(context, flags)),
  );
  addExample(
    subject,
    'report subject --user 417198039213 --tickets 937,941 \\\n    --from 2026-01-01 --to 2026-02-01 --pseudonymise',
  );

  const agent = report
    .command('agent')
    .description('what one agent looked at, searched, exported and changed, by time')
    .argument('<agent>', 'id, e-mail address or full name');
  addReportFlags(addSpanFlags(agent)).action(async (text: string, flags: AgentFlags) =>
    finish(await runAgent(context, text, flags)),
  );
  addExample(agent, 'report agent joe@acme.example --from 2026-01-31');
}
