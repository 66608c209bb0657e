/** What the migrations created and somebody has dropped or renamed since: tables, columns, keys and indexes. */
import { readFileSync } from 'node:fs';
import type { Queryable } from './client.ts';
import { loadOwnMigrations, migrationsFolder } from './migrations.ts';
import { nameHere, writeHere } from './schema-names.ts';

/** A missing object, as the beginning of "… is missing". */
export type MissingObject = {
  readonly what: string;
  /** The statement that recreates it; undefined for a table or a column, because its content is lost. */
  readonly remedy: string | undefined;
};

/** A table in the snapshot that drizzle-kit writes with each migration: the part that matters here. */
type Snapshot = {
  readonly tables: Readonly<
    Record<
      string,
      {
        readonly columns: Readonly<Record<string, { readonly primaryKey: boolean }>>;
        readonly compositePrimaryKeys: Readonly<
          Record<string, { readonly columns: readonly string[] }>
        >;
        readonly indexes: Readonly<Record<string, SnapshotIndex>>;
      }
    >
  >;
};

type SnapshotIndex = {
  readonly columns: readonly { readonly expression: string; readonly isExpression: boolean }[];
  readonly isUnique: boolean;
};

/** A table of the database. */
type StoredTable = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly indexes: readonly {
    readonly name: string;
    readonly isUnique: boolean;
    readonly columns: readonly string[];
  }[];
};

/** What is missing in the tables of this program, after all migrations were applied. */
export async function findMissingObjects(db: Queryable): Promise<readonly MissingObject[]> {
  const latest = loadOwnMigrations().length - 1;
  const file = `${migrationsFolder}/meta/${String(latest).padStart(4, '0')}_snapshot.json`;
  const snapshot = JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
  const tables = Object.fromEntries(
    Object.entries(snapshot.tables).map(([name, table]) => [nameHere(name), table]),
  );
  const stored = await loadTables(db, Object.keys(tables));
  return compareTables(tables, stored);
}

async function loadTables(db: Queryable, names: readonly string[]): Promise<StoredTable[]> {
  return db.query<StoredTable>(
    `select n.nspname || '.' || c.relname as name,
       array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       coalesce(
         (
           select jsonb_agg(
             jsonb_build_object(
               'name', i.indexrelid::regclass::text,
               'isUnique', i.indisunique and i.indpred is null,
               'columns', array(
                 select a.attname from unnest(i.indkey::smallint[]) with ordinality as k (number, place)
                 join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
                 where k.place <= i.indnkeyatts order by k.place
               )
             )
           )
           from pg_index i where i.indrelid = c.oid and i.indisvalid
         ),
         '[]'
       ) as indexes
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname || '.' || c.relname = any ($1::text[])`,
    [names],
  );
}

function compareTables(
  tables: Snapshot['tables'],
  stored: readonly StoredTable[],
): readonly MissingObject[] {
  const byName = new Map(stored.map((table) => [table.name, table]));
  return Object.entries(tables).flatMap(([name, wanted]) => {
    const table = byName.get(name);
    if (table === undefined) return [{ what: `the table ${name}`, remedy: undefined }];
    const columns = Object.keys(wanted.columns).filter((column) => !table.columns.includes(column));
    const has = (key: readonly string[], mustBeUnique: boolean): boolean =>
      table.indexes.some(
        (index) => (index.isUnique || !mustBeUnique) && index.columns.join() === key.join(),
      );
    const single = Object.keys(wanted.columns).filter((one) => wanted.columns[one]?.primaryKey);
    const keys = [
      ...Object.values(wanted.compositePrimaryKeys).map((key) => key.columns),
      ...(single.length === 0 ? [] : [single]),
    ].filter((key) => !has(key, true));
    // Postgres writes an expression in other words than we do: such an index is known by its name.
    const named = (index: string): boolean =>
      table.indexes.some(({ name: own }) => own.split('.').at(-1) === index);
    const indexes = Object.entries(wanted.indexes).filter(
      ([index, { columns: parts, isUnique }]) =>
        parts.some(({ isExpression }) => isExpression)
          ? !named(index)
          : !has(columnsOf(parts), isUnique),
    );
    return [
      ...columns.map((one) => ({ what: `the column ${one} of ${name}`, remedy: undefined })),
      ...keys.map((key) => ({
        what: `the primary key of ${name}`,
        remedy: `alter table ${name} add primary key (${key.map(quote).join(', ')});`,
      })),
      ...indexes.map(([index]) => ({
        what: `the index ${index} of ${name}`,
        remedy: findStatement(index),
      })),
    ];
  });
}

function columnsOf(columns: SnapshotIndex['columns']): readonly string[] {
  return columns.map(({ expression }) => expression);
}

function quote(column: string): string {
  return `"${column}"`;
}

/** The statement in the migrations that creates an index. */
function findStatement(index: string): string | undefined {
  const statements = loadOwnMigrations().flatMap((migration) => migration.statements);
  const found = statements.findLast((statement) =>
    new RegExp(`^\\s*CREATE (?:UNIQUE )?INDEX "${index}"`, 'i').test(statement),
  );
  return found === undefined ? undefined : `${writeHere(found).trim().replace(/;$/, '')};`;
}
