/** The rows that stand in a table for records that came back with another time stamp, and the statements that settle them. */
import type { Transaction } from '../../database/client.ts';
import type { LogTable } from '../../streams/stream.ts';
import { removeDerived, replaceDerived, type PageRow, type RowKey } from './copy.ts';
import type { FormerStamps } from './stamps.ts';

/** A row as it stands in the table, held against a row that came for the same record. */
export type Standing = RowKey & {
  /** The place of the row that came. */
  readonly place: number;
  /** Whether it is later (1) or earlier (-1) than what came, or has the same time (0). */
  readonly side: -1 | 0 | 1;
  readonly isSameSecond: boolean;
  /** Whether this transaction has stored it. */
  readonly isNew: boolean;
};

/** The rows that stand for these records in their own seconds and in those in which they were seen before, newest first. */
export async function findStanding(
  tx: Transaction,
  { name, time, id }: LogTable,
  account: string,
  rows: readonly PageRow[],
  formers: FormerStamps,
): Promise<readonly Standing[]> {
  const looks = rows.flatMap((row, place) => {
    const seconds = [row.timeMs, formers.get(row) ?? row.timeMs].map(startOfSecond);
    return [...new Set(seconds)].map((second) => ({ place, second, row }));
  });
  const seconds = looks.map(({ second }) => second);
  return tx.query<Standing>(
    `select i.place, t.${id.name}::text as id, t.${time}::text as time,
       floor(extract(epoch from t.${time}) * 1000)::float8 as "timeMs",
       sign(extract(epoch from t.${time} - i.time))::integer as side,
       date_trunc('second', t.${time}) = date_trunc('second', i.time) as "isSameSecond",
       t.first_synced_at = now() as "isNew"
     from unnest($2::integer[], $3::timestamptz[], $4::timestamptz[], $5::${id.type}[]) as i (place, second, time, id)
     join ${name} t
       on t.account = $1 and t.${time} >= i.second and t.${time} < i.second + interval '1 second' and t.${id.name} = i.id
       and t.${time} >= $6 and t.${time} < $7
     order by i.place, t.${time} desc`,
    [
      account,
      looks.map(({ place }) => place),
      seconds.map((second) => new Date(second)),
      looks.map(({ row }) => row.row[time]),
      looks.map(({ row }) => row.id),
      new Date(seconds.reduce((a, b) => Math.min(a, b))),
      new Date(seconds.reduce((a, b) => Math.max(a, b)) + 1000),
    ],
  );
}

function startOfSecond(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}

/** The rows of one log and account. */
type Place = {
  readonly table: LogTable;
  readonly account: string;
  readonly stream: string;
};

/** Rows of the table by their keys: `$1` the account, `$2` and `$3` times and ids, `$4` and `$5` the bounds of the times. */
function buildStanding({ name, time, id }: LogTable): string {
  return `select t.*
    from unnest($2::timestamptz[], $3::${id.type}[]) as k (time, id)
    join ${name} t
      on t.account = $1 and t.${time} = k.time and t.${id.name} = k.id and t.${time} >= $4 and t.${time} < $5`;
}

function keyValues(account: string, keys: readonly RowKey[]): readonly unknown[] {
  const moments = keys.map(({ timeMs }) => timeMs);
  return [
    account,
    keys.map(({ time }) => time),
    keys.map(({ id }) => id),
    new Date(Math.min(...moments)),
    // A time stamp may have microseconds, which its milliseconds do not have.
    new Date(Math.max(...moments) + 1),
  ];
}

/** Gives rows the time and the content of those that came. To the triggers the update of a key is no loss of a row. */
export async function moveRows(
  tx: Transaction,
  { table, account, stream }: Place,
  moves: readonly { readonly row: PageRow; readonly from: Standing }[],
): Promise<void> {
  if (moves.length === 0) return;
  const { name, time, id, columns } = table;
  const rows = moves.map(({ row }) => row);
  const former = moves.map(({ from }) => from);
  await tx.query(
    `with former as materialized (${buildStanding(table)}),
     kept as (
       insert into zendesk.revisions (account, stream, id, occurred_at, content)
       select f.account, $6, f.${id.name}::text, f.${time}, to_jsonb(f) from former f order by f.${time}, f.${id.name}
     )
     update ${name} t
     set ${time} = i.${time}, ${columns.map((column) => `${column} = i.${column}`).join(', ')}, synced_at = now()
     from former f
     join json_populate_recordset(null::${name}, $7::json) as i on i.${id.name} = f.${id.name}
     where t.account = $1 and t.${time} = f.${time} and t.${id.name} = f.${id.name}
       and t.${time} >= $4 and t.${time} < $5`,
    [...keyValues(account, former), stream, JSON.stringify(rows.map(({ row }) => row))],
  );
  await removeDerived(tx, table, account, former);
  await replaceDerived(tx, table, account, rows);
}

/** Deletes second rows of records of which a later one stands. Returns how many became revisions. */
export async function dropDoubles(
  tx: Transaction,
  { table, account, stream }: Place,
  doubles: readonly Standing[],
): Promise<number> {
  if (doubles.length === 0) return 0;
  const { name, time, id } = table;
  const [kept] = await tx.query<{ revisions: number }>(
    `with gone as materialized (${buildStanding(table)}),
     kept as (
       insert into zendesk.revisions (account, stream, id, occurred_at, content)
       select g.account, $6, g.${id.name}::text, g.${time}, to_jsonb(g) from gone g
       where not ${isKnownRevision('g', table, '$6')}
       order by g.${time}, g.${id.name}
       returning 1
     ),
     taken as (
       delete from ${name} t using gone g
       where t.account = $1 and t.${time} = g.${time} and t.${id.name} = g.${id.name}
         and t.${time} >= $4 and t.${time} < $5
     )
     select count(*)::integer as revisions from kept`,
    [...keyValues(account, doubles), stream],
  );
  // The triggers have counted these rows out, which is right, and noted a loss, which it is not.
  await tx.query(
    `delete from zendesk_sync.coverage_losses
     where account = $1 and stream = $2 and code = 'rows_deleted' and noticed_at = now()`,
    [account, stream],
  );
  await removeDerived(tx, table, account, doubles);
  return kept?.revisions ?? 0;
}

/** Keeps records that came with another time or other content than what stands. Returns how many became revisions. */
export async function keepOutdated(
  tx: Transaction,
  { table, account, stream }: Place,
  rows: readonly PageRow[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const { name, time, id } = table;
  const kept = await tx.query(
    `insert into zendesk.revisions (account, stream, id, occurred_at, content)
     select $1, $2, i.${id.name}::text, i.${time},
       to_jsonb(i) || jsonb_build_object('account', $1::text, 'first_synced_at', now(), 'synced_at', now())
     from (select distinct on (r.${time}, r.${id.name}, to_jsonb(r)) r.* from json_populate_recordset(null::${name}, $3::json) as r) as i
     where not ${isKnownRevision('i', table, '$2')}
       and not exists (
         select from ${name} t
         where t.account = $1 and t.${time} = i.${time} and t.${id.name} = i.${id.name}
           and to_jsonb(t) - ${bookkeeping} = to_jsonb(i) - ${bookkeeping}
       )
     order by i.${time}, i.${id.name}
     returning 1`,
    [account, stream, JSON.stringify(rows.map(({ row }) => row))],
  );
  return kept.length;
}

/** Columns that say nothing about a record. */
const bookkeeping = `array['account', 'first_synced_at', 'synced_at']`;

/** Whether a revision says the same of a row of the table: a source that has both brings it with each reading. */
function isKnownRevision(row: string, { time, id }: LogTable, stream: string): string {
  return `exists (
    select from zendesk.revisions r
    where r.account = $1 and r.stream = ${stream} and r.id = ${row}.${id.name}::text and r.occurred_at = ${row}.${time}
      and r.content - ${bookkeeping} = to_jsonb(${row}) - ${bookkeeping})`;
}
