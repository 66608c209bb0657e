/** Updates a database to the schema of this program: its migrations, then its definitions, in one transaction. */
import { KnownError } from '../errors.ts';
import type { Queryable } from './client.ts';
import { translateError } from './connection-errors.ts';
import { applyDefinitions } from './definition-changes.ts';
import { isOutdated, loadOwnDefinitions, loadStoredDefinitions } from './definitions.ts';
import { type MigrationWait, runExclusively } from './migration-transaction.ts';
import { applyMigration, findMissingMigrations, hasTable, type Migration } from './migrations.ts';
import { openConnections } from './pool.ts';
import { describeConnection } from './ways.ts';

/** A migration may build an index on a table that has grown for years. */
const statementLimitMs = 6 * 3_600_000;

/**
 * Updates the database to the schema of this program, completely or not at all. Any number of processes may start at once,
 * also through a pooler: one does it, and the others find it done.
 *
 * @returns the names of the applied migrations, oldest first, then `definitions` if those differed
 * @throws {KnownError} `schema_taken` when another program has a schema of ours, `database_unsuitable` for a server older than Postgres 15 or a database that is not in UTF-8,
 *   `database_newer` and `migrations_differ` for one whose migrations are not those of this program, `objects_in_the_way`
 *   for one with objects of others that depend on what must be dropped, `migration_blocked` for one that stays in use
 */
export async function migrateDatabase(
  url: string,
  wait: MigrationWait = {},
): Promise<{ applied: string[] }> {
  const pool = openConnections(describeConnection(url, 'migrate'), 1, wait.signal);
  try {
    const connection = await pool.take();
    const db: Queryable = {
      query: (text, values = []) => connection.query(text, values, statementLimitMs),
    };
    try {
      await checkServer(db);
      if ((await findPending(db)).length === 0) return { applied: [] };
      return { applied: await runExclusively(db, applyPending, wait) };
    } finally {
      connection.release(true);
    }
  } catch (error) {
    throw translateError(error);
  } finally {
    await pool.close();
  }
}

/** @throws {KnownError} `database_unsuitable` for a server that this program cannot use */
async function checkServer(db: Queryable): Promise<void> {
  const rows = await db.query<{ version: string; number: number; encoding: string }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as number,
       current_setting('server_encoding') as encoding`,
  );
  const problems = rows.flatMap(({ version, number, encoding }) => [
    ...(number < 150_000
      ? [
          `The Postgres server is version ${version}. Point DATABASE_URL to a server of version 15 to 18.`,
        ]
      : []),
    ...(encoding === 'UTF8'
      ? []
      : [`The database has the encoding ${encoding}. Create a database with the encoding UTF8.`]),
  ]);
  if (problems.length > 0) throw new KnownError('database_unsuitable', problems);
}

/**
 * What `migrateDatabase` would apply: the names of the migrations that the database lacks, oldest first, then `definitions`
 * if those differ.
 *
 * @throws {KnownError} `database_newer` or `migrations_differ` when the database has other migrations than this program
 */
export async function findPending(db: Queryable): Promise<string[]> {
  return namesOf(await loadPending(db));
}

type Pending = {
  readonly migrations: readonly Migration[];
  readonly areDefinitionsOutdated: boolean;
};

async function loadPending(db: Queryable): Promise<Pending> {
  const migrations = await findMissingMigrations(db);
  const isNoted = await hasTable(db, 'zendesk_sync', 'definitions');
  const stored = isNoted ? await loadStoredDefinitions(db) : [];
  return { migrations, areDefinitionsOutdated: isOutdated(loadOwnDefinitions(), stored) };
}

function namesOf({ migrations, areDefinitionsOutdated }: Pending): string[] {
  return [
    ...migrations.map(({ name }) => name),
    ...(areDefinitionsOutdated ? ['definitions'] : []),
  ];
}

/** What is pending after all other migrations have ended. */
async function applyPending(tx: Queryable): Promise<string[]> {
  const pending = await loadPending(tx);
  const { migrations, areDefinitionsOutdated } = pending;
  for (const migration of migrations) await applyMigration(tx, migration);
  if (migrations.length > 0 || areDefinitionsOutdated)
    await applyDefinitions(tx, loadOwnDefinitions(), migrations.length > 0);
  return namesOf(pending);
}
