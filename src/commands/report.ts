import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { addAccessed } from './report/accessed.ts';
import { addAccountSettings } from './report/account-settings.ts';
import { addAddress } from './report/address.ts';
import { addAgent } from './report/agent.ts';
import { addFindings } from './report/findings.ts';
import { addLog } from './report/log.ts';
import { addSubject } from './report/subject.ts';
import type { TakeReport } from './report/prepared.ts';
import { addTicket } from './report/ticket.ts';
import { addUser } from './report/user.ts';

/** `report`, with one command for each report. */
export function addReport(report: Command, context: CommandContext): void {
  addExample(report, 'zendesk-log-sync report account-settings --from 2026-01-01 --to 2026-02-01');
  addReports(report, context, async (prepare) => {
    const { runPrepared } = await import('./report/run.ts');
    context.finish(await runPrepared(context, prepare(new Date())));
  });
}

/** One command for each report, which passes the report to `take`. */
export function addReports(report: Command, context: CommandContext, take: TakeReport): void {
  addTicket(report, take);
  addAccessed(report, take, context);
  const reports = [
    addAgent,
    addAddress,
    addSubject,
    addFindings,
    addLog,
    addAccountSettings,
    addUser,
  ];
  for (const add of reports) add(report, take);
}
