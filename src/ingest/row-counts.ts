/**
 * Counting what is in the tables, for rows that are gone without a note: somebody switched the triggers off, or put another
 * table in the place of a partition. Only partitions of which Postgres says that they may have lost rows are counted.
 */
import type { Database, Queryable } from '../database/client.ts';
import { lockPartitions } from '../database/partitions.ts';
import type { LogTable } from '../streams/stream.ts';
import type { StreamKey } from './coverage.ts';

type Suspect = {
  readonly relation: string;
  readonly file: string;
  readonly deletions: string;
  /** As Postgres writes them: they may be infinite. */
  readonly from: string;
  readonly until: string;
  readonly isCounted: boolean;
};

/** From so many pages of 8 kB on a partition that was never looked at is taken as it is: the migration has counted it. */
const largePages = 32_768;

/**
 * Counts the partitions that have changed otherwise than by rows added: another table, another file, or rows deleted since
 * they were last looked at. Rows that are missing become losses; the counts of the ledger become those of the table.
 */
export async function countSuspects(db: Database, key: StreamKey, table: LogTable): Promise<void> {
  for (const { relation } of await findSuspects(db, key, table))
    await db.transaction(async (tx) => {
      // Whoever else has seen it waits here, and finds that it was counted.
      await lockPartitions(tx);
      const suspects = await findSuspects(tx, key, table);
      const suspect = suspects.find((still) => still.relation === relation);
      if (suspect !== undefined) await countSuspect(tx, key, table, suspect);
    });
}

async function findSuspects(
  db: Queryable,
  { account, stream }: StreamKey,
  table: LogTable,
): Promise<readonly Suspect[]> {
  return db.query<Suspect>(
    `select p.relation::text as relation, now.file::text as file, now.deletions::text as deletions,
       p.held_from::text as from, p.held_until::text as until,
       m.relation is not null or now.pages < ${largePages} as "isCounted"
     from zendesk_sync.partitions p
     cross join lateral (
       select pg_relation_filenode(p.relation)::bigint as file, pg_stat_get_tuples_deleted(p.relation) as deletions,
         (select relpages from pg_class where oid = p.relation) as pages
     ) as now
     left join zendesk_sync.counted_partitions m
       on m.account = $1 and m.stream = $2 and m.held_from = p.held_from
     where p.log_table = $3
       and (m.relation, m.file, m.deletions) is distinct from (p.relation::bigint, now.file, now.deletions)
     order by p.held_from`,
    [account, stream, table.name],
  );
}

async function countSuspect(
  tx: Queryable,
  { account, stream }: StreamKey,
  table: LogTable,
  { relation, file, deletions, from, until, isCounted }: Suspect,
): Promise<void> {
  if (isCounted) await tx.query(buildCount(table), [account, stream, from, until]);
  await tx.query(
    `insert into zendesk_sync.counted_partitions (account, stream, held_from, relation, file, deletions)
     values ($1, $2, $3::timestamptz, $4::bigint, $5::bigint, $6::bigint)
     on conflict (account, stream, held_from) do update
     set relation = excluded.relation, file = excluded.file, deletions = excluded.deletions`,
    [account, stream, from, relation, file, deletions],
  );
}

/** One statement, so that pages which are stored meanwhile are in both counts or in neither. */
function buildCount({ name, time }: LogTable): string {
  return `with counted as (
      select (${time} at time zone 'UTC')::date as day, count(*) as rows
      from ${name}
      where account = $1 and ${time} >= $3::timestamptz and ${time} < $4::timestamptz
      group by 1
    ),
    said as (
      select day, rows from zendesk_sync.stored_days
      where account = $1 and stream = $2
        and zendesk_sync.start_of(day) >= $3::timestamptz and zendesk_sync.start_of(day) < $4::timestamptz
    ),
    differing as (
      select day, coalesce(said.rows, 0) - coalesce(counted.rows, 0) as missing, coalesce(counted.rows, 0) as rows_left
      from said full join counted using (day)
      where coalesce(said.rows, 0) <> coalesce(counted.rows, 0)
    ),
    corrected as (
      insert into zendesk_sync.stored_rows (account, stream, day, rows)
      select $1, $2, day, -missing from differing
    ),
    losses as (
      select min(day) as first_day, max(day) as last_day, sum(missing) as rows, sum(rows_left) as rows_left
      from (
        select *, day - (row_number() over (order by day))::integer as run from differing where missing > 0
      ) as days
      group by run
    )
    insert into zendesk_sync.coverage_losses
      (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, last_fetch)
    select $1, $2, h.lost_from, h.lost_until, h.rows_until, l.rows, l.rows_left, 'rows_missing',
      (select max(f.id) from zendesk_sync.fetches f where f.account = $1 and f.stream = $2)
    from losses l
    join zendesk_sync.reached r on r.account = $1 and r.stream = $2
    cross join lateral zendesk_sync.hull_of(l.first_day, l.last_day, r.oldest, r.newest, r.asked_until) as h
    order by l.first_day`;
}
