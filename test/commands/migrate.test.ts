import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEmptyTestDatabase } from '../support/database.ts';
import { runProgram } from '../support/program.ts';
import { withClient } from '../support/query.ts';

describe('migrate', () => {
  it('creates the tables once, however often and with however many processes it runs', async () => {
    const database = await createEmptyTestDatabase();
    try {
      const settings = { DATABASE_URL: database.url };
      const runs = await Promise.all([
        runProgram(['migrate'], settings),
        runProgram(['migrate'], settings),
      ]);
      runs.push(await runProgram(['migrate'], settings));
      assert.deepEqual(
        runs.map(({ status, stderr }) => ({ status, stderr })),
        runs.map(() => ({ status: 0, stderr: '' })),
      );
      const [applied, ...others] = runs.map(({ stdout }) => stdout).toSorted();
      assert.match(applied ?? '', /^Applied 0000_\w+(, \d{4}_\w+)+, definitions\.\n$/);
      assert.deepEqual(others, ['The database is up to date.\n', 'The database is up to date.\n']);
      await withClient(database.url, async (query) => {
        assert.deepEqual(await query('select * from zendesk_sync.status'), []);
        assert.deepEqual(await query('select * from zendesk.audit_logs'), []);
      });
    } finally {
      await database.drop();
    }
  });

  it('loads only the part of drizzle that reads the files, because the rest takes 130 MB', async () => {
    const database = await createEmptyTestDatabase();
    try {
      const hooks = new URL('../support/loaded-modules.ts', import.meta.url).href;
      const { status, stderr } = await runProgram(['migrate'], {
        DATABASE_URL: database.url,
        NODE_OPTIONS: `--import=${hooks}`,
      });
      assert.equal(status, 0);
      const loaded = [...stderr.matchAll(/^loaded .*\/drizzle-orm\/(.*)$/gm)].map(
        ([, path]) => path,
      );
      assert.deepEqual(loaded, ['migrator.js']);
    } finally {
      await database.drop();
    }
  });
});
