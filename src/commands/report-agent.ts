import { refuseInput } from '../errors.ts';
import { reportAgentTimeline } from '../reports/agent/page.ts';
import {
  readReportFlags,
  readSpanFlags,
  type ReportFlags,
  type SpanFlags,
} from './report-flags.ts';
import { runReport, type ReportContext } from './report-run.ts';

/** The flags of `report agent` as commander gives them. */
export type AgentFlags = ReportFlags & SpanFlags;

/** `report agent`: what one agent did, by time. */
export function runAgent(
  context: ReportContext,
  agent: string,
  flags: AgentFlags,
): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  if (agent.trim() === '')
    problems.push('The agent is empty; expected an id, an e-mail address or a full name.');
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return runReport(context, { choices, now }, (scope) =>
    reportAgentTimeline(scope, { agent: agent.trim(), span }),
  );
}
