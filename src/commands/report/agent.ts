import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportAgentTimeline } from '../../reports/agent/page.ts';
import { addExample } from '../arguments.ts';
import { addLineFlags, readLineFlags, type LineFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type AgentFlags = ReportFlags & SpanFlags & LineFlags;

/** `report agent`: what one agent did, by time. */
export function addAgent(report: Command, take: TakeReport): void {
  const command = report
    .command('agent')
    .description('what one agent looked at, searched, exported and changed, by time')
    .argument('<agent>', 'id, e-mail address or full name');
  addReportFlags(addLineFlags(addSpanFlags(command))).action((agent: string, flags: AgentFlags) =>
    take((now) => prepareAgent(now, agent, flags)),
  );
  addExample(command, 'zendesk-log-sync report agent joe@acme.example --from 2026-01-31');
}

function prepareAgent(now: Date, agent: string, flags: AgentFlags): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const lines = readLineFlags(flags, problems);
  if (agent.trim() === '')
    problems.push('The agent is empty. Use an id, an e-mail address or a full name.');
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return {
    choices,
    now,
    span,
    source: 'database',
    build: (scope) => reportAgentTimeline(scope, { agent: agent.trim(), span, ...lines }),
  };
}
