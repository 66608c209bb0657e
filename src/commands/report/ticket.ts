import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportTicket } from '../../reports/ticket/page.ts';
import { addExample } from '../arguments.ts';
import { addLineFlags, readLineFlags, type LineFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type TicketFlags = ReportFlags & SpanFlags & LineFlags;

/** The default: as long as Zendesk keeps the access log. */
const usualDays = '90';

/** `report ticket`: who opened one ticket. */
export function addTicket(report: Command, take: TakeReport): void {
  const command = report
    .command('ticket')
    .description(`who opened one ticket (default: in the last ${usualDays} days)`)
    .argument('<id>', 'id of the ticket');
  addReportFlags(addLineFlags(addSpanFlags(command))).action((ticket: string, flags: TicketFlags) =>
    take((now) => prepareTicket(now, ticket, flags)),
  );
  addExample(command, 'zendesk-log-sync report ticket 937 --days 30');
}

function prepareTicket(now: Date, ticket: string, flags: TicketFlags): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const { days, since, month, from, to } = flags;
  const isGiven = [days, since, month, from, to].some((text) => text !== undefined);
  const span = readSpanFlags(isGiven ? flags : { days: usualDays }, choices, now, problems);
  const lines = readLineFlags(flags, problems);
  const id = ticket.trim().replace(/^#/, '');
  if (!/^[1-9]\d{0,17}$/.test(id))
    problems.push(`The ticket is "${ticket}". Use its id, digits only.`);
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return {
    choices,
    now,
    span,
    source: 'database',
    build: (scope) => reportTicket(scope, { span, ticket: id, ...lines }),
  };
}
