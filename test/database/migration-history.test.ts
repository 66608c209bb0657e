import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
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
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { findPending, migrateDatabase } from '../../src/database/migrate.ts';
import { loadOwnMigrations } from '../../src/database/migrations.ts';
import { withLedger } from '../support/ledger.ts';
import { runProgram, startProcess } from '../support/program.ts';
import { readText, root } from '../support/project-files.ts';

/** The migration of that name as recorded in the database. */
function remembered(name: string): string {
  const { generatedAt } = loadOwnMigrations().find((each) => each.name === name) ?? assert.fail();
  return `drizzle.__drizzle_migrations where created_at = ${generatedAt}`;
}

async function assertRefused(
  db: Database,
  url: string,
  problems: readonly string[],
): Promise<void> {
  const expected = { code: 'migrations_differ', problems };
  await assert.rejects(findPending(db), expected);
  await assert.rejects(migrateDatabase(url), expected);
}

describe('the migrations that a database has', () => {
  it('are recognised by the hashes that drizzle itself stores', async () => {
    await withLedger(async (db) => {
      const found = await db.query<{ hash: string }>(
        'select hash from drizzle.__drizzle_migrations order by id',
      );
      const hashOf = (name: string): string =>
        createHash('sha256')
          .update(readText(`migrations/${name}.sql`))
          .digest('hex');
      assert.deepEqual(
        found.map(({ hash }) => hash),
        loadOwnMigrations().map(({ name }) => hashOf(name)),
      );
    });
  });

  it('are refused with status 2 when the file of one was edited since, and the file is named', async () => {
    await withLedger(async (db, url) => {
      await db.query(
        `update drizzle.__drizzle_migrations set hash = 'another' where hash in (
           select hash from ${remembered('0001_comments')} union all select hash from ${remembered('0003_classification')})`,
      );
      const sentence =
        'The files migrations/0001_comments.sql and migrations/0003_classification.sql are not those that this database ' +
        'was migrated with; restore them by installing this version again, and put changes into a new migration.';
      await assertRefused(db, url, [sentence]);
      const { status, stderr } = await runProgram(['migrate'], { DATABASE_URL: url });
      assert.deepEqual({ status, stderr }, { status: 2, stderr: `${sentence}\n` });
    });
  });

  it('are refused when one is missing in the middle', async () => {
    await withLedger(async (db, url) => {
      await db.query(`delete from ${remembered('0002_status')}`);
      await assertRefused(db, url, [
        'The database was migrated by another version of this program: it has 0003_classification where this version has ' +
          '0002_status; start that version, or restore a backup.',
      ]);
    });
  });

  it('are refused when one of them is unknown here', async () => {
    await withLedger(async (db, url) => {
      await db.query(
        `update drizzle.__drizzle_migrations set created_at = created_at + 1
         where created_at = (select created_at from ${remembered('0004_audit_views')})`,
      );
      await assertRefused(db, url, [
        'The database was migrated by another version of this program: it has a migration unknown here where this version has ' +
          '0004_audit_views; start that version, or restore a backup.',
      ]);
    });
  });

  it('are refused in another order', async () => {
    await withLedger(async (db, url) => {
      await db.query(
        `update drizzle.__drizzle_migrations set id = id + 100 where id = (select id from ${remembered('0005_access_views')})`,
      );
      await assertRefused(db, url, [
        'The database was migrated by another version of this program: it has 0006_roles where this version has ' +
          '0005_access_views; start that version, or restore a backup.',
      ]);
    });
  });

  it('are the same when the files have Windows line ends, here or where the database was migrated', async () => {
    await withLedger(async (db, url) => {
      const folder = mkdtempSync(join(tmpdir(), 'zls-windows-'));
      try {
        for (const path of ['bin', 'src', 'migrations', 'package.json'])
          cpSync(join(root, path), join(folder, path), { recursive: true });
        symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
        for (const file of globSync('{src,migrations}/**/*.sql', { cwd: folder })) {
          const text = readFileSync(join(folder, file), 'utf8');
          writeFileSync(join(folder, file), text.replaceAll('\n', '\r\n'));
        }
        const migrateThere = async (databaseUrl: string): Promise<string> => {
          const program = [process.execPath, join(folder, 'bin/zendesk-log-sync.js'), 'migrate'];
          const { stdout, stderr } = await startProcess(program, { DATABASE_URL: databaseUrl })
            .ended;
          return stdout + stderr;
        };
        assert.equal(await migrateThere(url), 'The database is up to date.\n');
        // As drizzle's own migrator stored them from such files.
        for (const { generatedAt, hash, hashWithCarriageReturns } of loadOwnMigrations()) {
          assert.notEqual(hash, hashWithCarriageReturns);
          await db.query(
            'update drizzle.__drizzle_migrations set hash = $1 where created_at = $2',
            [hashWithCarriageReturns, generatedAt],
          );
        }
        assert.deepEqual(await migrateDatabase(url), { applied: [] });
        assert.equal(await migrateThere(url), 'The database is up to date.\n');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });

  it('are in the journal in the order in which they were generated, each with its file', () => {
    const times = loadOwnMigrations().map(({ generatedAt }) => generatedAt);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      loadOwnMigrations().map(({ name }) => `migrations/${name}.sql`),
      globSync('migrations/*.sql', { cwd: root }).toSorted(),
    );
  });
});
