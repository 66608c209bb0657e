/** Reads the rows of an object. */
import type { OpenParquet } from '../parquet/reader.ts';
import type { LogTable } from '../streams/stream.ts';
import { bookkeeping } from './columns.ts';
import { createCanonicalReader, type ArchiveRow } from './rows.ts';

/** The rows of an object in its order, group by group. */
export async function* readObjectRows(
  object: OpenParquet,
  table: LogTable,
  isWanted: (group: number) => boolean = () => true,
): AsyncGenerator<readonly ArchiveRow[]> {
  const names = [table.time, table.id.name, ...table.columns, ...bookkeeping];
  const makeRow = createRowReader(table);
  for (const [group, rows] of object.groups.entries()) {
    if (!isWanted(group)) continue;
    const read = await object.readGroup(group, names);
    yield Array.from({ length: rows }, (_, place) =>
      makeRow((name) => read.get(name)?.[place] ?? null),
    );
  }
}

/** Makes a row of the values of its columns. */
export function createRowReader(
  table: LogTable,
): (valueOf: (column: string) => string | null) => ArchiveRow {
  const makeCanonical = createCanonicalReader(table);
  const { time, id: idColumn, columns, actor } = table;
  return (valueOf) => {
    const [id, micros] = [valueOf(idColumn.name) ?? '', valueOf(time) ?? ''];
    const values = columns.map(valueOf);
    return {
      id,
      micros,
      firstWrittenAt: valueOf('first_synced_at') ?? '',
      writtenAt: valueOf('synced_at') ?? '',
      values,
      actor: valueOf(actor),
      canonical: makeCanonical(id, micros, values),
    };
  };
}
