/** What is stored of a log, for the comparison with Zendesk. */
import { refusesRow } from '../../database/connection-errors.ts';
import type { Queryable } from '../../database/client.ts';
import { fromSeconds, type Span } from '../../span.ts';
import type { LogTable } from '../../streams/stream.ts';
import { fingerprint, type QuarantinedRecord } from '../quarantine.ts';
import type { PageRow } from '../rows/copy.ts';
import type { StreamKey } from '../coverage.ts';

/** A record, and the second in which it happened. */
export type Keyed = {
  readonly id: string;
  readonly second: number;
  /** Whether it will go into quarantine instead of becoming a row. */
  readonly isUnreadable?: true;
};

/** A record of a page that is not stored as Zendesk sent it. */
export type Deviation = Keyed & { readonly state: 'missing' | 'different' };

/** Which rows of a page are not stored, or stored differently. A different fraction of the second counts as different. */
export async function compareRows(
  db: Queryable,
  table: LogTable,
  account: string,
  rows: readonly PageRow[],
): Promise<readonly Deviation[]> {
  if (rows.length === 0) return [];
  const seconds = rows.map(({ timeMs }) => Math.floor(timeMs / 1000));
  const values = [
    account,
    JSON.stringify(rows.map(({ row }) => row)),
    fromSeconds(seconds.reduce((a, b) => Math.min(a, b))),
    fromSeconds(seconds.reduce((a, b) => Math.max(a, b)) + 1),
  ];
  try {
    return await db.query<Deviation>(buildComparison(table), values);
  } catch (error) {
    if (!refusesRow(error)) throw error;
    const [only] = rows;
    if (rows.length === 1 && only !== undefined)
      return [{ id: only.id, second: seconds[0] ?? 0, state: 'missing' }];
    const middle = Math.ceil(rows.length / 2);
    return [
      ...(await compareRows(db, table, account, rows.slice(0, middle))),
      ...(await compareRows(db, table, account, rows.slice(middle))),
    ];
  }
}

function buildComparison({ name, time, id, columns }: LogTable): string {
  const list = (alias: string): string =>
    [time, ...columns].map((column) => `${alias}.${column}`).join(', ');
  // If a record comes twice in a page, the later one is stored (contract Q24).
  return `with incoming as materialized (
    select distinct on (date_trunc('second', r.${time}), r.${id.name}) r.*
    from json_populate_recordset(null::${name}, $2::json) as r
    order by date_trunc('second', r.${time}), r.${id.name}, r.${time} desc
  )
  select i.${id.name}::text as id, floor(extract(epoch from i.${time}))::float8 as second,
    case when t.${id.name} is null then 'missing' else 'different' end as state
  from incoming i
  left join lateral (
    select s.* from ${name} s
    where s.account = $1 and s.${id.name} = i.${id.name}
      and s.${time} >= date_trunc('second', i.${time}) and s.${time} < date_trunc('second', i.${time}) + interval '1 second'
      and s.${time} >= $3 and s.${time} < $4
    order by s.${time} desc limit 1
  ) as t on true
  where t.${id.name} is null or (${list('t')}) is distinct from (${list('i')})`;
}

/** The records that are stored of a span, in their order. */
export async function loadStoredKeys(
  db: Queryable,
  { name, time, id }: LogTable,
  account: string,
  { from, to }: Span,
): Promise<readonly Keyed[]> {
  return db.query<Keyed>(
    `select ${id.name}::text as id, floor(extract(epoch from ${time}))::float8 as second
     from ${name} where account = $1 and ${time} >= $2 and ${time} < $3 order by ${time}, ${id.name}`,
    [account, fromSeconds(from), fromSeconds(to)],
  );
}

/** The stored record next to a second on one side that Zendesk is not known to have lost; undefined for none. */
export async function findNeighbour(
  db: Queryable,
  { name, time, id }: LogTable,
  key: StreamKey,
  side: 'before' | 'after',
  { from, to }: Span,
): Promise<Keyed | undefined> {
  const [row] = await db.query<Keyed>(
    `select t.${id.name}::text as id, floor(extract(epoch from t.${time}))::float8 as second
     from ${name} t
     where t.account = $1 and t.${time} >= $3 and t.${time} < $4 and not exists (
       select from zendesk.source_deletions d
       where d.account = $1 and d.stream = $2 and d.id = t.${id.name}::text and d.seen_again_at is null
     )
     order by t.${time} ${side === 'before' ? 'desc' : 'asc'} limit 1`,
    [key.account, key.stream, fromSeconds(from), fromSeconds(to)],
  );
  return row;
}

/** Which of some records lie in quarantine, by their ids and by the hashes of their bytes. */
export async function findQuarantined(
  db: Queryable,
  { account, stream }: StreamKey,
  ids: readonly string[],
  unread: readonly QuarantinedRecord[],
): Promise<{ readonly ids: ReadonlySet<string>; readonly prints: ReadonlySet<string> }> {
  const prints = unread.map(({ content }) => fingerprint(content));
  if (ids.length + prints.length === 0) return { ids: new Set(), prints: new Set() };
  const rows = await db.query<{ id: string | null; print: string }>(
    `select record_id as id, encode(fingerprint, 'hex') as print from zendesk_sync.quarantine
     where account = $1 and stream = $2 and (record_id = any($3::text[]) or fingerprint = any($4::bytea[]))`,
    [account, stream, ids, prints],
  );
  return {
    ids: new Set(rows.flatMap(({ id }) => (id === null ? [] : [id]))),
    prints: new Set(rows.map(({ print }) => print)),
  };
}
