import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { Client } from 'pg';
import { deletionLogs } from './deletion-logs.ts';
import * as schema from './deletion-schema.ts';

/** Creates the tables of the deletion log in a migrated database, with the statements that drizzle-kit generates for them. */
export async function makeDeletionTables(databaseUrl: string): Promise<void> {
  const statements = await generateMigration(
    generateDrizzleJson({}),
    generateDrizzleJson({ ...schema }),
  );
  const { name, time } = deletionLogs.table;
  const start = `CREATE TABLE "${name.replace('.', '"."')}"`;
  const client = new Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    for (const statement of statements.filter((each) => each.startsWith('CREATE TABLE'))) {
      const isLog = statement.startsWith(start);
      const clean = statement.trimEnd().replace(/;$/, '');
      // What drizzle-kit cannot generate, as in the reviewed migrations of the other logs.
      await client.query(isLog ? `${clean} partition by range (${time})` : clean);
    }
  } finally {
    await client.end();
  }
}
