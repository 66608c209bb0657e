import type { Database } from './client.ts';

/** How a log table is cut. Those of this program: `schema/partitioning.ts`. */
export type PartitionScheme = {
  readonly table: string;
  /** Tables that are derived from it and cut alike. */
  readonly derived?: readonly string[];
  readonly every: 'month' | 'year';
};

/** Serialises the creation of partitions between processes. */
const advisoryLock = 0x7a6c7370;

/** Makes sure that partitions exist for all the given moments (milliseconds since 1970). Remembers what it has made. */
export type EnsurePartitions = (
  scheme: PartitionScheme,
  momentsMs: Iterable<number>,
) => Promise<void>;

/** Creates the keeper of partitions for one database. */
export function createPartitionKeeper(db: Database): EnsurePartitions {
  const known = new Set<string>();
  return async (scheme, momentsMs) => {
    const missing = new Map<string, Partition>();
    let current: Partition | undefined;
    for (const momentMs of momentsMs) {
      // The rows of a page come in order: nearly all lie in the partition of the one before.
      if (current !== undefined && current.fromMs <= momentMs && momentMs < current.untilMs)
        continue;
      current = describePartition(scheme, momentMs);
      if (!known.has(current.name)) missing.set(current.name, current);
    }
    for (const partition of missing.values()) {
      for (const table of [scheme.table, ...(scheme.derived ?? [])]) {
        const same = describePartition({ table, every: scheme.every }, partition.fromMs);
        await createPartition(db, table, same);
      }
      known.add(partition.name);
    }
  };
}

/** The moments for which partitions are made ahead of need: now and the next period. */
export function aheadOfNeed(scheme: PartitionScheme, nowMs: number): readonly number[] {
  return [nowMs, describePartition(scheme, nowMs).untilMs];
}

type Partition = { readonly name: string; readonly fromMs: number; readonly untilMs: number };

/** The partition that holds a moment. */
export function describePartition({ table, every }: PartitionScheme, momentMs: number): Partition {
  const moment = new Date(momentMs);
  const year = moment.getUTCFullYear();
  const month = every === 'month' ? moment.getUTCMonth() : 0;
  const suffix =
    every === 'month' ? `${padYear(year)}_${String(month + 1).padStart(2, '0')}` : padYear(year);
  return {
    name: `${table}_${suffix}`,
    fromMs: startOf(year, month),
    untilMs: every === 'month' ? startOf(year, month + 1) : startOf(year + 1, 0),
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
