import { KnownError } from '../errors.ts';
import type { Database, Queryable } from './client.ts';
import { sqlstates } from './sqlstates.ts';

/** A table that is cut by time, and one that is derived from it and cut alike: the part of a log's table that matters here. */
type PartitionedTable = {
  readonly name: string;
  /** The column of time that it is cut by. */
  readonly time: string;
  /** How long the span of a partition is. */
  readonly partition: 'month' | 'year';
  readonly derived: { readonly name: string } | undefined;
};

/**
 * Makes sure that partitions exist for all the given moments (milliseconds since 1970). Remembers those it has seen; with
 * `looksAgain` it forgets them all and asks the database, where somebody may have dropped or detached one.
 */
export type EnsurePartitions = (
  table: PartitionedTable,
  momentsMs: Iterable<number>,
  looksAgain?: boolean,
) => Promise<void>;

/** Creates the keeper of partitions for one database. */
export function createPartitionKeeper(db: Database): EnsurePartitions {
  const known = new Set<string>();
  const watched = new Set<string>();
  return async (table, momentsMs, looksAgain = false) => {
    if (!watched.has(table.name)) await watchLog(db, table);
    watched.add(table.name);
    if (looksAgain) known.clear();
    const unknown = listPartitions(table, momentsMs).filter(({ name }) => !known.has(name));
    if (unknown.length === 0) return;
    for (const partition of await findMissing(db, unknown))
      await createPartition(db, table, partition);
    for (const { name } of unknown) known.add(name);
  };
}

/** The moments for which partitions are made ahead of need: now and the next period. */
export function aheadOfNeed(table: PartitionedTable, nowMs: number): readonly number[] {
  return [nowMs, describePartition(table, nowMs).untilMs];
}

/** The partitions that are made ahead of need, those of the derived table included: all by name, and those that are missing. */
export async function examinePartitionsAhead(
  db: Queryable,
  tables: readonly PartitionedTable[],
  nowMs: number,
): Promise<{ readonly wanted: readonly string[]; readonly missing: readonly string[] }> {
  const wanted = tables.flatMap((table) => listPartitions(table, aheadOfNeed(table, nowMs)));
  const missing = await findMissing(db, wanted);
  return { wanted: wanted.map(({ name }) => name), missing: missing.map(({ name }) => name) };
}

/** A part of a table, by the name that it usually has. */
type Partition = {
  readonly table: string;
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

type CutTable = Pick<PartitionedTable, 'name' | 'partition'>;

/** The partitions that hold the moments, each once: of the table, and of the one that is derived from it. */
function listPartitions(table: PartitionedTable, momentsMs: Iterable<number>): Partition[] {
  const found = new Map<number, Partition>();
  let current: Partition | undefined;
  for (const momentMs of momentsMs) {
    // The rows of a page come in order: nearly all lie in the partition of the one before.
    if (current !== undefined && current.fromMs <= momentMs && momentMs < current.untilMs) continue;
    current = describePartition(table, momentMs);
    found.set(current.fromMs, current);
  }
  const { partition, derived } = table;
  return [...found.values()].flatMap((own) =>
    derived === undefined
      ? [own]
      : [own, describePartition({ name: derived.name, partition }, own.fromMs)],
  );
}

/**
 * Those of which the table has no part: dropped, detached, or not made yet. A table of the same name that is no part of it
 * does not count.
 */
async function findMissing(
  db: Queryable,
  partitions: readonly Partition[],
): Promise<readonly Partition[]> {
  const rows = await db.query<{ place: number }>(
    `with bounds as (
       select n.nspname || '.' || t.relname as name, pg_get_expr(p.relpartbound, p.oid) as bound
       from pg_inherits i
       join pg_class p on p.oid = i.inhrelid
       join pg_class t on t.oid = i.inhparent
       join pg_namespace n on n.oid = t.relnamespace
       where n.nspname || '.' || t.relname = any ($1::text[]) and t.relkind = 'p' and not i.inhdetachpending
     )
     select place::integer from unnest($1::text[], $2::timestamptz[]) with ordinality as wanted (name, moment, place)
     where not exists (
       select from bounds b
       where b.name = wanted.name
         and moment >= coalesce(substring(b.bound from $$FROM \\('([^']+)'\\)$$)::timestamptz, '-infinity')
         and moment < coalesce(substring(b.bound from $$TO \\('([^']+)'\\)$$)::timestamptz, 'infinity')
     )
     order by place`,
    [partitions.map(({ table }) => table), partitions.map(({ fromMs }) => writeMoment(fromMs))],
  );
  return rows.flatMap(({ place }) => partitions[place - 1] ?? []);
}

/** The partition that holds a moment. */
function describePartition({ name, partition }: CutTable, momentMs: number): Partition {
  const moment = new Date(momentMs);
  const year = moment.getUTCFullYear();
  const month = partition === 'month' ? moment.getUTCMonth() : 0;
  const suffix =
    partition === 'month'
      ? `${padYear(year)}_${String(month + 1).padStart(2, '0')}`
      : padYear(year);
  return {
    table: name,
    name: `${name}_${suffix}`,
    fromMs: startOf(year, month),
    untilMs: partition === 'month' ? startOf(year, month + 1) : startOf(year + 1, 0),
  };
}

/**
 * Has Postgres note what is deleted or truncated by hand, from now on. Partitions that are in use for long get their
 * triggers at the next start.
 */
async function watchLog(db: Database, { name, time }: PartitionedTable): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '3s'`);
      await tx.query('select zendesk_sync.watch_log($1, $2)', [name, time]);
    });
  } catch (error) {
    const sqlState = error instanceof KnownError ? error.sqlState : undefined;
    if (sqlState !== sqlstates.lockNotAvailable) throw error;
  }
}

/**
 * Keeps everybody else from making partitions, and from correcting counts by them, until the end of the transaction. The
 * lock is that of a table, as in `zendesk_sync.note_missing_partitions`: readers have no rights on it, while anybody may
 * hold an advisory lock for as long as he likes.
 */
export async function lockPartitions(tx: Queryable): Promise<void> {
  await tx.query('lock table zendesk_sync.counted_partitions in share row exclusive mode');
}

async function createPartition(
  db: Database,
  log: PartitionedTable,
  partition: Partition,
): Promise<void> {
  const { table, fromMs, untilMs } = partition;
  await db.transaction(async (tx) => {
    await lockPartitions(tx);
    const [missing] = await findMissing(tx, [partition]);
    if (missing === undefined) return;
    // What was in a former one is a loss, and must not be taken for what comes into the new one.
    await tx.query('select zendesk_sync.note_missing_partitions($1)', [table]);
    const name = await findFreeName(tx, partition.name);
    // Attaching an empty table takes a weaker lock on the parent than "create table … partition of", so readers go on.
    await tx.query(`create table ${name} (like ${table} including defaults including comments)`);
    await tx.query(
      `comment on table ${name} is 'Rows of ${table} from ${dayOf(fromMs)} to before ${dayOf(untilMs)}. Query ${table} instead.'`,
    );
    await tx.query(
      `alter table ${table} attach partition ${name}
       for values from ('${writeMoment(fromMs)}') to ('${writeMoment(untilMs)}')`,
    );
    const key = await tx.query(
      'select from pg_index where indrelid = $1::regclass and indisprimary',
      [name],
    );
    // A publication of deletes refuses those from a table that has neither a key nor this; it is not inherited.
    if (key.length === 0) await tx.query(`alter table ${name} replica identity full`);
    if (table === log.name)
      await tx.query('select zendesk_sync.watch_log($1, $2)', [log.name, log.time]);
  });
}

/** The name, or with a number behind it where a table of that name exists: one that was detached stays as it is. */
async function findFreeName(db: Queryable, name: string): Promise<string> {
  const [row] = await db.query<{ name: string }>(
    `select name from (
       select number, $1::text || case when number > 1 then '_' || number else '' end as name
       from generate_series(1, 1000) as number
     ) as names
     where to_regclass(name) is null
     order by number limit 1`,
    [name],
  );
  if (row === undefined) throw new Error(`There are a thousand tables named ${name}.`);
  return row.name;
}

// Date.UTC reads years below 100 as 19xx.
function startOf(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 1);
  return date.getTime();
}

function padYear(year: number): string {
  return String(year).padStart(4, '0');
}

function dayOf(ms: number): string {
  const date = new Date(ms);
  return `${padYear(date.getUTCFullYear())}-${date.toISOString().slice(-19, -14)}`;
}

function writeMoment(ms: number): string {
  return `${dayOf(ms)} 00:00:00+00`;
}
