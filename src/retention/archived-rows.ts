/** The rows of one object of the archive in a table of the transaction alone, where they are changed as rows of a log are. */
import { readChecked } from '../archive/check.ts';
import type { ArchivedObject } from '../archive/ledger.ts';
import { listLineColumns, moments, type LineBatch } from '../archive/hot-lines.ts';
import { copyRows } from '../archive/restore.ts';
import type { ArchiveStore } from '../archive/store.ts';
import type { Queryable, Transaction } from '../database/client.ts';
import type { PersonKeys } from '../evidence/salts.ts';
import { escapeText, nothing } from '../evidence/row-leaf.ts';
import type { LogStream, LogTable } from '../streams/stream.ts';

const name = 'pg_temp.archived_rows';
const batchRows = 5000;

/** A log whose rows are those of the object. What is derived from archived rows is derived when it is asked for. */
export function onObject(log: LogStream): LogStream {
  return { ...log, table: { ...log.table, name, derived: undefined } };
}

/** Brings the rows of an object there, in place of those of another. @throws {KnownError} `archive_failed` for one that is not as it was written */
export async function bringObject(
  tx: Transaction,
  store: ArchiveStore,
  table: LogTable,
  keys: PersonKeys,
  object: ArchivedObject,
): Promise<void> {
  await tx.query(`drop table if exists ${name}`);
  await tx.query(`create temporary table ${name} (like ${table.name}) on commit drop`);
  for await (const rows of readChecked(store, table, keys, object)) {
    const { statement, lines } = copyRows(table, name, object.account, rows);
    await tx.copy(statement, lines);
  }
}

/** The rows that are there, in the order of their keys, as COPY would write them. */
export async function* readBrought(tx: Queryable, table: LogTable): AsyncGenerator<LineBatch> {
  const { time, id } = table;
  const fields = [
    ...moments.map(inSeconds),
    `${id.name}::text`,
    inSeconds(time),
    ...listLineColumns(table).map(write),
  ];
  await tx.query(
    `declare brought no scroll cursor for
     select array[${fields.join(', ')}] as fields from ${name} order by ${time}, ${id.name}`,
  );
  for (;;) {
    const rows = await tx.query<{ fields: readonly (string | null)[] }>(
      `fetch ${batchRows} from brought`,
    );
    if (rows.length > 0) yield toLines(rows.map(({ fields: own }) => own));
    if (rows.length < batchRows) break;
  }
  await tx.query('close brought');
}

function inSeconds(moment: string): string {
  return `extract(epoch from ${moment})::text`;
}

/** A cast to text would give an address its mask. */
function write(column: string): string {
  return `case when ${column} is not null then format('%s', ${column}) end`;
}

function toLines(rows: readonly (readonly (string | null)[])[]): LineBatch {
  const lines = rows.map((fields) =>
    Buffer.from(
      `${fields.map((field) => (field === null ? nothing : escapeText(field))).join('\t')}\n`,
    ),
  );
  let end = 0;
  const starts = lines.map(({ length }) => (end += length) - length);
  return { bytes: Buffer.concat(lines), starts };
}

/** Deletes the rows of a span there. @returns how many of each day */
export async function dropBrought(
  tx: Queryable,
  { time }: LogTable,
  span: readonly [from: string, until: string],
): Promise<Readonly<Record<string, number>>> {
  const days = await tx.query<{ day: string; rows: number }>(
    `with dropped as (
       delete from ${name} where ${time} >= $1::timestamptz and ${time} < $2::timestamptz returning ${time} as moment
     )
     select (moment at time zone 'UTC')::date::text as day, count(*)::float8 as rows from dropped group by 1 order by 1`,
    span,
  );
  return Object.fromEntries(days.map(({ day, rows }) => [day, rows]));
}
