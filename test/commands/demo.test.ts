import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runProgram, startProgram, temporary } from '../support/program.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// The demo's database has it.
returnToMachineClock();

// It brings its own database; one of another version has nothing to do with it.
describe('demo', { skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined }, () => {
  it('--once pulls 90 days within the budget of the first minute, shows what it found, and leaves nothing behind', async () => {
    const directory = join(temporary, 'once');
    const { status, stdout } = await runProgram(['demo', '--once'], { DATA_DIR: directory });
    assert.equal(status, 0, stdout);
    assert.match(
      stdout,
      /^PostgreSQL and a simulated Zendesk account with 90 days of history run on/,
    );
    assert.match(stdout, /^First complete pass in \d+\.\d s\.$/m);
    for (const run of [
      'audit_logs +live',
      'audit_logs +backfill',
      'access_logs +live',
      'access_logs +backfill',
      'users +listing',
    ])
      assert.match(stdout, new RegExp(`^${run} +complete +\\d+ +[\\d,]+ +\\d+ +\\d+$`, 'm'));
    const requests = [...stdout.matchAll(/^access_logs +(?:live|backfill) +complete +(\d+) /gm)];
    const asked = requests.reduce((sum, [, count]) => sum + Number(count), 0);
    assert.ok(asked < 50, `${asked} requests`);
    const covered = String.raw`\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d \d\d:\d\d`;
    assert.match(stdout, new RegExp(`^audit_logs +ok +${covered} +none +\\d+m +\\d,\\d{3}$`, 'm'));
    assert.match(
      stdout,
      new RegExp(`^access_logs +ok +${covered} +none +\\d+m +\\d\\d,\\d{3}$`, 'm'),
    );
    for (const question of stdout.matchAll(/^\w.*\?\n(.+)\n(.+)\n/gm)) {
      assert.doesNotMatch(question[1] ?? '', /No rows/);
      assert.notEqual(question[2], '');
    }
    assert.match(stdout, /^Who opened the most tickets in the last seven days\?$/m);
    assert.match(
      stdout,
      /^ {2}psql 'postgresql:\/\/\S+@127\.0\.0\.1:\d+\/zendesk\?sslmode=disable'$/m,
    );
    assert.equal(existsSync(join(directory, 'demo')), false);
  });

  it('without --once follows the live tail after that, in a database that psql can open, until Ctrl-C', async () => {
    const directory = join(temporary, 'following');
    const demo = startProgram(['demo'], { DATA_DIR: directory });
    const [, url = ''] = await demo.waitFor(/^ {2}psql '(\S+)'$/m);
    await demo.waitFor(/^Following the live tail\. Ctrl-C ends the demo and removes its data\.$/m);
    await withClient(url, async (query) => {
      const ticks = `select from zendesk_sync.runs where stream = 'access_logs' and task = 'live' and outcome = 'complete'`;
      // The first one is that of the pass before.
      await waitUntil(async () => (await query(ticks)).length >= 3);
    });
    demo.kill('SIGINT');
    const { status } = await demo.ended;
    assert.equal(status, 0);
    assert.equal(existsSync(join(directory, 'demo')), false);
  });
});
