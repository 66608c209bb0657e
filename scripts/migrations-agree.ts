/** Fails when the schema in TypeScript says something that the migrations do not: then a migration is missing. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

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
  const missing = readdirSync(copy).filter((name) => name.endsWith('_missing.sql'));
  if (missing.length > 0) {
    console.error(
      'The schema has changes that no migration makes; run "npm run migrations:generate" and review the file.',
    );
    process.exitCode = 1;
  } else {
    console.log('Schema and migrations agree.');
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
