/** Rows as a package has them: each value as the sealed log means it, and in JSON and CSV as programs and people read it. */
import type { Database, Queryable } from '../../database/client.ts';
import { nameHere } from '../../database/schema-names.ts';
import { canonicalJson } from '../../evidence/canonical-json.ts';
import type { StandingRow } from '../../evidence/proving/prover.ts';
import { inUtc, readSelected, selectSealed, type SelectedRow } from '../../evidence/stored-rows.ts';
import type { LogTable } from '../../streams/stream.ts';
import { formatSpreadsheetCell } from '../forms/csv.ts';
import { escapeJson } from '../forms/json.ts';
import type { PlainValue } from '../forms/machine-columns.ts';
import { listColumns } from './names.ts';
import type { Selection } from './selection.ts';

/** A row that goes into a package. */
export type PackedRow = StandingRow & {
  /** Its time, and when it was first stored: UTC with microseconds. */
  readonly time: string;
  readonly firstStoredAt: string;
};

/** The rows of a selection in the order of their keys, from one snapshot. */
export async function* readPackedRows(
  db: Database,
  table: LogTable,
  { condition, values }: Selection,
): AsyncGenerator<PackedRow> {
  const rows = db.read<SelectedRow>(
    `select ${selectSealed(table)}, ${inUtc(table.time)} as "$time", ${inUtc('synced_at')} as "$storedAt",
       ${inUtc('first_synced_at')} as "$firstStoredAt"
     from ${table.name} where ${condition} order by ${table.time}, ${table.id.name}`,
    values,
  );
  for await (const { $time, $storedAt, $firstStoredAt, ...row } of rows)
    yield {
      ...readSelected(row),
      time: $time ?? '',
      storedAt: $storedAt ?? '',
      firstStoredAt: $firstStoredAt ?? '',
    };
}

/** How a column is written in JSON: numbers that every program reads exactly, booleans, JSON, and text for all else. */
type JsonType = 'number' | 'boolean' | 'json' | 'text';

/** Writes the rows of a log. */
type RowLines = {
  /** The names of the columns, in their order. */
  readonly columns: readonly string[];
  readonly toJson: (row: PackedRow) => string;
  readonly toCells: (row: PackedRow) => string;
};

/** Prepares to write rows of a log: its columns keep their order and their names. */
export async function createRowLines(
  db: Queryable,
  account: string,
  table: LogTable,
): Promise<RowLines> {
  const types = await loadTypes(db, table.name);
  const list = ({ id, time, row, firstStoredAt, storedAt }: PackedRow): readonly Cell[] => [
    ['account', account, 'text'],
    [table.id.name, id, 'text'],
    [table.time, time, 'text'],
    ...table.columns.map((name): Cell => [name, textOf(row[name]), types.get(name) ?? 'text']),
    ['first_synced_at', firstStoredAt, 'text'],
    ['synced_at', storedAt, 'text'],
  ];
  return {
    columns: listColumns(table),
    toJson: (row) => escapeJson(`{${list(row).map(formatMember).join(',')}}`),
    toCells: (row) =>
      list(row)
        .map((cell) => formatSpreadsheetCell(valueOf(cell)))
        .join(','),
  };
}

type Cell = readonly [name: string, text: string | null, type: JsonType];

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function formatMember([name, text, type]: Cell): string {
  return `${JSON.stringify(name)}:${formatValue(text, type)}`;
}

function formatValue(text: string | null, type: JsonType): string {
  if (text === null) return 'null';
  if (type === 'number') return text;
  if (type === 'boolean') return text === 't' ? 'true' : 'false';
  return type === 'json' ? canonicalJson(text) : JSON.stringify(text);
}

function valueOf([, text, type]: Cell): PlainValue {
  if (text === null) return null;
  if (type === 'number') return Number(text);
  if (type === 'boolean') return text === 't';
  return type === 'json' ? canonicalJson(text) : text;
}

const jsonTypes: Readonly<Record<string, JsonType>> = {
  smallint: 'number',
  integer: 'number',
  boolean: 'boolean',
  jsonb: 'json',
};

async function loadTypes(db: Queryable, table: string): Promise<ReadonlyMap<string, JsonType>> {
  const rows = await db.query<{ name: string; type: string }>(
    `select attname::text as name, format_type(atttypid, atttypmod) as type from pg_catalog.pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [nameHere(table)],
  );
  return new Map(rows.map(({ name, type }) => [name, jsonTypes[type] ?? 'text']));
}
