import type { Database } from './client.ts';

/** A table that is cut by time, and one that is derived from it and cut alike: the part of a log's table that matters here. */
type PartitionedTable = {
  readonly name: string;
  /** How long the span of a partition is. */
  readonly partition: 'month' | 'year';
  readonly derived: { readonly name: string } | undefined;
};

/** Held while a partition is made, so that one process at a time does so. */
const advisoryLock = 0x7a6c7370;

/**
 * Makes sure that partitions exist for all the given moments (milliseconds since 1970). Remembers what it has made; with
 * `looksAgain` it asks the database all the same, where somebody may have dropped one.
 */
export type EnsurePartitions = (
  table: PartitionedTable,
  momentsMs: Iterable<number>,
  looksAgain?: boolean,
) => Promise<void>;

/** Creates the keeper of partitions for one database. */
export function createPartitionKeeper(db: Database): EnsurePartitions {
  const known = new Set<string>();
  return async (table, momentsMs, looksAgain = false) => {
    const missing = new Map<string, Partition>();
    let current: Partition | undefined;
    for (const momentMs of momentsMs) {
      // The rows of a page come in order: nearly all lie in the partition of the one before.
      if (current !== undefined && current.fromMs <= momentMs && momentMs < current.untilMs)
        continue;
      current = describePartition(table, momentMs);
      if (looksAgain || !known.has(current.name)) missing.set(current.name, current);
    }
    for (const partition of missing.values()) {
      for (const each of listTables(table))
        await createPartition(db, each.name, describePartition(each, partition.fromMs));
      known.add(partition.name);
    }
  };
}

/** The moments for which partitions are made ahead of need: now and the next period. */
export function aheadOfNeed(table: PartitionedTable, nowMs: number): readonly number[] {
  return [nowMs, describePartition(table, nowMs).untilMs];
}

/** The names of the partitions that are made ahead of need, those of the derived table included. */
export function listPartitionsAhead(table: PartitionedTable, nowMs: number): readonly string[] {
  return listTables(table).flatMap((each) =>
    aheadOfNeed(table, nowMs).map((momentMs) => describePartition(each, momentMs).name),
  );
}

type Partition = { readonly name: string; readonly fromMs: number; readonly untilMs: number };

type CutTable = Pick<PartitionedTable, 'name' | 'partition'>;

/** The table itself, and the one that is derived from it. */
function listTables({ name, partition, derived }: PartitionedTable): readonly CutTable[] {
  const own = { name, partition };
  return derived === undefined ? [own] : [own, { name: derived.name, partition }];
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
    name: `${name}_${suffix}`,
    fromMs: startOf(year, month),
    untilMs: partition === 'month' ? startOf(year, month + 1) : startOf(year + 1, 0),
  };
}

async function createPartition(db: Database, table: string, partition: Partition): Promise<void> {
  const { name, fromMs, untilMs } = partition;
  await db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    const [existing] = await tx.query<{ present: boolean }>(
      'select to_regclass($1) is not null as present',
      [name],
    );
    if (existing?.present === true) return;
    // Attaching an empty table takes a weaker lock on the parent than "create table … partition of", so readers go on.
    await tx.query(`create table ${name} (like ${table} including defaults including comments)`);
    await tx.query(
      `comment on table ${name} is 'Rows of ${table} from ${dayOf(fromMs)} to before ${dayOf(untilMs)}. Query ${table} instead.'`,
    );
    await tx.query(
      `alter table ${table} attach partition ${name}
       for values from ('${dayOf(fromMs)} 00:00:00+00') to ('${dayOf(untilMs)} 00:00:00+00')`,
    );
  });
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
