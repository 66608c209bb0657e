/** What of an account moves: every row that names it, table by table. */
import type { Queryable } from '../database/client.ts';
import { findingsTable, type EnsurePartitions } from '../database/partitions.ts';
import { nameHere } from '../database/schema-names.ts';
import type { LogStream } from '../streams/stream.ts';

/** A table that has rows of accounts. */
export type MovedTable = {
  /** With its schema, by the usual name. */
  readonly name: string;
  /** All columns but generated ones. */
  readonly columns: readonly string[];
  /** Columns whose values come from sequences. */
  readonly numbered: readonly { readonly column: string; readonly sequence: string }[];
  /** The column that it is partitioned by, and which partitions it has; undefined for one without. */
  readonly partitions: { readonly time: string; readonly of: PartitionedTable } | undefined;
  /** Nobody can delete its rows: they stay where the account was. */
  readonly isPermanent: boolean;
};

type PartitionedTable = Parameters<EnsurePartitions>[0];

/**
 * Not moved: the new database has leases and partitions of its own, and the rows about the move itself stay in their
 * database.
 */
const leftBehind: ReadonlySet<string> = new Set([
  'zendesk_sync.counted_partitions',
  'zendesk_sync.leases',
  'zendesk_sync.move_parts',
  'zendesk_sync.moves',
]);

/** Tables that have the trigger `refuse_rewriting`. */
const permanent: ReadonlySet<string> = new Set([
  'zendesk_evidence.remnants',
  'zendesk_sync.actions',
  'zendesk_sync.holds',
  'zendesk_sync.removals',
]);

type TableRow = Pick<MovedTable, 'columns' | 'numbered'> & {
  readonly schema: string;
  readonly table: string;
};

const schemas = ['zendesk', 'zendesk_sync', 'zendesk_evidence'];

/** The tables that have a column `account`, in the order in which they are copied: what nobody can delete comes last. */
export async function listMovedTables(
  db: Queryable,
  logs: readonly LogStream[],
): Promise<readonly MovedTable[]> {
  const rows = await db.query<TableRow>(
    `select n.nspname as schema, c.relname as table,
       array_agg(quote_ident(a.attname) order by a.attnum) filter (where a.attgenerated = '') as columns,
       coalesce(jsonb_agg(jsonb_build_object('column', a.attname, 'sequence', s.name)) filter (where s.name is not null), '[]') as numbered
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join lateral (
       select substring(pg_get_expr(d.adbin, d.adrelid) from $$nextval\\('([^']+)'::regclass\\)$$) as name
       from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum and a.attgenerated = ''
     ) as s on true
     where n.nspname = any ($1::text[]) and c.relkind in ('r', 'p') and not c.relispartition
       and exists (select from pg_attribute o where o.attrelid = c.oid and o.attname = 'account' and not o.attisdropped)
     group by n.nspname, c.relname
     order by n.nspname, c.relname`,
    [schemas.map(nameHere)],
  );
  const usual = new Map(schemas.map((schema) => [nameHere(schema), schema]));
  const tables = rows.map(({ schema, table, columns, numbered }): MovedTable => {
    const name = `${usual.get(schema) ?? schema}.${table}`;
    return {
      name,
      columns,
      numbered,
      partitions: findPartitions(name, logs),
      isPermanent: permanent.has(name),
    };
  });
  return tables
    .filter(({ name }) => !leftBehind.has(name))
    .toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Partitions are made before the counts of their rows come, which would be losses without them. */
function placeOf({ isPermanent, partitions }: MovedTable): number {
  if (isPermanent) return 2;
  return partitions === undefined ? 1 : 0;
}

function findPartitions(name: string, logs: readonly LogStream[]): MovedTable['partitions'] {
  if (name === findingsTable.name) return { time: findingsTable.time, of: findingsTable };
  for (const { table } of logs) {
    if (table.name === name) return { time: table.time, of: table };
    if (table.derived?.name === name) return { time: table.derived.key.time, of: table };
  }
  return undefined;
}
