import { refuseInput } from '../errors.ts';
import { reportAuditRecord } from '../reports/audit-record/page.ts';
import { reportLiveAuditRecord } from '../reports/audit-record/live.ts';
import { readReportFlags, type ReportFlags } from './report-flags.ts';
import { runLiveReport } from './report-live.ts';
import { runReport, type ReportContext } from './report-run.ts';

/** The flags of `audit show` as commander gives them. */
export type AuditShowFlags = ReportFlags & { readonly live?: boolean };

/** `audit show`: one record of the audit log. */
export function runAuditShow(
  context: ReportContext,
  id: string,
  flags: AuditShowFlags,
): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  if (!/^[1-9]\d{0,17}$/.test(id))
    problems.push(`The id is "${id}"; expected the id of a record of the audit log, digits only.`);
  if (problems.length > 0) throw refuseInput(problems);
  return flags.live === true
    ? runLiveReport(context, { choices, now, flag: '--live' }, (scope, source) =>
        reportLiveAuditRecord(scope, source, id),
      )
    : runReport(context, { choices, now }, (scope) => reportAuditRecord(scope, id));
}
