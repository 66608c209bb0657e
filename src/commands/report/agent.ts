import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportAgentTimeline } from '../../reports/agent/page.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { addLineFlags, readLineFlags, type LineFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import { runReport } from './run.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type AgentFlags = ReportFlags & SpanFlags & LineFlags;

/** `report agent`: what one agent did, by time. */
export function addAgent(report: Command, context: CommandContext): void {
  const command = report
    .command('agent')
    .description('what one agent looked at, searched, exported and changed, by time')
    .argument('<agent>', 'id, e-mail address or full name');
  addReportFlags(addLineFlags(addSpanFlags(command))).action(
    async (agent: string, flags: AgentFlags) =>
      context.finish(await runAgent(context, agent, flags)),
  );
  addExample(command, 'zendesk-log-sync report agent joe@acme.example --from 2026-01-31');
}

function runAgent(context: CommandContext, agent: string, flags: AgentFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const lines = readLineFlags(flags, problems);
  if (agent.trim() === '')
    problems.push('The agent is empty; expected an id, an e-mail address or a full name.');
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return runReport(context, { choices, now }, (scope) =>
    reportAgentTimeline(scope, { agent: agent.trim(), span, ...lines }),
  );
}
