/** The same page from Zendesk now, and whether the record is stored in this form. */
import { explainError, hasCode, refuseInput } from '../../errors.ts';
import { auditLogs } from '../../streams/audit-logs.ts';
import { preserve } from '../../streams/preserved.ts';
import { askObject, type LiveSource } from '../shared/live-source.ts';
import { iterateRows, type ReportContent, type ReportScope } from '../shared/report.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import { auditRecordColumns, cleanFields } from './page.ts';
import { auditFields, readContent, type AuditContent } from './question.ts';
import { findAuditRecord, settleJson } from './sql.ts';

/**
 * The record as Zendesk gives it now (contract 2); it is not stored.
 *
 * @throws {KnownError} `bad_input` when Zendesk has no such record
 */
export async function reportLiveAuditRecord(
  scope: ReportScope,
  source: LiveSource,
  id: string,
): Promise<ReportContent> {
  const { db, account, now, timeZone } = scope;
  const { fields, fault } = readFields(await askRecord(source, account, id));
  const { extra } = fields;
  const settled = extra === null ? null : await settleJson(db, JSON.stringify(extra));
  const content = readContent({ ...fields, extra: settled });
  const cleaned = await cleanFields(scope, content);
  const stored = await findAuditRecord(db, account, id);
  const show = createMomentFormat(timeZone);
  return {
    title: `Audit log record ${id} of ${account}, from Zendesk`,
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
        `Read from Zendesk at ${show(now)}.`,
        stored === undefined
          ? 'It is not stored here.'
          : fault === undefined
            ? compare(content, readContent(stored))
            : 'It is stored here in a readable form.',
      ],
      gaps: fault === undefined ? [] : [`It cannot be stored as Zendesk sends it: ${fault}`],
      limits: auditLogs.blindSpots,
    },
  };
}

async function askRecord(source: LiveSource, account: string, id: string): Promise<unknown> {
  const {
    source: { path },
    needs,
  } = auditLogs;
  const answer = await askObject(source, `${path}/${id}`, [], needs).catch((error: unknown) => {
    if (hasCode(error, 'record_unknown'))
      throw refuseInput([`Zendesk has no record ${id} in the audit log of ${account}.`]);
    throw error;
  });
  return answer['audit_log'];
}

/** The fields of a record; if it cannot be read, those that can be shown unchanged, and the whole record in `extra`. */
function readFields(record: unknown): {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly fault?: string;
} {
  try {
    return { fields: auditLogs.read(record).row };
  } catch (error) {
    const { created_at: _, ...fields } = (record ?? {}) as Readonly<Record<string, unknown>>;
    return { fields: { ...fields, extra: preserve(record ?? null) }, fault: explainError(error) };
  }
}

function compare(live: AuditContent, stored: AuditContent): string {
  const different = auditFields.filter((field) => live[field] !== stored[field]);
  return different.length === 0
    ? 'It is stored here as Zendesk sends it.'
    : `The stored record differs in ${different.join(', ')}. When its time is read again, the new values are stored and the previous version is kept.`;
}
