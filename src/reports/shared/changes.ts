/** Changes of the audit log, as the reports about them read and show them. */
import type { ReadableDatabase, Queryable } from '../../database/client.ts';
import {
  auditFieldColumns,
  auditFieldSource,
  rawColumns,
  restoreRecords,
  type FieldChoice,
} from './record-fields.ts';
import type { ReportColumn, ReportContent, ReportRow } from './report.ts';

/** A change in the audit log. Ids are text. */
export type ChangeRow = {
  readonly time: Date;
  readonly person: string | null;
  readonly source_label: string | null;
  readonly change_description: string | null;
  readonly action: string | null;
  readonly source_type: string | null;
  readonly actor_id: string | null;
  readonly ip_address: string | null;
  readonly source_id: string | null;
  readonly id: string;
};

/** Selects `ChangeRow`s from `audit_logs` as `a`; a condition follows. The name is the one at the time of the change. */
const changeSource = `select a.created_at as time, coalesce(nullif(a.actor_name, ''), u.name) as person,
  zendesk.clean_text(a.source_label) as source_label,
  zendesk.clean_text(a.change_description) as change_description, a.action, a.source_type, a.actor_id::text as actor_id,
  host(a.ip_address) as ip_address, a.source_id::text as source_id, a.id::text as id
     from zendesk.audit_logs a
     left join zendesk.users u on u.account = a.account and u.id = a.actor_id`;

/** The columns of reports whose rows are changes of the audit log; those in the middle are the most important for people. */
export const changeColumns: readonly ReportColumn[] = [
  { key: 'time', title: 'Time', isTime: true },
  { key: 'person', title: 'Person' },
  { key: 'source_label', title: 'What' },
  { key: 'change_description', title: 'Change' },
  { key: 'action', title: 'Action' },
  { key: 'source_type', title: 'Type', isOptional: true },
  { key: 'actor_id', title: 'Actor id', isOptional: true },
  { key: 'ip_address', title: 'IP address', isOptional: true },
  { key: 'source_id', title: 'Source id', isOptional: true },
  { key: 'id', title: 'Id', isOptional: true },
];

/** Records of the audit log, `a`, that meet a condition, with the requested fields, in the order at the end of the condition. */
export function readChanges(
  db: ReadableDatabase,
  fields: FieldChoice,
  condition: string,
  values: readonly unknown[],
): Pick<ReportContent, 'columns' | 'rows'> {
  const read = <Row extends Record<string, unknown>>(source: string) =>
    db.read<Row>(`${source}\n     ${condition}`, [...values]);
  if (fields === 'usual') return { columns: changeColumns, rows: read<ChangeRow>(changeSource) };
  return fields === 'all'
    ? { columns: auditFieldColumns, rows: read<ReportRow>(auditFieldSource.all) }
    : { columns: rawColumns, rows: restoreRecords(read(auditFieldSource.raw)) };
}

/** Texts of the audit log as the views show them, in the same order. */
export async function cleanTexts(
  db: Queryable,
  texts: readonly (string | null)[],
): Promise<(string | null)[]> {
  const rows = await db.query<{ text: string | null }>(
    `select zendesk.clean_text(t.text) as text from unnest($1::text[]) with ordinality as t (text, place) order by t.place`,
    [[...texts]],
  );
  return rows.map(({ text }) => text);
}
