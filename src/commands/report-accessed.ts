import { refuseInput } from '../errors.ts';
import { reportAccessed } from '../reports/accessed/page.ts';
import type { AccessedQuestion } from '../reports/accessed/question.ts';
import { askObject } from '../reports/shared/live-source.ts';
import type { ReportSpan } from '../reports/shared/report.ts';
import { teamRoles } from '../reports/shared/team.ts';
import {
  readCount,
  readReportFlags,
  readSpanFlags,
  type ReportChoices,
  type ReportFlags,
} from './report-flags.ts';
import { runLiveReport } from './report-live.ts';
import { runReport, type ReportContext } from './report-run.ts';

/** The flags of `report accessed` as commander gives them. */
export type AccessedFlags = ReportFlags & {
  readonly days?: string;
  readonly from?: string;
  readonly to?: string;
  readonly agent?: string[];
  readonly role?: string[];
  readonly details?: boolean;
};

const dayMs = 86_400_000;
const mostDays = 36_500;

/** `report accessed`: which agents and admins accessed the resources of one type. */
export function runAccessed(
  context: ReportContext,
  type: string,
  flags: AccessedFlags,
): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readDays(flags, choices, now, problems);
  const chosenRoles = readRoles(flags.role ?? [], problems);
  const agents = (flags.agent ?? []).map((agent) => agent.trim());
  if (agents.includes(''))
    problems.push('--agent is empty; expected an id, an e-mail address or a full name.');
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  const { accessRules: rules } = context.readLocalConfig();
  const question: AccessedQuestion = { span, type, rules, agents, roles: chosenRoles };
  return flags.details === true
    ? runLiveReport(context, { choices, now, flag: '--details' }, (scope, source) =>
        reportAccessed(scope, question, (path, parameters) => askObject(source, path, parameters)),
      )
    : runReport(context, { choices, now }, (scope) => reportAccessed(scope, question, undefined));
}

/** The span of `--days`, or of `--from` and `--to`; one of them has to be there. */
function readDays(
  { days, from, to }: AccessedFlags,
  choices: ReportChoices,
  now: Date,
  problems: string[],
): ReportSpan | undefined {
  if (days === undefined) {
    if (from !== undefined)
      return readSpanFlags({ from, ...(to === undefined ? {} : { to }) }, choices, now, problems);
    problems.push(
      'No span is given; expected --days 30, or --from 2026-01-31 with or without --to.',
    );
    return undefined;
  }
  if (from !== undefined || to !== undefined) {
    problems.push('--days and --from or --to are both there; expected one way to give the span.');
    return undefined;
  }
  const count = readCount('--days', days, problems, mostDays);
  // Whole seconds, as the log has them.
  const start = Math.floor(now.getTime() / 1000) * 1000 - count * dayMs;
  return { from: new Date(start), to: now };
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
