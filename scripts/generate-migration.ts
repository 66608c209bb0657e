/**
 * `npm run migrations:generate`: writes the migration that brings the newest snapshot to the schema in TypeScript, for
 * review, and the comments of the schema. Takes the options of `drizzle-kit generate`, such as `--name`.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { partitionedTables } from './partitioned-tables.ts';
import { commentsFile, readComments, renderComments } from './schema-comments.ts';

const before = new Set(globSync('migrations/*.sql'));
execFileSync('drizzle-kit', ['generate', ...process.argv.slice(2)], { stdio: 'inherit' });
for (const file of globSync('migrations/*.sql').filter((each) => !before.has(each)))
  writeFileSync(file, `${addPartitioning(readFileSync(file, 'utf8')).trimEnd()}\n`);
keepNewestSnapshot();
writeFileSync(commentsFile, renderComments(await readComments()));

/** drizzle does not know partitioned tables. */
function addPartitioning(sql: string): string {
  let result = sql;
  for (const { name, by } of partitionedTables) {
    const start = `CREATE TABLE "${name.replace('.', '"."')}" (`;
    const [head, tail] = result.split(start);
    if (head !== undefined && tail !== undefined)
      result = `${head}${start}${tail.replace('\n);', `\n) PARTITION BY RANGE ("${by}");`)}`;
  }
  return result;
}

/** drizzle compares only with the newest; all of them together are longer than the program. */
function keepNewestSnapshot(): void {
  const snapshots = globSync('migrations/meta/*_snapshot.json').toSorted();
  const newest = snapshots.pop();
  for (const file of snapshots) rmSync(file);
  if (newest !== undefined)
    writeFileSync(newest, `${JSON.stringify(JSON.parse(readFileSync(newest, 'utf8')))}\n`);
}
