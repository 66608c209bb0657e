import { isIP } from 'node:net';
import { refuseInput } from '../errors.ts';
import { reportAuditExport } from '../reports/audit-export/page.ts';
import type { ReportSpan } from '../reports/shared/report.ts';
import {
  readReportFlags,
  readSpanFlags,
  type ReportChoices,
  type ReportFlags,
} from './report-flags.ts';
import { runLiveReport } from './report-live.ts';
import type { ReportContext } from './report-run.ts';

/** The flags of `audit export` as commander gives them. */
export type AuditExportFlags = ReportFlags & {
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly action?: string[];
  readonly sourceType?: string;
  readonly sourceId?: string;
  readonly ip?: string;
};

/** `audit export`: asks Zendesk to send its own CSV of the audit log. */
export function runAuditExport(context: ReportContext, flags: AuditExportFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readBounds(flags, choices, now, problems);
  const { actor, action: actions = [], sourceType, sourceId, ip } = flags;
  for (const [option, text] of Object.entries({ actor, 'source-type': sourceType }))
    if (text?.trim() === '')
      problems.push(`--${option} is empty; leave it out or give it a value.`);
  if (actions.includes(''))
    problems.push('--action is empty; expected one such as create, update, destroy or login.');
  if (sourceId !== undefined && !/^-?\d{1,18}$/.test(sourceId))
    problems.push(`--source-id is "${sourceId}"; expected an id, digits only.`);
  if (sourceId !== undefined && sourceType === undefined)
    problems.push(
      '--source-id is given without --source-type; expected both: an id is one of its type.',
    );
  if (ip !== undefined && isIP(ip) === 0)
    problems.push(`--ip is "${ip}"; expected an address such as 203.0.113.9.`);
  if (problems.length > 0) throw refuseInput(problems);
  const filters = {
    span,
    actor: actor?.trim(),
    actions: [...new Set(actions)],
    sourceType,
    sourceId,
    ipAddress: ip,
  };
  return runLiveReport(context, { choices, now }, (scope, source) =>
    reportAuditExport(scope, source, filters),
  );
}

/** Zendesk filters by both bounds or by none. */
function readBounds(
  { from, to }: AuditExportFlags,
  choices: ReportChoices,
  now: Date,
  problems: string[],
): ReportSpan | undefined {
  if (from !== undefined)
    return readSpanFlags({ from, ...(to === undefined ? {} : { to }) }, choices, now, problems);
  if (to !== undefined)
    problems.push('--to is given without --from; expected both, or none for the whole log.');
  return undefined;
}
