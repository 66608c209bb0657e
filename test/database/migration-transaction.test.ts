import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { createEmptyTestDatabase, type TestDatabase } from '../support/database.ts';
import { createFormerDatabase } from '../support/former-database.ts';
import { startProgram } from '../support/program.ts';
import { type Query, withClient } from '../support/query.ts';

const all = /^0000_tables,.*,definitions$/;

async function withFormer(work: (url: string, query: Query) => Promise<void>): Promise<void> {
  await using(await createFormerDatabase('0006_roles'), work);
}

async function using(
  database: TestDatabase,
  work: (url: string, query: Query) => Promise<void>,
): Promise<void> {
  try {
    await withClient(database.url, (query) => work(database.url, query));
  } finally {
    await database.drop();
  }
}

/** Runs `work` while another session is in a transaction that has run `statement`; the work may end it. */
async function beside(
  url: string,
  statement: string,
  work: (end: () => Promise<void>, pid: number) => Promise<void>,
): Promise<void> {
  const other = new Client({ connectionString: url, application_name: 'someone' });
  await other.connect();
  try {
    other.on('error', () => {});
    await other.query('begin');
    await other.query(statement);
    const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid');
    await work(async () => void (await other.query('commit')), rows[0]?.pid ?? 0);
  } finally {
    await other.end();
  }
}

/** The first message (none if it ends before), and the end. */
function startMigrating(url: string): [Promise<string>, Promise<{ applied: string[] }>] {
  const told = Promise.withResolvers<string>();
  const migrating = migrateDatabase(url, { report: told.resolve });
  migrating.finally(() => told.resolve('')).catch(() => {});
  return [told.promise, migrating];
}

async function countMigrations(query: Query): Promise<number> {
  const [row] = await query<{ count: number }>(
    'select count(*)::integer as count from drizzle.__drizzle_migrations',
  );
  return row?.count ?? 0;
}

describe('a migration', () => {
  it('waits for the session that uses a table, says so, lets others use it meanwhile, and continues', async () => {
    await withFormer(async (url, query) => {
      await beside(url, 'select from zendesk_sync.streams', async (end, pid) => {
        const [told, migrating] = startMigrating(url);
        assert.match(
          await told,
          new RegExp(
            `^The migration is waiting for locks on its tables, which may be held by process ${pid} ` +
              String.raw`\(user postgres, someone, in a transaction since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)\. ` +
              `Let that end, or run "select pg_terminate_backend\\(${pid}\\);", then run "migrate"\\.$`,
          ),
        );
        assert.deepEqual(await query('select * from zendesk_sync.streams'), []);
        assert.equal(await countMigrations(query), 7);
        await end();
        assert.equal((await migrating).applied[0], '0007_error_codes');
      });
    });
  });

  it('ends with that sentence and nothing done at a signal', async () => {
    await withFormer(async (url, query) => {
      await beside(url, 'select from zendesk_sync.streams', async () => {
        await assert.rejects(migrateDatabase(url, { signal: AbortSignal.abort() }), {
          code: 'migration_blocked',
          sqlState: '55P03',
          message:
            /^The migration is waiting for locks on its tables, which may be held by process \d+ /,
        });
        assert.equal(await countMigrations(query), 7);
      });
    });
  });

  it('waits for one that is running, and says so', async () => {
    await withFormer(async (url) => {
      await beside(
        url,
        'lock table drizzle.__drizzle_migrations in exclusive mode',
        async (end, pid) => {
          const [told, migrating] = startMigrating(url);
          assert.match(
            await told,
            new RegExp(
              `^Another process is migrating the database: process ${pid} \\(.*\\)\\. Wait until it ends, then run "migrate"\\.$`,
            ),
          );
          await end();
          assert.equal((await migrating).applied[0], '0007_error_codes');
        },
      );
    });
  });

  it('waits for the very first one too, and finds it done', async () => {
    await using(await createEmptyTestDatabase(), async (url) => {
      const making = `create schema drizzle;
        create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;
      await beside(url, making, async (end, pid) => {
        const [told, migrating] = startMigrating(url);
        assert.match(
          await told,
          new RegExp(`^Another process is migrating the database: process ${pid} \\(`),
        );
        await end();
        assert.match((await migrating).applied.join(), all);
      });
    });
  });

  it('ends the session of a reader that blocks it, as soon as it has waited long enough', async () => {
    await withFormer(async (url, query) => {
      const user = `zls_${randomBytes(6).toString('hex')}`;
      await query(`create role ${user} login password 'words' in role zendesk_reader;
        grant usage on schema zendesk_sync to ${user}; grant select on zendesk_sync.streams to ${user}`);
      const address = new URL(url);
      Object.assign(address, { username: user, password: 'words' });
      try {
        await beside(address.href, 'select from zendesk_sync.streams', async (_end, pid) => {
          const told: string[] = [];
          const report = (sentence: string): void => void told.push(sentence);
          const { applied } = await migrateDatabase(url, { report, readersMs: 0 });
          assert.equal(applied[0], '0007_error_codes');
          assert.match(
            told[0] ?? '',
            new RegExp(`held by process ${pid} \\(user ${user}, someone,`),
          );
          assert.match(
            told[1] ?? '',
            new RegExp(
              `^A migration has ended a session that may only read and was in its way: process ${pid} \\(user ${user}, someone, .*\\)\\.$`,
            ),
          );
        });
      } finally {
        await query(`drop owned by ${user}; drop role ${user}`);
      }
    });
  });

  it('leaves nothing behind when its process is killed in the middle, and the next one does everything', async () => {
    await using(await createEmptyTestDatabase(), async (url, query) => {
      // It stands still as long as this session has the lock, and does not wait for it: it waits for no lock for long.
      await query(`
        select pg_advisory_lock(1);
        create function public.stand_still() returns event_trigger language plpgsql as $$
        begin
          if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'zendesk.access_events') then
            while not pg_try_advisory_xact_lock_shared(1) loop
              perform pg_sleep(0.02);
            end loop;
          end if;
        end $$;
        create event trigger slow on ddl_command_end when tag in ('CREATE VIEW') execute function public.stand_still()`);
      const program = startProgram(['migrate'], { DATABASE_URL: url });
      const migrating = `select state, wait_event from pg_stat_activity
        where datname = current_database() and application_name = 'zendesk-log-sync migrate'`;
      const until = async (
        isReached: (rows: { wait_event: string }[]) => boolean,
      ): Promise<void> => {
        while (!isReached(await query<{ wait_event: string }>(migrating))) await sleep(20);
      };
      await until((rows) => rows.some((row) => row.wait_event === 'PgSleep'));
      program.kill('SIGKILL');
      assert.equal((await program.ended).signal, 'SIGKILL');
      await query('select pg_advisory_unlock(1)');
      await until((rows) => rows.length === 0);
      const left = await query(
        `select nspname from pg_namespace where nspname like 'zendesk%' or nspname = 'drizzle'`,
      );
      assert.deepEqual(left, []);
      await query('drop event trigger slow');
      assert.match((await migrateDatabase(url)).applied.join(), all);
    });
  });

  it('does not rely on what a role or a database has set', async () => {
    await using(await createEmptyTestDatabase(), async (url, query) => {
      await query(`
        do $$ begin
          execute format('alter database %I set search_path = nowhere', current_database());
          execute format('alter database %I set default_transaction_isolation = ''repeatable read''', current_database());
          execute format('alter database %I set default_transaction_read_only = on', current_database());
          execute format('alter database %I set standard_conforming_strings = off', current_database());
          execute format('alter database %I set lock_timeout = 1', current_database());
          execute format('alter database %I set statement_timeout = ''2s''', current_database());
        end $$;
        create function public.stand_still() returns event_trigger language plpgsql as $$
        begin
          if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'zendesk.access_events') then
            perform pg_sleep(2.5);
          end if;
        end $$;
        create event trigger slow on ddl_command_end when tag in ('CREATE VIEW') execute function public.stand_still()`);
      const [first, second] = await Promise.all([migrateDatabase(url), migrateDatabase(url)]);
      assert.match([...first.applied, ...second.applied].join(), all);
    });
  });
});
