/**
 * The hot path: one page of log records into its table. The page is one JSON parameter and goes in in key order, so that two
 * writers of the same rows cannot deadlock; nothing is written for rows that are there already and equal. Why in two steps:
 * docs/decisions.md.
 */
import type { Queryable } from './client.ts';
import { toMultirange } from './spans.ts';
import type { Spans } from '../span.ts';

/** What the statements need to know of a log table: its key and its columns with their types. */
export type LogTable = {
  readonly stream: string;
  readonly table: string;
  readonly time: string;
  readonly id: string;
  readonly idType: string;
  /** Columns that are neither key nor bookkeeping, with the type their JSON value is read as. */
  readonly columns: Readonly<Record<string, string>>;
};

/** What became of the rows of a page. */
export type PageCounts = { readonly new: number; readonly changed: number; readonly late: number };

/** Runs the statements for one page within a transaction. */
export type WriteRows = (
  tx: Queryable,
  account: string,
  rows: readonly unknown[],
  covered: Spans,
) => Promise<PageCounts>;

type InsertAnswer = { rows: number; new: number; late: number; oldest: string; newest: string };

/** Prepares the writer of one log table. */
export function createLogWriter(table: LogTable): WriteRows {
  const insert = buildInsert(table);
  const revise = buildRevise(table);
  return async (tx, account, rows, covered) => {
    if (rows.length === 0) return { new: 0, changed: 0, late: 0 };
    const page = JSON.stringify(rows);
    const [inserted] = await tx.query<InsertAnswer>(insert, [account, page, toMultirange(covered)]);
    if (inserted === undefined) throw new Error(`The insert into ${table.table} gave no answer.`);
    if (inserted.new === inserted.rows)
      return { new: inserted.new, changed: 0, late: inserted.late };
    // Some rows were there already: see whether the source now returns them differently.
    const [revised] = await tx.query<{ changed: number }>(revise, [
      account,
      page,
      inserted.oldest,
      inserted.newest,
    ]);
    return { new: inserted.new, changed: revised?.changed ?? 0, late: inserted.late };
  };
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
    returning ${table.time} as time
  )
  select
    (select count(*)::integer from incoming) as rows,
    (select min(${table.time})::text from incoming) as oldest,
    (select max(${table.time})::text from incoming) as newest,
    (select count(*)::integer from written) as new,
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
    returning 1
  )
  select count(*)::integer as changed from replaced`;
}
