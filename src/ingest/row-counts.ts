/**
 * Counts the rows of tables that may differ from the counts of the ledger: rows disappeared without a record, because
 * somebody switched off the triggers or replaced a partition; rows were added in another way; or somebody changed the
 * counts. Only partitions with such a possibility are counted.
 */
import { longLimitMs, type Database, type Queryable } from '../database/client.ts';
import { lockPartitions } from '../database/partitions.ts';
import { nameHere } from '../database/schema-names.ts';
import type { Log } from '../logger.ts';
import type { LogTable } from '../streams/stream.ts';
import type { StreamKey } from './coverage.ts';
import { countsItself } from './own-counts.ts';

type Suspect = {
  readonly relation: string;
  readonly file: string;
  readonly deletions: string;
  /** As Postgres writes them: they may be infinite. */
  readonly from: string;
  readonly until: string;
  readonly isCounted: boolean;
};

/**
 * A partition of at least so many pages of 8 kB that was never checked is accepted as it is: the migration has counted it.
 */
const largePages = 32_768;

/**
 * Counts the partitions that changed in other ways than by added rows: another table, another file, or rows deleted since
 * the last check; and all of them if somebody has changed rows or counts. Missing rows become losses; the counts of the
 * ledger become those of the table.
 */
export async function countSuspects(
  db: Database,
  key: StreamKey,
  table: LogTable,
  log?: Log,
): Promise<void> {
  await spreadDoubts(db, key, table, log);
  for (const { from } of await findSuspects(db, key, table))
    await db.transaction(async (tx) => {
      // Another process that has noticed it waits here, and then finds that it was counted.
      await lockPartitions(tx);
      await tx.query(`select ${countsItself}`);
      const suspects = await findSuspects(tx, key, table);
      const suspect = suspects.find((still) => still.from === from);
      if (suspect !== undefined) await countSuspect(tx, key, table, suspect);
    }, longLimitMs);
}

type Doubt = { readonly changedTable: string; readonly doneBy: string };

/** After a change by somebody else, every partition of the log is counted, for all accounts. */
async function spreadDoubts(
  db: Database,
  key: StreamKey,
  { name }: LogTable,
  log: Log | undefined,
): Promise<void> {
  const noted = await db.query(
    'select from zendesk_sync.count_doubts where log_table is null or log_table = $1 limit 1',
    [nameHere(name)],
  );
  if (noted.length === 0) return;
  const doubts = await db.transaction(async (tx) => {
    await lockPartitions(tx);
    await tx.query(`select ${countsItself}`);
    return tx.query<Doubt>(
      `with noted as (
         delete from zendesk_sync.count_doubts d
         where d.log_table is null or d.log_table = $1
         returning d.log_table, d.changed_table, d.done_by
       ),
       spread as (
         insert into zendesk_sync.counted_partitions (account, stream, held_from, relation, file, deletions)
         select s.account, s.stream, p.held_from, 0, 0, 0
         from zendesk_sync.streams s
         join zendesk_sync.partitions p on p.log_table = s.log_table
         where exists (select from noted where noted.log_table is null or noted.log_table = s.log_table)
         on conflict (account, stream, held_from) do update set relation = 0
       )
       select changed_table as "changedTable", done_by as "doneBy" from noted group by 1, 2 order by 1, 2`,
      [nameHere(name)],
    );
  });
  for (const { changedTable, doneBy } of doubts)
    log?.warn(
      { ...key, table: changedTable, by: doneBy },
      'somebody else has changed rows or counts of the ledger; the rows are counted again',
    );
}

/** The first and the last day of a partition: it need not begin at the start of a day. */
function daysOf(from: string, until: string): { readonly first: string; readonly last: string } {
  return {
    first: `(${from} at time zone 'UTC')::date`,
    last: `((${until} - interval '1 microsecond') at time zone 'UTC')::date`,
  };
}

async function findSuspects(
  db: Queryable,
  { account, stream }: StreamKey,
  { name, time }: LogTable,
): Promise<readonly Suspect[]> {
  const { first, last } = daysOf('p.held_from', 'p.held_until');
  const partitions = await db.query<Examined>(
    `select p.relation::text as relation, now.file::text as file, now.deletions::text as deletions,
       p.held_from::text as from, p.held_until::text as until,
       m.relation is not null or now.pages < ${largePages} or said.rows <= 0 as "isCounted",
       said.rows > 0 as "saysRows",
       (m.relation, m.file, m.deletions) is distinct from (p.relation::bigint, now.file, now.deletions) or said.rows < 0 as "isSuspect"
     from zendesk_sync.partitions p
     cross join lateral (
       select pg_relation_filenode(p.relation)::bigint as file, pg_stat_get_tuples_deleted(p.relation) as deletions,
         (select relpages from pg_class where oid = p.relation) as pages
     ) as now
     cross join lateral (
       select coalesce(sum(r.rows), 0) as rows from zendesk_sync.stored_rows r
       where r.account = $1 and r.stream = $2 and r.day between ${first} and ${last}
     ) as said
     left join zendesk_sync.counted_partitions m
       on m.account = $1 and m.stream = $2 and m.held_from = p.held_from
     where p.log_table = $3
     order by p.held_from`,
    [account, stream, nameHere(name)],
  );
  // Apart from the ledger: the rows may be on another server.
  const held = await db.query<{ place: number }>(
    `select p.place::integer as place
     from unnest($2::timestamptz[], $3::timestamptz[]) with ordinality as p (held_from, held_until, place)
     where exists (
       select from ${name} t where t.account = $1 and t.${time} >= p.held_from and t.${time} < p.held_until
     )`,
    [account, partitions.map(({ from }) => from), partitions.map(({ until }) => until)],
  );
  const places = new Set(held.map(({ place }) => place));
  return partitions.filter(
    ({ isSuspect, saysRows }, at) => isSuspect || saysRows !== places.has(at + 1),
  );
}

/** A partition as the catalogue and the ledger have it. */
type Examined = Suspect & { readonly saysRows: boolean; readonly isSuspect: boolean };

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

/** One statement, so that pages stored meanwhile are in both counts or in neither. */
function buildCount({ name, time }: LogTable): string {
  const { first, last } = daysOf('$3::timestamptz', '$4::timestamptz');
  return `with counted as (
      select (${time} at time zone 'UTC')::date as day, count(*) as rows
      from ${name}
      where account = $1 and ${time} >= zendesk_sync.start_of(${first}) and ${time} < zendesk_sync.start_of(${last} + 1)
      group by 1
    ),
    said as (
      select day, sum(rows) as rows from zendesk_sync.stored_rows
      where account = $1 and stream = $2 and day between ${first} and ${last}
      group by day
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
    -- Somebody may have restored lost rows.
    reopened as (
      update zendesk_sync.coverage_losses l set closed_at = null
      where l.account = $1 and l.stream = $2 and l.rows_found < l.rows
        and exists (
          select from differing d
          where d.missing < 0 and zendesk_sync.start_of(d.day) < l.rows_until and zendesk_sync.start_of(d.day + 1) > l.lost_from
        )
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
