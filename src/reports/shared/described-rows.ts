/** Archived rows of a log, and what is derived from them, as Postgres reads them in JSON. */
import { toRow } from '../../archive/restore.ts';
import type { ArchiveRow } from '../../archive/rows.ts';
import type { Classify } from '../../classification/classification.ts';
import { formatMicros } from '../../evidence/verification/time-text.ts';
import type { LogTable } from '../../streams/stream.ts';
import type { ExtraRows } from './archived-database.ts';

type KnownRow = Pick<ArchiveRow, 'id' | 'micros' | 'firstWrittenAt' | 'writtenAt' | 'values'>;

/** The rows by table: what is derived from them too, where it can be found out. */
export function describeRows(
  table: LogTable,
  account: string,
  rows: readonly KnownRow[],
  classify: Classify | undefined,
): readonly ExtraRows[] {
  const { derived } = table;
  const own = { table: table.name, json: renderRows(table, account, rows) };
  if (derived === undefined || classify === undefined) return [own];
  const json = JSON.stringify(
    rows.flatMap((row) =>
      derived.derive(toRow(table, row), classify).map((values) => ({
        account,
        [derived.key.time]: formatMicros(row.micros),
        [derived.key.id]: row.id,
        ...Object.fromEntries(
          derived.columns.map((column, place) => [column, values[place] ?? null]),
        ),
      })),
    ),
  );
  return [own, { table: derived.name, json }];
}

/** The rows as a list in JSON; what is JSON itself as it is. */
function renderRows(table: LogTable, account: string, rows: readonly KnownRow[]): string {
  const parts = rows.map(({ id, micros, firstWrittenAt, writtenAt, values }) => {
    const extraAt = table.columns.indexOf('extra');
    const fields = table.columns.flatMap((name, place) => {
      const value = values[place] ?? null;
      if (value === null) return [];
      return [`${JSON.stringify(name)}:${place === extraAt ? value : JSON.stringify(value)}`];
    });
    const key = {
      account,
      [table.id.name]: id,
      [table.time]: formatMicros(micros),
      first_synced_at: formatMicros(firstWrittenAt),
      synced_at: formatMicros(writtenAt),
    };
    return `${JSON.stringify(key).slice(0, -1)}${fields.map((field) => `,${field}`).join('')}}`;
  });
  return `[${parts.join(',')}]`;
}
