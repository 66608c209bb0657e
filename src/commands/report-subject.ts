import { refuseInput } from '../errors.ts';
import { reportSubject } from '../reports/subject/page.ts';
import {
  readReportFlags,
  readSpanFlags,
  type ReportFlags,
  type SpanFlags,
} from './report-flags.ts';
import { runReport, type ReportContext } from './report-run.ts';

/** The flags of `report subject` as commander gives them. */
export type SubjectFlags = ReportFlags &
  SpanFlags & {
    readonly user: string;
    readonly tickets?: string[];
    readonly pseudonymise?: boolean;
  };

const id = /^[1-9]\d{0,17}$/;

/** `report subject`: who accessed the records of one person. */
export function runSubject(context: ReportContext, flags: SubjectFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const user = flags.user.trim();
  if (!id.test(user))
    problems.push(
      `--user is "${user}"; expected the id of the person, digits only, as the address of their profile in Zendesk shows it.`,
    );
  const tickets = (flags.tickets ?? [])
    .flatMap((text) => text.split(','))
    .map((text) => text.trim());
  for (const ticket of tickets)
    if (!id.test(ticket))
      problems.push(`--tickets has "${ticket}"; expected ids of tickets such as 1,2,3.`);
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return runReport(context, { choices, now }, (scope) =>
    reportSubject(scope, {
      span,
      user,
      tickets: [...new Set(tickets)],
      pseudonymise: flags.pseudonymise === true,
    }),
  );
}
