/** Fails if the schema in TypeScript differs from the migrations or the written comments. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { commentsFile, readComments, renderComments } from './schema-comments.ts';

const faults = [
  ...(isMigrationMissing() ? ['The schema has changes that no migration makes'] : []),
  ...(readFileSync(commentsFile, 'utf8') === renderComments(await readComments())
    ? []
    : [`${commentsFile} is not what the docstrings of the schema say`]),
];
for (const fault of faults)
  console.error(`${fault}; run "npm run migrations:generate" and review the files.`);
if (faults.length === 0) console.log('Schema, migrations and comments agree.');
else process.exitCode = 1;

/** Whether drizzle would write a migration. */
function isMigrationMissing(): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'zls-migrations-'));
  try {
    cpSync('migrations', copy, { recursive: true });
    const config = join(copy, 'drizzle.config.json');
    // drizzle-kit takes paths relative to the working directory only.
    const out = relative(process.cwd(), copy);
    writeFileSync(
      config,
      JSON.stringify({ dialect: 'postgresql', schema: './src/database/schema/*.ts', out }),
    );
    execFileSync(
      'drizzle-kit',
      ['generate', '--config', relative(process.cwd(), config), '--name', 'missing'],
      { stdio: 'pipe' },
    );
    return readdirSync(copy).some((name) => name.endsWith('_missing.sql'));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
