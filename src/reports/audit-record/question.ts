/** One record of the audit log, cleaned and raw, with its previous versions. */
import { parseJson } from '../../zendesk/body.ts';
import { isWrittenNumber, readPlainText } from '../../zendesk/exact-numbers.ts';

/** The fields of a record as Zendesk gives them, in the best order for reading. */
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
] as const;

/** One of them. */
export type AuditField = (typeof auditFields)[number];

/** What the views make of a record; `known_name` is the name at that time, or the current one, if the record has none. */
type DerivedField =
  | 'known_name'
  | 'actor_role'
  | 'clean_label'
  | 'source_label_type'
  | 'source_label_name'
  | 'description'
  | 'property'
  | 'old_value'
  | 'new_value';

/** A stored record. Ids are text, and so is `extra`: the fields that this program does not know, as JSON. */
export type AuditRecordRow = Readonly<
  Record<Exclude<AuditField, 'created_at'> | DerivedField, string | null> &
    Record<'created_at' | 'first_synced_at' | 'synced_at', Date>
>;

/** A previous version of a record: its columns as JSON text, because numbers may be longer than JavaScript can hold. */
export type AuditRevisionRow = {
  readonly content: string;
  readonly replaced_at: Date;
};

/** A record by its fields, as texts that can be compared. */
export type AuditContent = Readonly<Record<AuditField, string | null>>;

/** A previous version by its fields. */
export function readFormer({ content }: Pick<AuditRevisionRow, 'content'>): AuditContent {
  return readContent(parseJson(Buffer.from(content)) as Readonly<Record<string, unknown>>);
}

/** A record by its fields, as texts that can be compared, whether it comes from a row, from JSON or from Zendesk. */
export function readContent(content: Readonly<Partial<Record<AuditField, unknown>>>): AuditContent {
  return Object.fromEntries(
    auditFields.map((field) => [field, readField(field, content[field])]),
  ) as Record<AuditField, string | null>;
}

function readField(field: AuditField, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (field === 'extra') {
    const extra: unknown = typeof value === 'string' ? parseJson(Buffer.from(value)) : value;
    return JSON.stringify(sortKeys(extra));
  }
  if (typeof value !== 'string') return readPlainText(value) ?? null;
  if (field === 'created_at') return readField(field, new Date(value));
  // A column of the type inet writes the length of its mask in JSON.
  return field === 'ip_address' ? value.replace(/\/(32|128)$/, '') : value;
}

/** Postgres keeps the keys of an object in its own order. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null || isWrittenNumber(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sortKeys(item)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
