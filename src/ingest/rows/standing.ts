/** The rows stored for records that came back with another time stamp, and the statements that update them. */
import type { Transaction } from '../../database/client.ts';
import { nameHere } from '../../database/schema-names.ts';
import { startOf } from '../../database/start.ts';
import { inMicros, inUtc } from '../../evidence/stored-rows.ts';
import type { LogTable } from '../../streams/stream.ts';
import { removeDerived, replaceDerived, type PageRow, type RowKey } from './copy.ts';
import type { FormerStamps } from './stamps.ts';
import type { DroppedRow } from './written.ts';

/** A stored row, compared with a row from a page for the same record. */
export type Standing = RowKey & {
  /** The position of the row from the page. */
  readonly place: number;
  /** Whether it is later (1) or earlier (-1) than the row from the page, or has the same time (0). */
  readonly side: -1 | 0 | 1;
  readonly isSameSecond: boolean;
  /** Whether this transaction has stored it. */
  readonly isNew: boolean;
};

/** The stored rows of these records in their own seconds and in those in which they were seen before, newest first. */
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
       t.first_synced_at = $8::timestamptz as "isNew"
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
      await startOf(tx),
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
    // A time stamp may have microseconds, which the milliseconds lack.
    new Date(Math.max(...moments) + 1),
  ];
}

/**
 * Gives stored rows the time and the content of those from the page. The triggers do not count the update of a key as a
 * loss.
 */
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
     set ${time} = i.${time}, ${columns.map((column) => `${column} = i.${column}`).join(', ')}, synced_at = clock.at
     from former f
     cross join (select now() as at) as clock
     join json_populate_recordset(null::${name}, $7::json) as i on i.${id.name} = f.${id.name}
     where t.account = $1 and t.${time} = f.${time} and t.${id.name} = f.${id.name}
       and t.${time} >= $4 and t.${time} < $5`,
    [...keyValues(account, former), stream, JSON.stringify(rows.map(({ row }) => row))],
  );
  await removeDerived(tx, table, account, former);
  await replaceDerived(tx, table, account, rows);
}

/** What became of second rows of records. */
type DroppedDoubles = {
  /** How many became revisions. */
  readonly revisions: number;
  /** Those that say what a revision said before. */
  readonly known: readonly DroppedRow[];
};

/** So many are listed for the sealed log, whose entries have a largest size; further ones become revisions once more. */
const mostListed = 200;

/** Deletes second rows of records that have a later row. */
export async function dropDoubles(
  tx: Transaction,
  { table, account, stream }: Place,
  doubles: readonly Standing[],
): Promise<DroppedDoubles> {
  if (doubles.length === 0) return { revisions: 0, known: [] };
  const { name, time, id } = table;
  const [dropped] = await tx.query<DroppedDoubles>(
    `with gone as materialized (${buildStanding(table)}),
     judged as materialized (
       select to_jsonb(g) as content, g.account, g.${time} as time, g.${id.name}::text as id, g.synced_at,
         (select min(r.revision) ${sameRevisions('g', table, '$6')}) as revision
       from gone g
     ),
     numbered as materialized (
       select *, row_number() over (partition by revision is null order by time, id) as place from judged
     ),
     kept as (
       insert into zendesk.revisions (account, stream, id, occurred_at, content)
       select account, $6, id, time, content from numbered
       where revision is null or place > ${mostListed}
       order by time, id
       returning 1
     )
     select (select count(*)::integer from kept) as revisions, (
       select coalesce(json_agg(json_build_array(${inMicros('time')}, id, ${inUtc('synced_at')}, revision) order by time, id), '[]')
       from numbered where place <= ${mostListed} and revision is not null and synced_at <> $7::timestamptz
     ) as known`,
    [...keyValues(account, doubles), stream, await startOf(tx)],
  );
  await tx.query('select zendesk_sync.drop_doubles($1, $2, $3, $4, $5, $6, $7)', [
    nameHere(name),
    time,
    id.name,
    account,
    stream,
    doubles.map((row) => row.time),
    doubles.map((row) => row.id),
  ]);
  // The triggers have subtracted these rows from the counts, which is right, and recorded a loss, which is wrong.
  await tx.query(
    `delete from zendesk_sync.coverage_losses
     where account = $1 and stream = $2 and code = 'rows_deleted' and noticed_at = now()`,
    [account, stream],
  );
  await removeDerived(tx, table, account, doubles);
  return dropped ?? { revisions: 0, known: [] };
}

/** Keeps records whose time or content differs from the stored row. Returns how many became revisions. */
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
       to_jsonb(i) || jsonb_build_object('account', $1::text, 'first_synced_at', $4::timestamptz, 'synced_at', $4::timestamptz)
     from (select distinct on (r.${time}, r.${id.name}, to_jsonb(r)) r.* from json_populate_recordset(null::${name}, $3::json) as r) as i
     where not ${isKnownRevision('i', table, '$2')}
       and not exists (
         select from ${name} t
         where t.account = $1 and t.${time} = i.${time} and t.${id.name} = i.${id.name}
           and to_jsonb(t) - ${bookkeeping} = to_jsonb(i) - ${bookkeeping}
       )
     order by i.${time}, i.${id.name}
     returning 1`,
    [account, stream, JSON.stringify(rows.map(({ row }) => row)), await startOf(tx)],
  );
  return kept.length;
}

/** Columns that do not describe the record. */
const bookkeeping = `array['account', 'first_synced_at', 'synced_at']`;

/**
 * Whether there is a revision with the same content for a row of the table: if a source has both, each reading brings it
 * again.
 */
function isKnownRevision(row: string, table: LogTable, stream: string): string {
  return `exists (select ${sameRevisions(row, table, stream)})`;
}

/** The revisions with the same content as a row. */
export function sameRevisions(row: string, { time, id }: LogTable, stream: string): string {
  return `from zendesk.revisions r
    where r.account = $1 and r.stream = ${stream} and r.id = ${row}.${id.name}::text and r.occurred_at = ${row}.${time}
      and r.content - ${bookkeeping} = to_jsonb(${row}) - ${bookkeeping}`;
}
