/**
 * The upsert for a page of which some rows may be there already. The page is one JSON parameter and goes in in key order,
 * so that two writers of the same rows cannot deadlock; nothing is written for rows that are there and equal.
 */
import type { Spans } from '../span.ts';
import type { Transaction } from './client.ts';
import type { LogRow, LogTable, PageCounts } from './log-row.ts';
import { replaceResources } from './resources.ts';
import { toMultirange } from './spans.ts';

/** Keys of rows: ids, and times in milliseconds since 1970 at the same places. */
type Keys = { readonly ids: readonly string[]; readonly times: readonly number[] };

type InsertAnswer = {
  rows: number;
  written: Keys;
  late: number;
  oldest: string;
  newest: string;
};

/** Prepares the upsert into one log table. */
export function createUpsert(
  table: LogTable,
): (
  tx: Transaction,
  account: string,
  rows: readonly LogRow[],
  covered: Spans,
) => Promise<PageCounts> {
  const insert = buildInsert(table);
  const revise = buildRevise(table);
  return async (tx, account, rows, covered) => {
    const page = JSON.stringify(rows.map(({ row }) => row));
    const [inserted] = await tx.query<InsertAnswer>(insert, [account, page, toMultirange(covered)]);
    if (inserted === undefined) throw new Error(`The insert into ${table.table} gave no answer.`);
    const { written, late } = inserted;
    if (table.stream === 'access_logs') await replaceResources(tx, account, pick(rows, written));
    const counts = { new: written.ids.length, changed: 0, late };
    if (counts.new === inserted.rows) return counts;
    // Some rows were there already: see whether the source now returns them differently.
    const [revised] = await tx.query<{ changed: Keys }>(revise, [
      account,
      page,
      inserted.oldest,
      inserted.newest,
    ]);
    const changed = pick(rows, revised?.changed ?? { ids: [], times: [] });
    if (table.stream === 'access_logs') await replaceResources(tx, account, changed);
    return { ...counts, changed: changed.length };
  };
}

/** The rows with these keys, each once. */
function pick(rows: readonly LogRow[], { ids, times }: Keys): LogRow[] {
  if (ids.length === 0) return [];
  const wanted = new Set(ids.map((id, index) => `${times[index]} ${id}`));
  // The delete says whether the key was still wanted.
  return rows.filter(({ id, timeMs }) => wanted.delete(`${timeMs} ${id}`));
}

function buildIncoming({ time, id, idType, columns }: LogTable): string {
  const types = [
    `${id} ${idType}`,
    `${time} timestamptz`,
    ...Object.entries(columns).map(([name, type]) => `${name} ${type}`),
  ];
  // An id twice in one page would make Postgres refuse the whole page (contract Q24).
  return `incoming as materialized (
    select distinct on (r.${time}, r.${id}) r.*
    from json_to_recordset($2::json) as r (${types.join(', ')})
    order by r.${time}, r.${id}
  )`;
}

function buildInsert(table: LogTable): string {
  const names = [table.id, table.time, ...Object.keys(table.columns)].join(', ');
  return `with ${buildIncoming(table)},
  written as (
    insert into ${table.table} (account, ${names})
    select $1, ${names} from incoming
    on conflict (account, ${table.time}, ${table.id}) do nothing
    returning ${table.time} as time, ${table.id} as id
  )
  select
    (select count(*)::integer from incoming) as rows,
    (select min(${table.time})::text from incoming) as oldest,
    (select max(${table.time})::text from incoming) as newest,
    (select ${keysOf('written')} from written) as written,
    (select count(*)::integer from written where time <@ $3::tstzmultirange) as late`;
}

function buildRevise(table: LogTable): string {
  const names = Object.keys(table.columns);
  const list = (alias: string): string => names.map((name) => `${alias}.${name}`).join(', ');
  return `with ${buildIncoming(table)},
  former as materialized (
    select t.*
    from incoming i
    join ${table.table} t
      on t.account = $1 and t.${table.time} = i.${table.time} and t.${table.id} = i.${table.id}
      and t.${table.time} between $3::timestamptz and $4::timestamptz
    where (${list('t')}) is distinct from (${list('i')})
  ),
  kept as (
    insert into zendesk.revisions (account, stream, id, occurred_at, content)
    select f.account, '${table.stream}', f.${table.id}::text, f.${table.time}, to_jsonb(f)
    from former f
    order by f.${table.time}, f.${table.id}
  ),
  replaced as (
    update ${table.table} t
    set ${names.map((name) => `${name} = i.${name}`).join(', ')}, synced_at = now()
    from former f
    join incoming i on i.${table.time} = f.${table.time} and i.${table.id} = f.${table.id}
    where t.account = $1 and t.${table.time} = f.${table.time} and t.${table.id} = f.${table.id}
      and t.${table.time} between $3::timestamptz and $4::timestamptz
    returning t.${table.time} as time, t.${table.id} as id
  )
  select ${keysOf('replaced')} as changed from replaced`;
}

/** The keys of some rows as JSON: `{"ids": ["…"], "times": [milliseconds]}`. */
function keysOf(alias: string): string {
  return `json_build_object(
    'ids', coalesce(json_agg(${alias}.id::text), '[]'),
    'times', coalesce(json_agg(floor(extract(epoch from ${alias}.time) * 1000)), '[]'))`;
}
