import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../support/project-files.ts';

describe('npm run migrations:generate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zls-generate-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of ['src', 'scripts', 'package.json', 'drizzle.config.ts'])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

  const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const list = (pattern: string): string[] => globSync(pattern, { cwd: folder }).toSorted();
  const edit = (path: string, from: string, to: string): void => {
    assert.ok(read(path).includes(from), `${path} has ${from}`);
    writeFileSync(join(folder, path), read(path).replace(from, to));
  };
  const run = async (script: string, ...args: string[]): Promise<string> => {
    const bin = join(folder, 'node_modules/.bin');
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
    const ends = promisify(execFile)(process.execPath, [script, ...args], { cwd: folder, env });
    const { stdout, stderr } = await ends.catch(
      (error: Error & { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  };

  it('partitions the tables of the logs and no others', async () => {
    await run('scripts/generate-migration.ts', '--name', 'first');
    assert.deepEqual(list('migrations/*.sql'), ['migrations/0000_first.sql']);
    const sql = read('migrations/0000_first.sql');
    const partitioned = [...sql.matchAll(/CREATE TABLE "zendesk"\."(\w+)" \([^;]*\n\) (.*);/g)];
    assert.deepEqual(
      partitioned.map(([, name, how]) => `${name} ${how}`),
      [
        'access_log_resources PARTITION BY RANGE ("timestamp")',
        'findings PARTITION BY RANGE ("created_at")',
        'access_logs PARTITION BY RANGE ("timestamp")',
        'audit_logs PARTITION BY RANGE ("created_at")',
      ],
    );
  });

  it('keeps one snapshot, in one line, and writes the comments', async () => {
    const schema = 'src/database/schema/users.ts';
    edit(
      schema,
      'name: text(),',
      "name: text(),\n    /** The person's shoe size. */\n    shoe_size: text(),",
    );
    await run('scripts/generate-migration.ts', '--name', 'second');
    assert.match(
      read('migrations/0001_second.sql'),
      /^ALTER TABLE "zendesk"\."users" ADD COLUMN "shoe_size" text;\n$/,
    );
    assert.deepEqual(list('migrations/meta/*_snapshot.json'), [
      'migrations/meta/0001_snapshot.json',
    ]);
    assert.equal(read('migrations/meta/0001_snapshot.json').split('\n').length, 2);
    assert.match(
      read('src/database/definitions/comments.sql'),
      /^comment on column zendesk\.users\.shoe_size is 'The person''s shoe size\.';$/m,
    );
    assert.equal(
      await run('scripts/migrations-agree.ts'),
      'Schema, migrations and comments agree.\n',
    );
  });

  it('is required by migrations:check when a migration or a comment is missing', async () => {
    edit(
      'src/database/schema/users.ts',
      'shoe_size: text(),',
      'shoe_size: text(),\n    /** Its color. */\n    shoe_color: text(),',
    );
    assert.equal(
      await run('scripts/migrations-agree.ts'),
      'The schema has changes that no migration makes; run "npm run migrations:generate" and review the files.\n' +
        'src/database/definitions/comments.sql is not what the docstrings of the schema say; run "npm run migrations:generate" and review the files.\n',
    );
    edit('src/database/schema/users.ts', '/** Its color. */', '');
    assert.match(
      await run('scripts/migrations-agree.ts'),
      /No docstring in src\/database\/schema: column zendesk\.users\.shoe_color\./,
    );
  });
});
