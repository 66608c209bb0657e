/** `archive` as people run it: what it prints, and its status. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runProgram, temporary, type Ended } from '../support/program.ts';
import { withAccount } from '../support/pulled-account.ts';

describe('the command archive', () => {
  it('archives, lists, verifies, answers, brings back and repairs', async () => {
    const folder = join(temporary, 'archive');
    const logs = {
      accessLogDays: 70,
      accessLogRowsPerDay: 20,
      auditLogDays: 10,
      auditLogRowsPerDay: 5,
    };
    await withAccount(logs, async ({ settings, query }) => {
      const run = (...args: readonly string[]): Promise<Ended> =>
        runProgram(args, { ...settings, ARCHIVE_URL: folder });
      assert.equal((await run('sync')).status, 0);
      const [ticket] = await query<{ id: string }>(
        `select resource_id as id from zendesk.access_log_resources
         where resource_type = 'ticket' and resource_id is not null order by timestamp limit 1`,
      );
      const days = ['--days', '89', '--format', 'csv'];
      const ask = ['report', 'ticket', ticket?.id ?? '', ...days];
      const before = await run(...ask);
      assert.equal(before.status, 0, before.stderr);

      const plan = await run('archive', 'run', '--older-than', '31d', '--dry-run');
      assert.match(
        plan.stdout,
        /^access_logs from \d{4}-\d\d-01 until .*: [\d,]+ rows would be archived\.\n/,
      );
      const archived = await run('archive', 'run', '--older-than', '31d');
      assert.equal(archived.status, 0, archived.stderr);
      assert.match(
        archived.stdout,
        /rows are in .*archive \(1 object, [\d,]+ bytes\), and were dropped here\.\n/,
      );
      const again = await run('archive', 'run', '--older-than', '31d');
      assert.match(again.stdout, /^No partition has only rows from before /);

      const listed = await run('archive', 'list');
      assert.match(listed.stdout, /^\w+ access_logs \d{4}-\d\d: archived, [\d,]+ rows, 1 object, /);
      const verified = await run('archive', 'verify');
      assert.match(verified.stdout, /: all are as they were written\.\n$/);
      assert.equal(verified.status, 0);
      const deep = await run('verify', '--deep');
      assert.equal(deep.status, 0, deep.stdout);

      const after = await run(...ask);
      assert.equal(after.stdout, before.stdout);
      const blind = await runProgram(ask, settings);
      assert.equal(blind.status, 1);
      assert.match(blind.stderr, /are in the archive, and ARCHIVE_URL is not set/);

      const month = /access_logs (\d{4}-\d\d)/.exec(listed.stdout)?.[1] ?? '';
      const restored = await run('archive', 'restore', '--stream', 'access_logs', '--month', month);
      assert.match(restored.stdout, /^[\d,]+ rows are back in zendesk\.access_logs\./);
      rmSync(join(folder, 'stream=access_logs'), { recursive: true });
      const damaged = await run('archive', 'verify');
      assert.equal(damaged.status, 1);
      assert.match(damaged.stdout, /part-00000\.parquet is not there, or may not be read\.\n/);
      const repaired = await run('archive', 'repair');
      assert.match(
        repaired.stdout,
        /no longer counts: its rows are in the database, and the next "archive run" writes them again\.\n/,
      );
      assert.equal((await run('archive', 'run', '--older-than', '31d')).status, 0);
      assert.equal((await run('verify', '--deep')).status, 0);
    });
  });

  it('refuses what it cannot read, with status 2', async () => {
    const refused = await runProgram([
      'archive',
      'run',
      '--older-than',
      '13 months',
      '--stream',
      'x',
    ]);
    assert.equal(refused.status, 2);
    assert.match(
      refused.stderr,
      /--older-than is "13 months"\. Use an age such as 13M \(months\), 2y or 400d\./,
    );
    assert.match(refused.stderr, /--stream is "x"\. Use audit_logs or access_logs\./);
  });
});
