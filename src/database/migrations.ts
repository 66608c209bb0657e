/** The migrations of this program, and their comparison with those of a database. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
// This part of drizzle-orm only reads files: it needs hardly any memory.
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { KnownError } from '../errors.ts';
import type { Queryable } from './client.ts';
import { fitToGivenSchemas } from './given-schemas.ts';
import { nameHere } from './schema-names.ts';
import { refuseForeignRecord, refuseTakenSchemas } from './taken-schemas.ts';

/** The reviewed SQL beside `src` or `dist`. */
export const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));
const breakpoint = '--> statement-breakpoint';

/** One file of reviewed SQL. */
export type Migration = {
  /** Its name without `.sql`. */
  readonly name: string;
  readonly statements: readonly string[];
  /** When it was generated, milliseconds since 1970: its identity in the journal and in the database. */
  readonly generatedAt: number;
  readonly hash: string;
  /** The hash that drizzle's own migrator, used by previous versions, stored from a checkout with Windows line ends. */
  readonly hashWithCarriageReturns: string;
};

/** A migration as recorded in the database. */
type AppliedMigration = { readonly generatedAt: number; readonly hash: string };

let ownMigrations: readonly Migration[] | undefined;

/** The migrations of this program, oldest first. Read once a process. */
export function loadOwnMigrations(): readonly Migration[] {
  ownMigrations ??= readMigrations();
  return ownMigrations;
}

function readMigrations(): readonly Migration[] {
  const journal = readFileSync(`${migrationsFolder}/meta/_journal.json`, 'utf8');
  const { entries } = JSON.parse(journal) as { entries: readonly { tag: string }[] };
  return readMigrationFiles({ migrationsFolder }).map(({ sql, folderMillis }, index) => {
    const statements = sql.map((statement) => statement.replaceAll('\r\n', '\n'));
    const text = statements.join(breakpoint);
    return {
      name: entries[index]?.tag ?? '',
      statements,
      generatedAt: folderMillis,
      hash: hashOf(text),
      hashWithCarriageReturns: hashOf(text.replaceAll('\n', '\r\n')),
    };
  });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The migrations that a database lacks, oldest first.
 *
 * @throws {KnownError} `schema_taken` when another program has a schema of ours, `database_newer` or `migrations_differ` when its migrations are not the first ones of this program,
 *   unchanged
 */
export async function findMissingMigrations(db: Queryable): Promise<readonly Migration[]> {
  const own = loadOwnMigrations();
  const isRecorded = await hasTable(db, 'drizzle', '__drizzle_migrations');
  const applied = isRecorded
    ? await db.query<AppliedMigration>(
        `select created_at::float8 as "generatedAt", hash from drizzle.__drizzle_migrations order by id`,
      )
    : [];
  if (applied.length === 0) await refuseTakenSchemas(db);
  else if (
    !own.some((each) =>
      applied.some(({ hash }) => hash === each.hash || hash === each.hashWithCarriageReturns),
    )
  )
    throw refuseForeignRecord();
  return compareMigrations(own, applied);
}

/** Whether a table exists. Within a transaction `to_regclass()` does not see what another process has created meanwhile. */
export async function hasTable(db: Queryable, schema: string, name: string): Promise<boolean> {
  const [row] = await db.query<{ present: boolean }>(
    'select exists (select from pg_tables where schemaname = $1 and tablename = $2) as present',
    [nameHere(schema), name],
  );
  return row?.present === true;
}

/** Runs a migration within a transaction, and records it where drizzle's own migrator would. */
export async function applyMigration(
  tx: Queryable,
  { statements, hash, generatedAt }: Migration,
): Promise<void> {
  for (const statement of statements) {
    const fitted = await fitToGivenSchemas(tx, statement);
    if (fitted.trim() !== '') await tx.query(fitted);
  }
  await tx.query('insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [
    hash,
    generatedAt,
  ]);
}

/** Creates the table that records the migrations, in the form of drizzle's own migrator. */
export async function prepareBookkeeping(tx: Queryable): Promise<void> {
  if (await hasTable(tx, 'drizzle', '__drizzle_migrations')) return;
  // Not "create schema if not exists": it needs the right to create schemas even if the schema exists.
  const [schema] = await tx.query(`select from pg_namespace where nspname = 'drizzle'`);
  if (schema === undefined) await tx.query('create schema drizzle');
  await tx.query(
    'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
  );
}

function compareMigrations(
  own: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const newest = Math.max(...own.map(({ generatedAt }) => generatedAt));
  const newer = applied.filter(({ generatedAt }) => generatedAt > newest).length;
  if (newer > 0) throw refuseNewer(newer);
  const edited: string[] = [];
  for (const [index, { generatedAt, hash }] of applied.entries()) {
    const expected = own[index];
    if (expected?.generatedAt !== generatedAt) {
      const found = own.find((migration) => migration.generatedAt === generatedAt)?.name;
      throw refuseOther(expected?.name, found);
    }
    if (hash !== expected.hash && hash !== expected.hashWithCarriageReturns)
      edited.push(expected.name);
  }
  if (edited.length > 0) throw refuseEdited(edited);
  return own.slice(applied.length);
}

// Writing with the rules of an older schema could break what the newer one promises.
function refuseNewer(unknown: number): KnownError {
  const migrations = unknown === 1 ? '1 migration' : `${unknown} migrations`;
  return new KnownError('database_newer', {
    found: `The database was migrated by a newer version of this program (${migrations} unknown here)`,
    wayOut: 'start that version, or restore a backup from before the upgrade',
  });
}

function refuseOther(expected = 'none', found = 'a migration unknown here'): KnownError {
  return new KnownError('migrations_differ', {
    found: `The database was migrated by another version of this program: it has ${found} where this version has ${expected}`,
    wayOut: 'start that version, or restore a backup',
  });
}

function refuseEdited(names: readonly string[]): KnownError {
  const files = names.map((name) => `migrations/${name}.sql`).join(' and ');
  const [noun, verb, pronoun] =
    names.length === 1 ? ['file', 'is not the one', 'it'] : ['files', 'are not those', 'them'];
  return new KnownError('migrations_differ', {
    found: `The ${noun} ${files} ${verb} that this database was migrated with`,
    wayOut: `restore ${pronoun} by installing this version again, and put changes into a new migration`,
  });
}
