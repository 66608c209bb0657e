import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import { aheadOfNeed, createPartitionKeeper } from '../../src/database/partitions.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { withLedger } from '../support/ledger.ts';
import { runProgram } from '../support/program.ts';
import { readText } from '../support/project-files.ts';

describe('migrating', () => {
  it('works when twenty processes start at once: one migrates, the others find it done', async () => {
    const database = await createEmptyTestDatabase();
    try {
      const results = await Promise.all(
        Array.from({ length: 20 }, () => migrateDatabase(database.url)),
      );
      const applied = results.map((result) => result.applied).filter((names) => names.length > 0);
      const { entries } = JSON.parse(readText('migrations/meta/_journal.json')) as {
        entries: readonly { readonly tag: string }[];
      };
      assert.deepEqual(applied, [[...entries.map(({ tag }) => tag), 'definitions']]);
    } finally {
      await database.drop();
    }
  });

  it('says in a sentence that Postgres cannot be reached, without the url', async () => {
    await assert.rejects(
      migrateDatabase('postgres://someone:verysecret@127.0.0.1:1/nowhere'),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'database_unreachable');
        assert.equal(
          error.message,
          'Postgres cannot be reached (ECONNREFUSED). Check that it is running and that DATABASE_URL points to it.',
        );
        return true;
      },
    );
  });

  it('refuses a database that is not in UTF-8, in a sentence', async () => {
    const database = await createEmptyTestDatabase();
    const server = openDatabase({ url: database.url });
    const latin = new URL(database.url);
    latin.pathname = `${latin.pathname}_latin1`;
    const name = latin.pathname.slice(1);
    try {
      await server.query(
        `create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`,
      );
      await assert.rejects(migrateDatabase(latin.href), {
        code: 'database_unsuitable',
        message: 'The database has the encoding LATIN1. Create a database with the encoding UTF8.',
      });
    } finally {
      await server.query(`drop database if exists ${name} with (force)`);
      await server.close();
      await database.drop();
    }
  });

  it('gives every table, view and column a comment, including partitions', async () => {
    await withLedger(async (db) => {
      const ensurePartitions = createPartitionKeeper(db);
      for (const { table } of listLogs(streams))
        await ensurePartitions(table, aheadOfNeed(table, Date.now()));
      const bare = await db.query(
        `select c.oid::regclass::text as relation, a.attname as column
         from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attnum >= 0 and not a.attisdropped
         where c.relnamespace in ('zendesk'::regnamespace, 'zendesk_sync'::regnamespace)
           and c.relkind in ('r', 'p', 'v') and col_description(c.oid, a.attnum) is null
         union all
         select c.oid::regclass::text, null
         from pg_class c
         where c.relnamespace in ('zendesk'::regnamespace, 'zendesk_sync'::regnamespace)
           and c.relkind in ('r', 'p', 'v') and obj_description(c.oid) is null`,
      );
      assert.deepEqual(bare, []);
    });
  });

  it('creates these columns, in this order and with these types', async () => {
    await withLedger(async (db) => {
      const columnsOf = async (table: string): Promise<string> => {
        const rows = await db.query<{ column: string }>(
          `select attname || ' ' || format_type(atttypid, atttypmod) as column
           from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
          [table],
        );
        return rows.map(({ column }) => column).join(', ');
      };
      assert.equal(
        await columnsOf('zendesk.audit_logs'),
        'account text, id bigint, created_at timestamp with time zone, action text, action_label text, actor_id bigint, ' +
          'actor_name text, change_description text, ip_address inet, source_id bigint, source_label text, source_type text, ' +
          'url text, extra jsonb, first_synced_at timestamp with time zone, synced_at timestamp with time zone',
      );
      assert.equal(
        await columnsOf('zendesk.access_logs'),
        'account text, id text, timestamp timestamp with time zone, user_id bigint, ip_address inet, method text, ' +
          'status smallint, url text, origin_service text, authorization_type text, client text, referer text, category text, ' +
          'summary text, bytes_sent bigint, graphql_operation_name text, graphql_operation_type text, graphql_query text, ' +
          'graphql_variables text, extra jsonb, first_synced_at timestamp with time zone, synced_at timestamp with time zone',
      );
    });
  });
});

describe('an older program', () => {
  const newer = `insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)`;

  it('refuses a database that a newer one has migrated, in a sentence, and changes nothing', async () => {
    await withLedger(async (db, url) => {
      await db.query(newer);
      await assert.rejects(migrateDatabase(url), {
        code: 'database_newer',
        message:
          'The database was migrated by a newer version of this program (1 migration unknown here); ' +
          'start that version, or restore a backup from before the upgrade.',
      });
      await db.query(newer);
      await assert.rejects(migrateDatabase(url), /\(2 migrations unknown here\)/);
      const again = openDatabase({ url });
      assert.deepEqual(await again.query('select 1 as one'), [{ one: 1 }]);
      await again.close();
    });
  });

  it('ends with status 2 and that sentence, for migrating and for pulling', async () => {
    await withLedger(async (db, url) => {
      await db.query(newer);
      const settings = {
        DATABASE_URL: url,
        ZENDESK_SUBDOMAIN: 'acme',
        ZENDESK_BASE_URL: 'http://127.0.0.1:9',
        ZENDESK_OAUTH_TOKEN: 'never-sent',
      };
      const ends = await Promise.all(
        ['migrate', 'sync', 'serve'].map((command) => runProgram([command], settings)),
      );
      for (const { status, stderr } of ends) {
        assert.equal(status, 2);
        assert.match(stderr, /^The database was migrated by a newer version of this program/m);
      }
    });
  });
});
