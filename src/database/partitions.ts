import { KnownError } from '../errors.ts';
import type { Database, Queryable } from './client.ts';
import { nameHere } from './schema-names.ts';
import { sqlstates } from './sqlstates.ts';

/** A table partitioned by time, and a derived one with the same partitions: the part of a log's table that matters here. */
type PartitionedTable = {
  readonly name: string;
  /** The time column of the partitions. */
  readonly time: string;
  /** The span of a partition. */
  readonly partition: 'month' | 'year';
  readonly derived: { readonly name: string } | undefined;
  /** False for one whose rows the ledger does not count. */
  readonly isCounted?: false;
};

/** What the rules found, both logs together. */
export const findingsTable = {
  name: 'zendesk.findings',
  time: 'created_at',
  partition: 'year',
  derived: undefined,
  isCounted: false,
} as const satisfies PartitionedTable;

/**
 * Makes sure that partitions exist for all the given moments (milliseconds since 1970). Remembers those it has seen; with
 * `looksAgain` it forgets them all and asks the database, because somebody may have dropped or detached one.
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
    if (table.isCounted !== false && !watched.has(table.name)) await watchLog(db, table);
    watched.add(table.name);
    if (looksAgain) known.clear();
    const unknown = listPartitions(table, momentsMs).filter(({ name }) => !known.has(name));
    if (unknown.length === 0) return;
    for (const partition of await findMissing(db, unknown))
      await createPartition(db, table, partition);
    for (const { name } of unknown) known.add(name);
  };
}

/** The moments for which partitions are created in advance: now and the next period. */
export function aheadOfNeed(table: PartitionedTable, nowMs: number): readonly number[] {
  return [nowMs, describePartition(table, nowMs).untilMs];
}

/** The partitions that are created in advance, including those of the derived table: all names, and the missing ones. */
export async function examinePartitionsAhead(
  db: Queryable,
  tables: readonly PartitionedTable[],
  nowMs: number,
): Promise<{ readonly wanted: readonly string[]; readonly missing: readonly string[] }> {
  const wanted = tables.flatMap((table) => listPartitions(table, aheadOfNeed(table, nowMs)));
  const missing = await findMissing(db, wanted);
  return { wanted: wanted.map(({ name }) => name), missing: missing.map(({ name }) => name) };
}

/** Where partitions are, so that what lists the tables of a schema does not list each of them. */
const partitionsSchema = 'zendesk_partitions';

/** A partition of a table, by its usual name. */
type Partition = {
  readonly table: string;
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

type CutTable = Pick<PartitionedTable, 'name' | 'partition'>;

/** The partitions for the moments, each once: of the table, and of the derived one. */
function listPartitions(table: PartitionedTable, momentsMs: Iterable<number>): Partition[] {
  const found = new Map<number, Partition>();
  let current: Partition | undefined;
  for (const momentMs of momentsMs) {
    // The rows of a page are in order: nearly all are in the same partition as the row before.
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
 * Those that the table does not have: dropped, detached, or not created yet. A table of the same name that is not a
 * partition of it does not count.
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

/** The partition for a moment. */
function describePartition({ name, partition }: CutTable, momentMs: number): Partition {
  const moment = new Date(momentMs);
  const year = moment.getUTCFullYear();
  const month = partition === 'month' ? moment.getUTCMonth() : 0;
  const suffix =
    partition === 'month'
      ? `${padYear(year)}_${String(month + 1).padStart(2, '0')}`
      : padYear(year);
  return {
    table: nameHere(name),
    name: `${nameHere(partitionsSchema)}.${name.replace(/^.*\./, '')}_${suffix}`,
    fromMs: startOf(year, month),
    untilMs: partition === 'month' ? startOf(year, month + 1) : startOf(year + 1, 0),
  };
}

/**
 * Lets Postgres record what is deleted or truncated by hand, from now on. Partitions that are locked for too long get their
 * triggers at the next start.
 */
async function watchLog(db: Database, { name, time }: PartitionedTable): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '3s'`);
      await tx.query('select zendesk_sync.watch_log($1, $2)', [nameHere(name), time]);
    });
  } catch (error) {
    const sqlState = error instanceof KnownError ? error.sqlState : undefined;
    if (sqlState !== sqlstates.lockNotAvailable) throw error;
  }
}

/**
 * Keeps others from creating partitions, and from correcting counts with them, until the end of the transaction. It is the
 * lock of a table, as in `zendesk_sync.note_missing_partitions`: readers have no rights on it; anybody could hold an
 * advisory lock permanently.
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
    // The rows of the previous one are a loss, and must not be mixed up with the rows of the new one.
    await tx.query('select zendesk_sync.note_missing_partitions($1)', [table]);
    const name = await findFreeName(tx, partition.name);
    const [schema, own] = name.split('.');
    await tx.query('select zendesk_sync.make_partition($1, $2, $3, $4, $5)', [
      table,
      schema,
      own,
      writeMoment(fromMs),
      writeMoment(untilMs),
    ]);
    if (table === nameHere(log.name) && log.isCounted !== false)
      await tx.query('select zendesk_sync.watch_log($1, $2)', [table, log.time]);
  });
}

/** The name, with a number at the end if a table of that name exists: a detached one is not touched. */
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
