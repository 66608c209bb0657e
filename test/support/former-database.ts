/** A database as a previous version of the program left it: with its first migrations, applied by drizzle's own migrator. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client } from 'pg';
import { createEmptyTestDatabase, type TestDatabase } from './database.ts';
import { root } from './project-files.ts';

/** Creates a database with the migrations up to the one with this name. */
export async function createFormerDatabase(newest: string): Promise<TestDatabase> {
  const database = await createEmptyTestDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'zls-former-'));
  const client = new Client({ connectionString: database.url });
  try {
    cpSync(join(root, 'migrations'), folder, { recursive: true });
    const path = join(folder, 'meta/_journal.json');
    const journal = JSON.parse(readFileSync(path, 'utf8')) as { entries: { tag: string }[] };
    const end = journal.entries.findIndex(({ tag }) => tag === newest) + 1;
    writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, end) }));
    await client.connect();
    await migrate(drizzle({ client }), { migrationsFolder: folder });
    return database;
  } catch (error) {
    await client.end();
    await database.drop();
    throw error;
  } finally {
    await client.end().catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}
