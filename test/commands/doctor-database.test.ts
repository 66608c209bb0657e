import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import {
  createEmptyTestDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../support/database.ts';
import { examine, pullAccount, skipAll, type Changes } from '../support/doctor-page.ts';
import { withClient } from '../support/query.ts';

let pulled: TestDatabase;
before(async () => {
  pulled = await pullAccount();
});
after(() => pulled.drop());

const ofDatabase = [
  'Encoding',
  'Time zone',
  'Privileges',
  'Roles',
  'Migrations',
  'Partitions',
  'Disk',
] as const;
const nothingStored: Changes = {
  'Audit log backfill': 'ok ESTIMATE',
  'Access log backfill': 'ok ESTIMATE',
  Verification: 'skipped nothing is stored yet',
};

describe('doctor and the database', { concurrency: 2 }, () => {
  const noConnection: Changes = {
    ...skipAll('there is no connection', ofDatabase),
    ...nothingStored,
    Verification: 'skipped there is no connection',
    Clock: "ok agrees with Zendesk's",
  };

  it('says that Postgres is down', async () => {
    await examine(
      {
        databaseUrl: pulled.url,
        settings: { DATABASE_URL: 'postgres://zls:kr7-pw@127.0.0.1:1/logs' },
      },
      1,
      {
        ...noConnection,
        Database:
          'problem Postgres cannot be reached (ECONNREFUSED)\n-> Check that it is running and that DATABASE_URL points to it.',
      },
    );
  });

  it('says that the password is wrong', async () => {
    const url = new URL(pulled.url);
    url.password = 'kr7-wrong';
    await examine({ databaseUrl: pulled.url, settings: { DATABASE_URL: url.href } }, 1, {
      ...noConnection,
      Database: `problem Postgres refused: password authentication failed for user "${url.username}" (SQLSTATE 28P01).\n-> Correct the password in DATABASE_URL.`,
    });
  });

  it('reports an old schema, one that does not exist yet, and missing partitions', async () => {
    const database = await createTestDatabase();
    const empty = await createEmptyTestDatabase();
    try {
      const { url: databaseUrl } = database;
      const none = 'ok the current and the next ones do not exist yet; the next sync creates them';
      await withClient(databaseUrl, (query) =>
        query(
          'delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations)',
        ),
      );
      const [{ tag: newest } = { tag: '' }] = (
        await import('../../migrations/meta/_journal.json', { with: { type: 'json' } })
      ).default.entries.slice(-1);
      const old = {
        ...nothingStored,
        Migrations: `warning 1 migration to be applied: ${newest}\n-> The next "serve" or "sync" applies them, or run "migrate" now.`,
      };
      await examine({ databaseUrl }, 0, { ...old, Partitions: none });

      await examine({ databaseUrl: empty.url }, 0, {
        ...nothingStored,
        Verification: 'skipped its tables could not be read',
        Privileges: `ok ${new URL(empty.url).username} can create schemas and tables`,
        Roles:
          'ok zendesk_reader and zendesk_investigator get their permissions with the migrations',
        Migrations: 'ok there are no tables yet; the first sync creates them',
        Partitions: none,
      });

      const db = openDatabase({ url: databaseUrl });
      const now = new Date();
      await createPartitionKeeper(db)(accessLogs.table, [now.getTime()]);
      await db.close();
      const year = now.getUTCFullYear();
      const next = new Date(Date.UTC(year, now.getUTCMonth() + 1)).toISOString().slice(0, 7);
      const month = next.replace('-', '_');
      await examine({ databaseUrl }, 0, {
        ...old,
        Partitions:
          `warning zendesk_partitions.audit_logs_${year}, zendesk_partitions.audit_logs_${year + 1}, zendesk_partitions.access_logs_${month}, zendesk_partitions.access_log_resources_${month} are missing\n` +
          '-> Run "sync", or start "serve": they are created in advance, so probably nothing has run for a while.',
      });
    } finally {
      await database.drop();
      await empty.drop();
    }
  });

  it('says that a newer version has migrated the database', async () => {
    const database = await createTestDatabase();
    try {
      await withClient(database.url, (query) =>
        query(
          `insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)`,
        ),
      );
      await examine({ databaseUrl: database.url }, 1, {
        ...nothingStored,
        Migrations:
          'problem The database was migrated by a newer version of this program (1 migration unknown here).\n-> Start that version, or restore a backup from before the upgrade.',
        Partitions: 'ok the current and the next ones do not exist yet; the next sync creates them',
      });
    } finally {
      await database.drop();
    }
  });

  it('reports that the file of a migration differs from the one that was applied', async () => {
    const database = await createTestDatabase();
    try {
      await withClient(database.url, (query) =>
        query(`update drizzle.__drizzle_migrations set hash = 'edited' where id = 1`),
      );
      await examine({ databaseUrl: database.url }, 1, {
        ...nothingStored,
        Migrations:
          'problem The file migrations/0000_tables.sql is not the one that this database was migrated with.\n-> Restore it by installing this version again, and put changes into a new migration.',
        Partitions: 'ok the current and the next ones do not exist yet; the next sync creates them',
      });
    } finally {
      await database.drop();
    }
  });

  it('only needs read access, and reports what else the program needs', async () => {
    const role = `zls_guest_${randomBytes(4).toString('hex')}`;
    const url = new URL(pulled.url);
    const { username: owner } = url;
    await withClient(pulled.url, async (query) => {
      await query(`create role ${role} login password 'kr7-guest'`);
      await query(`alter role ${role} set default_transaction_read_only = on`);
      for (const schema of [
        'drizzle',
        'zendesk',
        'zendesk_evidence',
        'zendesk_fivetran',
        'zendesk_partitions',
        'zendesk_sync',
      ]) {
        await query(`grant usage on schema ${schema} to ${role}`);
        await query(`grant select on all tables in schema ${schema} to ${role}`);
      }
      const [{ name, others } = { name: '', others: 0 }] = await query<{
        name: string;
        others: number;
      }>(
        `select 'drizzle (schema)' as name, count(*)::integer + 5 as others
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where nspname in ('drizzle', 'zendesk', 'zendesk_evidence', 'zendesk_fivetran', 'zendesk_partitions', 'zendesk_sync')
           and relkind in ('r', 'p', 'v', 'S') and not relispartition`,
      );
      try {
        url.username = role;
        url.password = 'kr7-guest';
        await examine({ databaseUrl: pulled.url, settings: { DATABASE_URL: url.href } }, 1, {
          Database: `problem PostgreSQL VERSION, database ${url.pathname.slice(1)}, user ${role}; transactions are read-only there (default_transaction_read_only)\n-> Switch it off for this user: alter role ${role} set default_transaction_read_only = off;`,
          Privileges: `problem ${role} is not allowed to change ${name} and ${others} other objects\n-> Connect as ${owner}, or let the user act for it: grant ${owner} to ${role};`,
          Roles: `warning the page reads with all rights of ${role} instead of those of zendesk_page, which ${role} may not take\n-> Ask an administrator to run: grant zendesk_page to ${role};`,
        });
      } finally {
        await query(`drop owned by ${role}`);
        await query(`drop role ${role}`);
      }
    });
  });
});
