/** The columns of an archived log, with their types in Parquet. */
import type { Queryable } from '../database/client.ts';
import { nameHere } from '../database/schema-names.ts';
import type { ParquetElement } from '../parquet/element.ts';
import type { LogTable } from '../streams/stream.ts';

/** A column of an archived log. */
export type ArchiveColumn = {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'integer' | 'moment';
  readonly isRequired: boolean;
};

/** When a row was first stored, and when it was last written. */
export const bookkeeping = ['first_synced_at', 'synced_at'] as const;

const kinds = new Map([
  ['bigint', 'integer'],
  ['smallint', 'number'],
  ['integer', 'number'],
] as const);

/** The columns: the key first, then those of the table, then the bookkeeping. The account is in the path. */
export async function loadColumns(
  db: Queryable,
  table: LogTable,
): Promise<readonly ArchiveColumn[]> {
  const rows = await db.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, null) as type
     from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [nameHere(table.name)],
  );
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  const describe = (name: string, isRequired: boolean): ArchiveColumn => ({
    name,
    kind: (kinds as ReadonlyMap<string, 'integer' | 'number'>).get(types.get(name) ?? '') ?? 'text',
    isRequired,
  });
  return [
    momentColumn(table.time),
    describe(table.id.name, true),
    ...table.columns.map((name) => describe(name, false)),
    ...bookkeeping.map(momentColumn),
  ];
}

function momentColumn(name: string): ArchiveColumn {
  return { name, kind: 'moment', isRequired: true };
}

/** The schema of a file. */
export function toSchema(columns: readonly ArchiveColumn[]): readonly ParquetElement[] {
  return [{ name: 'root', num_children: columns.length }, ...columns.map(toElement)];
}

function toElement({ name, kind, isRequired }: ArchiveColumn): ParquetElement {
  const repetition_type = isRequired ? 'REQUIRED' : 'OPTIONAL';
  if (kind === 'number') return { name, repetition_type, type: 'INT32' };
  if (kind === 'integer') return { name, repetition_type, type: 'INT64' };
  if (kind === 'text')
    return {
      name,
      repetition_type,
      type: 'BYTE_ARRAY',
      converted_type: 'UTF8',
      logical_type: { type: 'STRING' },
    };
  return {
    name,
    repetition_type,
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  };
}
