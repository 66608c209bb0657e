/** The page of the report from the database: one line for each field. */
import { refuseInput } from '../../errors.ts';
import { auditLogs } from '../../streams/audit-logs.ts';
import { cleanTexts } from '../shared/changes.ts';
import {
  iterateRows,
  type ReportColumn,
  type ReportContent,
  type ReportRow,
  type ReportScope,
  type ReportValue,
} from '../shared/report.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import {
  auditFields,
  readContent,
  readFormer,
  type AuditContent,
  type AuditField,
  type AuditRecordRow,
} from './question.ts';
import { everSpan, withArchive } from '../shared/with-archive.ts';
import { findAuditRecord, loadAuditRevisions } from './sql.ts';

/** What the views add, each after the field that it comes from. */
const derived: Partial<Record<AuditField, readonly (keyof AuditRecordRow)[]>> = {
  actor_name: ['actor_role'],
  source_label: ['source_label_type', 'source_label_name'],
  change_description: ['property', 'old_value', 'new_value'],
  extra: ['first_synced_at', 'synced_at'],
};

/** The columns of a report about one record, with one row for each field. */
export const auditRecordColumns: readonly ReportColumn[] = [
  { key: 'version', title: 'Version' },
  { key: 'field', title: 'Field' },
  { key: 'value', title: 'Value' },
  { key: 'raw', title: 'As Zendesk sent it', isOptional: true },
  { key: 'until', title: 'Until', isTime: true, isOptional: true },
];

/**
 * The stored record with an id. Its previous versions follow, with the fields in which each differs from the next version.
 *
 * @throws {KnownError} `bad_input` when it is not stored
 */
export async function reportAuditRecord(scope: ReportScope, id: string): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  const record = (await findAuditRecord(db, account, id)) ?? (await findArchived(scope, id));
  if (record === undefined)
    throw refuseInput([
      `No record ${id} of the audit log of ${account} is stored. Use an id from the column "id" of a report, or add --live to ask Zendesk.`,
    ]);
  const rows = listStored(record);
  let newer = readContent(record);
  const revisions = await loadAuditRevisions(db, account, id);
  const versionOf = (index: number): string => `former ${revisions.length - index}`;
  for (const [index, revision] of revisions.entries()) {
    const { replaced_at: until } = revision;
    const older = readFormer(revision);
    const changed = auditFields.filter((field) => older[field] !== newer[field]);
    const version = versionOf(index);
    const cleaned = await cleanFields(scope, older);
    for (const field of changed)
      rows.push({ version, until, field, value: cleaned(field), raw: older[field] });
    newer = older;
  }
  const show = createMomentFormat(timeZone);
  const kept =
    revisions.length === 0
      ? 'It has not changed since.'
      : `It has changed since; the previous contents are ${revisions
          .map(({ replaced_at: until }, index) => `${versionOf(index)} (until ${show(until)})`)
          .join(', ')}.`;
  return {
    title: `Audit log record ${id} of ${account}`,
    columns: auditRecordColumns,
    rows: iterateRows(rows),
    statement: {
      coverage: [`First stored at ${show(record.first_synced_at)}. ${kept}`],
      gaps: [],
      limits: auditLogs.blindSpots,
    },
  };
}

/** The record in the archive: where its address names it, and else wherever it may be. */
async function findArchived(scope: ReportScope, id: string): Promise<AuditRecordRow | undefined> {
  const ids = new Set([id]);
  for (const words of [[id], undefined]) {
    const read = await withArchive(scope, auditLogs, everSpan, words, { ids });
    const found = await findAuditRecord(read.db, read.account, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

function listStored(record: AuditRecordRow): ReportRow[] {
  const cleaned: Partial<Record<AuditField, ReportValue>> = {
    created_at: record.created_at,
    actor_name: record.known_name,
    source_label: record.clean_label,
    change_description: record.description,
  };
  const raw = readContent(record);
  return auditFields.flatMap((field): ReportRow[] => [
    {
      version: 'stored',
      until: null,
      field,
      value: field in cleaned ? (cleaned[field] ?? null) : raw[field],
      raw: raw[field],
    },
    ...(derived[field] ?? [])
      .filter((name) => record[name] !== null)
      .map((name) => ({
        version: 'stored',
        until: null,
        field: name,
        value: record[name],
        raw: null,
      })),
  ]);
}

/** The fields of a record for people. */
export async function cleanFields(
  { db }: Pick<ReportScope, 'db'>,
  content: AuditContent,
): Promise<(field: AuditField) => ReportValue> {
  const [label, description] = await cleanTexts(db, [
    content.source_label,
    content.change_description,
  ]);
  return (field) => {
    if (field === 'source_label') return label ?? null;
    if (field === 'change_description') return description ?? null;
    const text = content[field];
    return field === 'created_at' && text !== null ? new Date(text) : text;
  };
}
