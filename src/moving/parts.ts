/** A part of a table: what is copied, and compared, at once. */
import type { Queryable } from '../database/client.ts';
import type { MovedTable } from './tables.ts';

/** Some rows of an account. */
export type Part = {
  readonly table: MovedTable;
  /** Its number within the table, from 0. */
  readonly number: number;
  /** First day and first day after it, of a table with partitions; undefined for all rows. */
  readonly days: readonly [from: string, until: string] | undefined;
  readonly rows: number;
};

/** How many rows make a part of a table that is divided by days; a day is never divided. */
const partRows = 50_000;

type Day = { readonly day: string; readonly next: string; readonly rows: number };

/** The parts of a table. They are the same each time, as long as nobody writes rows of the account. */
export async function listParts(
  db: Queryable,
  account: string,
  table: MovedTable,
): Promise<readonly Part[]> {
  const { name, partitions } = table;
  if (partitions === undefined) {
    const [counted] = await db.query<{ rows: number }>(
      `select count(*)::float8 as rows from ${name} where account = $1`,
      [account],
    );
    return [{ table, number: 0, days: undefined, rows: counted?.rows ?? 0 }];
  }
  const days = await db.query<Day>(
    `select day::text as day, (day + 1)::text as next, rows from (
       select (${partitions.time} at time zone 'UTC')::date as day, count(*)::float8 as rows
       from ${name} where account = $1 group by 1
     ) as days order by days.day`,
    [account],
  );
  return gather(days).map(({ day, next, rows }, number) => ({
    table,
    number,
    days: [day, next],
    rows,
  }));
}

function gather(days: readonly Day[]): readonly Day[] {
  const gathered: Day[] = [];
  for (const day of days) {
    const last = gathered.at(-1);
    if (last !== undefined && last.rows + day.rows <= partRows)
      gathered[gathered.length - 1] = { ...last, next: day.next, rows: last.rows + day.rows };
    else gathered.push(day);
  }
  return gathered;
}

/** The rows of a part as a `copy … to stdout`, with its values. */
export function selectPart(
  account: string,
  { table: { name, columns, partitions }, days }: Part,
): { readonly statement: string; readonly values: readonly string[] } {
  const bounds =
    partitions === undefined || days === undefined
      ? ''
      : ` and ${partitions.time} >= zendesk_sync.start_of(current_setting('zendesk_sync.value2')::date)
          and ${partitions.time} < zendesk_sync.start_of(current_setting('zendesk_sync.value3')::date)`;
  return {
    statement: `copy (select ${columns.join(', ')} from ${name} where account = current_setting('zendesk_sync.value1')${bounds}) to stdout`,
    values: [account, ...(days ?? [])],
  };
}
