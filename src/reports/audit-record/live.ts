/** The same page, asked of Zendesk now, and whether the record is stored as it is. */
import { hasCode, refuseInput } from '../../errors.ts';
import { auditLogs } from '../../streams/audit-logs.ts';
import { askObject, type LiveSource } from '../shared/live-source.ts';
import { iterateRows, type ReportContent, type ReportScope } from '../shared/report.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import { auditRecordColumns, cleanFields } from './page.ts';
import { auditFields, readContent, type AuditContent } from './question.ts';
import { findAuditRecord } from './sql.ts';

/**
 * The record as Zendesk gives it now (contract 2); nothing of it is stored.
 *
 * @throws {KnownError} `bad_input` when Zendesk has no such record
 */
export async function reportLiveAuditRecord(
  scope: ReportScope,
  source: LiveSource,
  id: string,
): Promise<ReportContent> {
  const { db, account, now, timeZone } = scope;
  const content = readContent(await askRecord(source, account, id));
  const cleaned = await cleanFields(scope, content);
  const stored = await findAuditRecord(db, account, id);
  const show = createMomentFormat(timeZone);
  return {
    title: `Audit log record ${id} of ${account}, asked of Zendesk`,
    columns: auditRecordColumns,
    rows: iterateRows(
      auditFields.map((field) => ({
        version: 'live',
        until: null,
        field,
        value: cleaned(field),
        raw: content[field],
      })),
    ),
    statement: {
      coverage: [
        `Asked of Zendesk at ${show(now)}.`,
        stored === undefined ? 'It is not stored here.' : compare(content, readContent(stored)),
      ],
      gaps: [],
      limits: auditLogs.blindSpots,
    },
  };
}

async function askRecord(
  source: LiveSource,
  account: string,
  id: string,
): Promise<Readonly<Record<string, unknown>>> {
  const {
    source: { path },
    needs,
  } = auditLogs;
  const answer = await askObject(source, `${path}/${id}`, [], needs).catch((error: unknown) => {
    if (hasCode(error, 'record_unknown'))
      throw refuseInput([`Zendesk has no record ${id} in the audit log of ${account}.`]);
    throw error;
  });
  return auditLogs.read(answer['audit_log']).row;
}

function compare(live: AuditContent, stored: AuditContent): string {
  const different = auditFields.filter((field) => live[field] !== stored[field]);
  return different.length === 0
    ? 'It is stored here as Zendesk gives it.'
    : `It is stored here as well, but differs in ${different.join(', ')}; the next pull of its span takes that over and keeps the former content.`;
}
