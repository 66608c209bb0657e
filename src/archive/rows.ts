/** Rows on their way into the archive, as they are in the table. */
import type { Database } from '../database/client.ts';
import { canonicalJson } from '../evidence/canonical-json.ts';
import {
  escapeText,
  layOut,
  nothing,
  unescapeText,
  type CanonicalRow,
} from '../evidence/row-leaf.ts';
import { inMicros } from '../evidence/stored-rows.ts';
import type { LogTable } from '../streams/stream.ts';
import { copyLines, type RowsOf } from './copied-lines.ts';

/** A row: its key, when it was written, its values in the order of the table's columns, and what its leaf is made of. */
export type ArchiveRow = {
  readonly id: string;
  /** Microseconds since 1970, as the other moments. */
  readonly micros: string;
  readonly firstWrittenAt: string;
  readonly writtenAt: string;
  /** As Postgres writes them as text; null for nothing. */
  readonly values: readonly (string | null)[];
  readonly actor: string | null;
  readonly canonical: CanonicalRow;
  /** The hash of its leaf as Latin-1 text, where it was made. */
  readonly leaf?: string | undefined;
};

/** The rows in the order of their keys, some at a time. */
export async function* readHotRows(
  db: Database,
  table: LogTable,
  of: RowsOf,
): AsyncGenerator<readonly ArchiveRow[]> {
  const { time, id, columns } = table;
  const moments = ['first_synced_at', 'synced_at', time].map(inMicros);
  const read = createLineReader(table);
  for await (const bytes of copyLines(db, table, of, [...moments, id.name, ...columns]))
    // Nothing follows the last line feed.
    yield bytes.toString('utf8').split('\n').slice(0, -1).map(read);
}

/** Reads lines of COPY. */
function createLineReader(table: LogTable): (line: string) => ArchiveRow {
  const makeCanonical = createCanonicalForm(table);
  const actorAt = table.columns.indexOf(table.actor);
  return (line) => {
    const [firstWrittenAt = '', writtenAt = '', micros = '', id = '', ...fields] = line.split('\t');
    const values = fields.map(readField);
    return {
      id: unescapeText(id),
      micros,
      firstWrittenAt,
      writtenAt,
      values,
      actor: values[actorAt] ?? null,
      canonical: makeCanonical(id, micros, fields),
    };
  };
}

function readField(field: string): string | null {
  if (field === nothing) return null;
  return field.includes('\\') ? unescapeText(field) : field;
}

/** Makes what a leaf is made of from the fields of the columns, as COPY writes them. */
function createCanonicalForm(
  table: LogTable,
): (id: string, micros: string, fields: readonly string[]) => CanonicalRow {
  const { plain, personal } = layOut(table);
  const [plainAt, personalAt] = [plain, personal].map((names) =>
    names.map((name) => table.columns.indexOf(name)),
  );
  const extraAt = table.columns.indexOf('extra');
  const join = (places: readonly number[], fields: readonly string[]): string => {
    let text = '';
    for (const place of places) {
      const field = fields[place] ?? nothing;
      text +=
        place === extraAt && field !== nothing
          ? `\t${escapeText(canonicalJson(unescapeText(field)))}`
          : `\t${field}`;
    }
    return text;
  };
  return (id, micros, fields) => ({
    id,
    micros,
    plain: join(plainAt ?? [], fields),
    personal: join(personalAt ?? [], fields),
  });
}

/** The canonical form of a row that was read from an object. */
export function createCanonicalReader(
  table: LogTable,
): (id: string, micros: string, values: readonly (string | null)[]) => CanonicalRow {
  const makeCanonical = createCanonicalForm(table);
  return (id, micros, values) =>
    makeCanonical(
      escapeText(id),
      micros,
      values.map((value) => (value === null ? nothing : escapeText(value))),
    );
}
