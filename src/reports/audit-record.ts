/** One record of the audit log, cleaned and raw, with what it said before. */
import { refuseInput } from '../errors.ts';
import {
  findAuditRecord,
  loadAuditRevisions,
  type AuditRecordRow,
} from '../database/reports/audit-record.ts';
import { cleanTexts } from '../database/reports/user-activity.ts';
import { auditLogLimits } from './limits.ts';
import {
  iterateRows,
  type ReportColumn,
  type ReportContent,
  type ReportRow,
  type ReportScope,
  type ReportValue,
} from './report.ts';
import { createMomentFormat } from './time-zone.ts';

/** The fields of a record as Zendesk gives them, in the order in which they are read best. */
export const auditFields = [
  'id',
  'created_at',
  'action',
  'action_label',
  'actor_id',
  'actor_name',
  'source_type',
  'source_id',
  'source_label',
  'change_description',
  'ip_address',
  'url',
  'extra',
] as const satisfies readonly (keyof AuditRecordRow)[];

/** One of them. */
export type AuditField = (typeof auditFields)[number];

/** What the views work out, each behind the field it comes from. */
const derived: Partial<Record<AuditField, readonly (keyof AuditRecordRow)[]>> = {
  actor_name: ['actor_role'],
  source_label: ['source_label_type', 'source_label_name'],
  change_description: ['property', 'old_value', 'new_value'],
  extra: ['first_synced_at', 'synced_at'],
};

/** The columns of a report about one record: a row a field. */
export const auditRecordColumns: readonly ReportColumn[] = [
  { key: 'version', title: 'Version' },
  { key: 'field', title: 'Field' },
  { key: 'value', title: 'Value', isWrapped: true },
  { key: 'raw', title: 'As Zendesk gave it', isWrapped: true, isOptional: true },
  { key: 'until', title: 'Until', isTime: true, isOptional: true },
];

/**
 * The stored record with an id. Its former contents follow, with the fields in which each differs from what replaced it.
 *
 * @throws {KnownError} `bad_input` when it is not stored
 */
export async function reportAuditRecord(scope: ReportScope, id: string): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  const record = await findAuditRecord(db, account, id);
  if (record === undefined)
    throw refuseInput([
      `No record ${id} of the audit log of ${account} is stored; expected an id as the column id of the reports shows it; --live asks Zendesk.`,
    ]);
  const rows = listStored(record);
  let newer = readContent(record);
  const revisions = await loadAuditRevisions(db, account, id);
  const versionOf = (index: number): string => `former ${revisions.length - index}`;
  for (const [index, { content, replaced_at: until }] of revisions.entries()) {
    const older = readContent(content);
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
      ? 'Zendesk has given it in no other form since.'
      : `Zendesk has given it differently since; kept are ${revisions
          .map(({ replaced_at: until }, index) => `${versionOf(index)} (until ${show(until)})`)
          .join(', ')}.`;
  return {
    title: `Audit log record ${id} of ${account}`,
    columns: auditRecordColumns,
    rows: iterateRows(rows),
    statement: {
      coverage: [`Stored first at ${show(record.first_synced_at)}. ${kept}`],
      gaps: [],
      limits: auditLogLimits,
    },
  };
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

/** A record by its fields, as texts that can be compared, whether it comes from a row, from JSON or from Zendesk. */
export function readContent(
  content: Readonly<Partial<Record<AuditField, unknown>>>,
): Readonly<Record<AuditField, string | null>> {
  return Object.fromEntries(
    auditFields.map((field) => [field, readField(field, content[field])]),
  ) as Record<AuditField, string | null>;
}

function readField(field: AuditField, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (field === 'extra') {
    const extra: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    return JSON.stringify(sortKeys(extra));
  }
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : null;
  if (field === 'created_at') return readField(field, new Date(value));
  // A column of the type inet writes the length of its mask in JSON.
  return field === 'ip_address' ? value.replace(/\/(32|128)$/, '') : value;
}

/** Postgres keeps the keys of an object in an order of its own. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sortKeys(item)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The fields of a record for people. */
export async function cleanFields(
  { db }: Pick<ReportScope, 'db'>,
  content: Readonly<Record<AuditField, string | null>>,
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
