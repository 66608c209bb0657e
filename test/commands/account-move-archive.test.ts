import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporary, type Ended } from '../support/program.ts';
import { openTwoDatabases, tokens } from '../support/two-databases.ts';

describe('an account that has months in the archive', () => {
  it('moves with them: every answer, proof and object is as before, and a month can come back', async () => {
    const folder = mkdtempSync(join(temporary, 'moved-archive-'));
    const accounts = await openTwoDatabases({ accessLogDays: 70, accessLogRowsPerDay: 20 });
    const tryTo = (...args: readonly string[]): Promise<Ended> =>
      accounts.run(args, { ...tokens, ARCHIVE_URL: join(folder, 'archive') });
    const run = async (...args: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await tryTo(...args);
      assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
      return stdout;
    };
    const listObjects = (database: string): Promise<unknown> =>
      accounts.queryOf(database)(
        `select object, left_at is not null as left from zendesk_sync.archived_objects where account = 'acme' order by object`,
      );
    try {
      await run('sync');
      await run('archive', 'run', '--older-than', '31d');
      const objects = await listObjects('east');
      assert.ok(Array.isArray(objects) && objects.length > 0);
      const [ticket] = await accounts.queryOf('east')<{ id: string }>(
        `select resource_id as id from zendesk.access_log_resources
         where account = 'acme' and resource_type = 'ticket' and resource_id is not null order by timestamp limit 1`,
      );
      const days = ['--account', 'acme', '--days', '85'];
      const question = ['report', 'ticket', ticket?.id ?? '', ...days, '--format', 'csv'];
      const answer = await run(...question);
      const evidence = join(folder, 'before.zip');
      await run('evidence', 'export', ...days, '--output', evidence);

      await run('account', 'move', 'acme', '--to', 'west');
      const file = readFileSync(accounts.file, 'utf8');
      writeFileSync(accounts.file, file.replace('database: "east"', 'database: "west"'));

      assert.deepEqual(await listObjects('west'), objects);
      assert.deepEqual(await listObjects('east'), []);
      assert.equal(await run(...question), answer);
      assert.match(await run('archive', 'verify'), /: all are as they were written\.\n$/);
      assert.match(
        await run('verify', '--deep', '--account', 'acme'),
        /No findings\. Every row is as it was stored\.\n$/,
      );
      await run('evidence', 'verify', evidence);
      const listed = await run('archive', 'list');
      const month = /^acme access_logs (\d{4}-\d\d)/m.exec(listed)?.[1] ?? assert.fail(listed);
      const restore = ['archive', 'restore', '--stream', 'access_logs', '--month', month];
      assert.match(
        await run(...restore, '--account', 'acme'),
        /^[\d,]+ rows are back in zendesk\.access_logs\./,
      );
      assert.equal(await run(...question), answer);
    } finally {
      await accounts.close();
    }
  });
});
