/**
 * The upsert for a page with rows that may be stored already. The page is one JSON parameter and is written in key order, so
 * that two writers of the same rows cannot deadlock; nothing is written for rows that are stored and equal.
 */
import type { Transaction } from '../../database/client.ts';
import { isStripped } from '../../evidence/remnants.ts';
import { fromSeconds, type Spans } from '../../span.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import { replaceDerived, type PageRow } from './copy.ts';
import { sameRevisions } from './standing.ts';
import { nothingWritten, type WrittenRows } from './written.ts';

/** Keys of rows: ids, and times in milliseconds since 1970 at the same positions. */
type Keys = { readonly ids: readonly string[]; readonly times: readonly number[] };

const noKeys: Keys = { ids: [], times: [] };

type InsertAnswer = {
  /** How many were given. */
  readonly rows: number;
  readonly written: Keys;
  /** Ids of rows that are stored in the same second already, with another time: they are not written. */
  readonly twins: readonly string[];
  readonly late: number;
  readonly oldest: string;
  readonly newest: string;
};

/** The keys of rows that were replaced, and of those that say what a revision says. */
type Revised = { readonly changed: Keys; readonly returned?: Keys };

/** The result for rows, and the rows that were not written: their record is stored in the same second with another time. */
type UpsertedRows = { readonly written: WrittenRows; readonly twins: readonly PageRow[] };

/**
 * Inserts the new rows, and replaces those that the source now returns differently; their previous versions are kept. If
 * `holds`, a row that says what a revision says is not written but returned.
 */
export async function upsertRows(
  tx: Transaction,
  { name: stream, table }: Pick<LogStream, 'name' | 'table'>,
  account: string,
  rows: readonly PageRow[],
  covered: Spans,
  holds = false,
): Promise<UpsertedRows> {
  if (rows.length === 0) return { written: nothingWritten, twins: [] };
  const page = JSON.stringify(rows.map(({ row }) => row));
  const insertValues = [account, page, toMultirange(covered), ...boundsOf(rows)];
  const [inserted] = await tx.query<InsertAnswer>(buildInsert(table), insertValues);
  if (inserted === undefined) throw new Error(`The insert into ${table.name} gave no answer.`);
  const { written, late, oldest, newest } = inserted;
  const added = pick(rows, written);
  await replaceDerived(tx, table, account, added);
  const counts = { new: written.ids.length, changed: 0, late };
  const twinIds = new Set(inserted.twins);
  // Only the table shows which of two records with one key was written.
  const hasDoubles = inserted.rows + twinIds.size < rows.length;
  const standing = hasDoubles ? undefined : added;
  const isNew = { ...nothingWritten, counts, newTimesMs: written.times, standing };
  const twins = twinIds.size === 0 ? [] : rows.filter(({ id }) => twinIds.has(id));
  if (counts.new === inserted.rows) return { written: isNew, twins };
  // Some rows were stored already: check whether the source now returns them differently.
  const others = twins.length === 0 ? page : withoutIds(rows, twinIds);
  const reviseValues = [account, others, oldest, newest, stream];
  const [revised] = await tx.query<Revised>(buildRevise(table, holds), reviseValues);
  const { changed: changedKeys = noKeys, returned: returnedKeys = noKeys } = revised ?? {};
  const changed = pick(rows, changedKeys);
  await replaceDerived(tx, table, account, changed);
  const returned = pick(rows, returnedKeys);
  const isChanged = {
    counts: { ...counts, changed: changed.length },
    ...(returned.length > 0 && { returned }),
    standing: standing && [...standing, ...changed],
  };
  return { written: { ...isNew, ...isChanged }, twins };
}

function withoutIds(rows: readonly PageRow[], ids: ReadonlySet<string>): string {
  return JSON.stringify(rows.filter(({ id }) => !ids.has(id)).map(({ row }) => row));
}

/** The seconds of the rows: the start of the first one, and the end of the last one. */
function boundsOf(rows: readonly PageRow[]): readonly Date[] {
  let [first, last] = [Infinity, -Infinity];
  for (const { timeMs } of rows) {
    first = Math.min(first, timeMs);
    last = Math.max(last, timeMs);
  }
  return [Math.floor(first / 1000), Math.floor(last / 1000) + 1].map(fromSeconds);
}

/** The rows with these keys, each once. */
function pick(rows: readonly PageRow[], { ids, times }: Keys): PageRow[] {
  if (ids.length === 0) return [];
  const wanted = new Set(ids.map((id, index) => `${times[index]} ${id}`));
  // The delete says whether the key was still wanted.
  return rows.filter(({ id, timeMs }) => wanted.delete(`${timeMs} ${id}`));
}

/** A set of spans as the text of a `tstzmultirange`. */
function toMultirange(spans: Spans): string {
  const ranges = spans.map(
    ({ from, to }) => `[${fromSeconds(from).toISOString()},${fromSeconds(to).toISOString()})`,
  );
  return `{${ranges.join(',')}}`;
}

/** The page as rows of its table, which defines the type of each value. */
function buildIncoming({ name, time, id }: LogTable): string {
  // An id twice in one page would make Postgres refuse the whole page (contract Q24).
  const second = `date_trunc('second', r.${time})`;
  return `incoming as materialized (
    select distinct on (${second}, r.${id.name}) r.*
    from json_populate_recordset(null::${name}, $2::json) as r
    order by ${second}, r.${id.name}, r.${time} desc
  )`;
}

function buildInsert(table: LogTable): string {
  const { name, time, id, columns } = table;
  const names = [id.name, time, ...columns].join(', ');
  // There is no look-up if no row is stored in the seconds of the page, as for nearly every page of a backfill.
  return `with ${buildIncoming(table)},
  twins as materialized (
    select i.${id.name} as id
    from incoming i
    where exists (select from ${name} t where t.account = $1 and t.${time} >= $4 and t.${time} < $5)
      and exists (
        select from ${name} t
        where t.account = $1 and t.${id.name} = i.${id.name} and t.${time} <> i.${time}
          and t.${time} >= date_trunc('second', i.${time})
          and t.${time} < date_trunc('second', i.${time}) + interval '1 second'
          and t.${time} >= $4 and t.${time} < $5
      )
  ),
  written as (
    insert into ${name} (account, ${names})
    select $1, ${names} from incoming where ${id.name} not in (select id from twins)
    on conflict (account, ${time}, ${id.name}) do nothing
    returning ${time} as time, ${id.name} as id
  )
  select
    (select count(*)::integer from incoming where ${id.name} not in (select id from twins)) as rows,
    (select min(${time})::text from incoming) as oldest,
    (select max(${time})::text from incoming) as newest,
    (select ${keysOf('written')} from written) as written,
    (select coalesce(json_agg(id::text), '[]') from twins) as twins,
    (select count(*)::integer from written where time <@ $3::tstzmultirange) as late`;
}

function buildRevise(table: LogTable, holds: boolean): string {
  const { name, time, id, columns } = table;
  const list = (alias: string): string => columns.map((column) => `${alias}.${column}`).join(', ');
  const returned = `
  returned as materialized (
    select f.${time} as time, f.${id.name} as id
    from former f
    join incoming i on i.${time} = f.${time} and i.${id.name} = f.${id.name}
    where exists (select ${sameRevisions('i', table, '$5')})
  ),`;
  const isReplaced = holds
    ? `not exists (select from returned r where r.time = f.${time} and r.id = f.${id.name})`
    : 'true';
  return `with ${buildIncoming(table)},
  former as materialized (
    select t.*
    from incoming i
    join ${name} t
      on t.account = $1 and t.${time} = i.${time} and t.${id.name} = i.${id.name}
      and t.${time} between $3::timestamptz and $4::timestamptz
    where (${list('t')}) is distinct from (${list('i')})
      -- What retention or an erasure has taken away does not come back.
      and not ${isStripped('t', table, '$5')}
  ),${holds ? returned : ''}
  kept as (
    insert into zendesk.revisions (account, stream, id, occurred_at, content)
    select f.account, $5, f.${id.name}::text, f.${time}, to_jsonb(f)
    from former f
    where ${isReplaced}
    order by f.${time}, f.${id.name}
  ),
  replaced as (
    update ${name} t
    set ${columns.map((column) => `${column} = i.${column}`).join(', ')}, synced_at = clock.at
    from former f
    cross join (select now() as at) as clock
    join incoming i on i.${time} = f.${time} and i.${id.name} = f.${id.name}
    where t.account = $1 and t.${time} = f.${time} and t.${id.name} = f.${id.name}
      and t.${time} between $3::timestamptz and $4::timestamptz
      and ${isReplaced}
    returning t.${time} as time, t.${id.name} as id
  )
  select ${keysOf('replaced')} as changed${holds ? `, (select ${keysOf('returned')} from returned) as returned` : ''}
  from replaced`;
}

/** The keys of some rows as JSON: `{"ids": ["…"], "times": [milliseconds]}`. */
function keysOf(alias: string): string {
  return `json_build_object(
    'ids', coalesce(json_agg(${alias}.id::text), '[]'),
    'times', coalesce(json_agg(floor(extract(epoch from ${alias}.time) * 1000)), '[]'))`;
}
