import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { partitionedTables } from '../../scripts/partitioned-tables.ts';
import { readComments } from '../../scripts/schema-comments.ts';
import { withLedger } from '../support/ledger.ts';
import { root } from '../support/project-files.ts';

const modules = globSync('src/database/schema/*.ts', { cwd: root }).map(
  async (file) => (await import(pathToFileURL(join(root, file)).href)) as object,
);
const tables = (await Promise.all(modules))
  .flatMap((exported): unknown[] => Object.values(exported))
  .filter((exported) => is(exported, PgTable))
  .map(getTableConfig);

/** Type names as drizzle writes them and as Postgres reports them. */
const plainType = (type: string): string =>
  type.replace(' collate "C"', '').replace('timestamptz', 'timestamp with time zone');

describe('the schema in TypeScript', () => {
  it('knows all tables of a migrated database', async () => {
    await withLedger(async (db) => {
      const found = await db.query<{ name: string }>(
        `select schemaname || '.' || tablename as name from pg_tables where schemaname like 'zendesk%' order by 1`,
      );
      assert.deepEqual(
        found.map(({ name }) => name),
        tables.map(({ schema, name }) => `${schema}.${name}`).toSorted(),
      );
    });
  });

  it('has the comment of each schema, table and column in its docstring', async () => {
    await withLedger(async (db) => {
      const found = await db.query<{ target: string; text: string }>(
        `select 'schema ' || nspname as target, obj_description(oid) as text from pg_namespace where nspname like 'zendesk%'
         union all
         select 'table ' || c.oid::regclass, obj_description(c.oid) from pg_class c
         where c.relnamespace::regnamespace::text like 'zendesk%' and c.relkind in ('r', 'p')
         union all
         select 'column ' || c.oid::regclass || '.' || a.attname, col_description(c.oid, a.attnum)
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relnamespace::regnamespace::text like 'zendesk%' and c.relkind in ('r', 'p')`,
      );
      const byTarget = (comments: readonly { target: string; text: string }[]) =>
        Object.fromEntries(comments.map(({ target, text }) => [target, text]));
      assert.deepEqual(byTarget(found), byTarget(await readComments()));
    });
  });

  it('knows how the log tables are partitioned', async () => {
    await withLedger(async (db) => {
      const found = await db.query(
        `select partrelid::regclass::text as table, partstrat as strategy, attname::text as by
         from pg_partitioned_table join pg_attribute on attrelid = partrelid and attnum = any (partattrs) order by 1`,
      );
      const expected = partitionedTables.map(({ name, by }) => ({
        table: name,
        strategy: 'r',
        by,
      }));
      assert.deepEqual(
        found,
        expected.toSorted((a, b) => (a.table < b.table ? -1 : 1)),
      );
    });
  });

  for (const { schema, name, columns, primaryKeys, indexes } of tables) {
    it(`describes ${schema}.${name} as in a migrated database: columns, types, nulls, key and indexes`, async () => {
      await withLedger(async (db) => {
        const relation = `${schema}.${name}`;
        const found = await db.query<{
          name: string;
          type: string;
          required: boolean;
          bytewise: boolean;
        }>(
          `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
             c.collname = 'C' as bytewise
           from pg_attribute a left join pg_collation c on c.oid = a.attcollation
           where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
          [relation],
        );
        assert.deepEqual(
          found.map((column) => ({ ...column, bytewise: column.bytewise ?? false })),
          columns.map((column) => ({
            name: column.name,
            type: plainType(column.getSQLType()),
            required: column.notNull,
            bytewise: column.getSQLType().includes('collate "C"'),
          })),
        );
        const [key] = await db.query<{ columns: string[] }>(
          `select coalesce(array_agg(a.attname::text order by place), '{}') as columns
           from pg_index i cross join unnest(i.indkey) with ordinality as k (attnum, place)
           join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
           where i.indrelid = $1::regclass and i.indisprimary`,
          [relation],
        );
        const own = columns.filter(({ primary }) => primary).map((column) => column.name);
        assert.deepEqual(key?.columns, primaryKeys[0]?.columns.map((column) => column.name) ?? own);
        const made = await db.query<{ name: string }>(
          `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
           where i.indrelid = $1::regclass and not i.indisprimary order by 1`,
          [relation],
        );
        assert.deepEqual(
          made.map((index) => index.name),
          indexes.map(({ config }) => String(config.name)).toSorted((a, b) => a.localeCompare(b)),
        );
      });
    });
  }
});
