/** Pages of which no row is stored, as nearly every page of a backfill: how that is asked, and how they are stored. */
import type { Statement } from '../../database/batch.ts';
import type { Transaction } from '../../database/client.ts';
import { microsOf } from '../../evidence/row-leaf.ts';
import { idOrder, type RowHasher } from '../../evidence/rows-root.ts';
import type { Spans } from '../../span.ts';
import type { LogTable } from '../../streams/stream.ts';
import { boundsOf, keyOf, typeOf } from './bounds.ts';
import { listCopies, type PageRow } from './copy.ts';
import { nothingWritten, type WrittenRows } from './written.ts';

/** Stores rows of which none is stored. */
export async function copyUnstored(
  tx: Transaction,
  table: LogTable,
  account: string,
  rows: readonly PageRow[],
  hasher?: RowHasher,
): Promise<void> {
  for (const { statement, lines } of listCopies(table, account, rows, hasher))
    await tx.copy(statement, lines);
}

/** The result for rows of which none was stored. */
export function describeUnstored(rows: readonly PageRow[], covered: Spans): WrittenRows {
  const counts = { new: rows.length, changed: 0, late: countLate(rows, covered) };
  const newTimesMs = rows.map(({ timeMs }) => timeMs);
  return { ...nothingWritten, counts, newTimesMs, standing: rows };
}

/** Whether nothing was found by `findStored`. */
export function foundNothing(answer: readonly unknown[] | undefined): boolean {
  const [row] = (answer ?? []) as readonly { readonly present: boolean }[];
  return row?.present === false;
}

/**
 * Asks for what is stored between the first and the last of some rows in key order, and for their records in the same second
 * before or after, with a different fraction.
 */
export function findStored(table: LogTable, account: string, rows: readonly PageRow[]): Statement {
  const { name, time, id } = table;
  const [key, type] = [keyOf(table), typeOf(table)];
  const lastSecond = secondOf(rows.at(-1));
  const inLast = rows.slice(rows.findLastIndex((row) => secondOf(row) < lastSecond) + 1);
  const firstSecond = secondOf(rows[0]);
  const behind = rows.findIndex((row) => secondOf(row) > firstSecond);
  const inFirst = rows.slice(0, behind < 0 ? rows.length : behind);
  // In a second without fractions nothing can come before its own rows.
  const hasFractions = inFirst.some(({ row }) => fraction.test(String(row[time])));
  const before = `or exists (
      select from ${name} t
      where t.account = $1 and t.${time} >= date_trunc('second', $2::timestamptz) and ${key} < ($2::timestamptz, $3::${type})
        and t.${time} <= $2::timestamptz and t.${id.name} = any ($8::${id.type}[]))`;
  return {
    // With an order, because without one Postgres may read a whole partition to find that there is no row.
    text: `select (
       select 1 from ${name} t
       where t.account = $1 and ${key} >= ($2::timestamptz, $3::${type}) and t.${time} >= $2::timestamptz
         and t.${time} < $7::timestamptz
         and (${key} <= ($4::timestamptz, $5::${type}) or t.${id.name} = any ($6::${id.type}[]))
       order by t.${time}, t.${id.name}
       limit 1
     ) is not null ${hasFractions ? before : ''} as present`,
    values: [
      ...boundsOf(table, account, rows),
      inLast.map((row) => row.id),
      new Date((lastSecond + 1) * 1000),
      ...(hasFractions ? [inFirst.map((row) => row.id)] : []),
    ],
  };
}

function secondOf(row: Pick<PageRow, 'timeMs'> | undefined): number {
  return Math.floor((row?.timeMs ?? 0) / 1000);
}

const fraction = /\.0*[1-9]/;

/** Whether each row comes after the one before it in key order, as in sealed rows; then no key is there twice. */
export function ascends(rows: readonly PageRow[], table: LogTable): boolean {
  const compareIds = idOrder(table);
  return rows.every((row, index) => {
    const former = rows[index - 1];
    if (former === undefined || former.timeMs < row.timeMs) return true;
    if (former.timeMs > row.timeMs) return false;
    const [before, after] = [former, row].map(({ timeMs, row: { [table.time]: text } }) =>
      microsOf(timeMs, text),
    );
    return before === after ? compareIds(former.id, row.id) < 0 : Number(before) < Number(after);
  });
}

/** How many of new rows are in covered time. */
export function countLate(rows: readonly Pick<PageRow, 'timeMs'>[], covered: Spans): number {
  if (covered.length === 0) return 0;
  return rows.filter(({ timeMs }) =>
    covered.some(({ from, to }) => from * 1000 <= timeMs && timeMs < to * 1000),
  ).length;
}
