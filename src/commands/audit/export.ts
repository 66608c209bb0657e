import { isIP } from 'node:net';
import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportAuditExport } from '../../reports/audit-export/page.ts';
import type { ReportSpan } from '../../reports/shared/report.ts';
import { addExample, gather } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import {
  addReportFlags,
  readReportFlags,
  type ReportChoices,
  type ReportFlags,
} from '../report/flags.ts';
import { readSpanFlags } from '../report/span.ts';

type ExportFlags = ReportFlags & {
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly action?: readonly string[];
  readonly sourceType?: string;
  readonly sourceId?: string;
  readonly ip?: string;
};

/** `audit export`: asks Zendesk to send its own CSV of the audit log. */
export function addExport(audit: Command, context: CommandContext): void {
  const command = audit
    .command('export')
    .description('ask Zendesk to send its CSV by e-mail; at most one a minute')
    .option(
      '--from <time>',
      'start: 2026-01-31 (the beginning of that day) or 2026-01-31T08:00:00Z',
    )
    .option('--to <time>', 'end, in the same form (default: now)')
    .option('--actor <actor>', 'only changes by this person: id, e-mail address or full name')
    .option(
      '--action <action>',
      'only create, update, destroy, login or exported; may be repeated',
      gather,
    )
    .option('--source-type <type>', 'only changes of this type of thing: rule, user, ticket')
    .option('--source-id <id>', 'only changes of this thing; with --source-type')
    .option('--ip <address>', 'only changes from this IP address');
  addReportFlags(command).action(async (flags: ExportFlags) =>
    context.finish(await runExport(context, flags)),
  );
  addExample(command, 'zendesk-log-sync audit export --from 2026-01-01 --action destroy');
}

async function runExport(context: CommandContext, flags: ExportFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readBounds(flags, choices, now, problems);
  const { actor, action: actions = [], sourceType, sourceId, ip } = flags;
  for (const [option, text] of Object.entries({ actor, 'source-type': sourceType }))
    if (text?.trim() === '')
      problems.push(`--${option} is empty. Leave it out or give it a value.`);
  if (actions.includes(''))
    problems.push('--action is empty. Use an action such as create, update, destroy or login.');
  if (sourceId !== undefined && !/^-?\d{1,18}$/.test(sourceId))
    problems.push(`--source-id is "${sourceId}". Use an id, digits only.`);
  if (sourceId !== undefined && sourceType === undefined)
    problems.push('--source-id needs --source-type too, because each type has ids of its own.');
  if (ip !== undefined && isIP(ip) === 0)
    problems.push(`--ip is "${ip}". Use an address such as 203.0.113.9.`);
  if (problems.length > 0) throw refuseInput(problems);
  const filters = {
    span,
    actor: actor?.trim(),
    actions: [...new Set(actions)],
    sourceType,
    sourceId,
    ipAddress: ip,
  };
  const { runLiveReport } = await import('../report/run.ts');
  return runLiveReport(context, { choices, now }, (scope, source) =>
    reportAuditExport(scope, source, filters),
  );
}

/** Zendesk filters by both bounds or by none. */
function readBounds(
  { from, to }: ExportFlags,
  choices: ReportChoices,
  now: Date,
  problems: string[],
): ReportSpan | undefined {
  if (from !== undefined)
    return readSpanFlags({ from, ...(to === undefined ? {} : { to }) }, choices, now, problems);
  if (to !== undefined)
    problems.push('--to needs --from too. Use both, or neither for the whole log.');
  return undefined;
}
