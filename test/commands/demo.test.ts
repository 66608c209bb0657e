import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openEmbeddedPostgres } from '../../src/database/embedded.ts';
import { runProgram, startProgram, temporary, type Program } from '../support/program.ts';
import { readText } from '../support/project-files.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';
import { clockEnvironment, returnToMachineClock } from '../support/run-clock.ts';

// The demo's database has it.
returnToMachineClock();

const stopped = 'The demo was stopped, and its data was deleted.\n';

/** Waits until the demo says where its database is. */
async function readDirectory(demo: Program): Promise<string> {
  const [, dataDir = ''] = await demo.waitFor(/^ {2}DATA_DIR='(\S+)' zendesk-log-sync sql$/m);
  return dataDir;
}

/** Asks the demo's database as somebody else. */
async function ask(demo: Program, work: Parameters<typeof withClient<void>>[1]): Promise<void> {
  const postgres = await openEmbeddedPostgres({ dataDir: await readDirectory(demo) });
  assert.equal(postgres.started, false);
  await withClient(postgres.url, work).finally(() => postgres.stop());
}

// It brings its own database; one of another version has nothing to do with it.
describe('demo', { skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined }, () => {
  it('--once pulls 90 days within the budget of the first minute, shows what it found, and leaves nothing behind', async () => {
    const directory = join(temporary, 'once');
    const { status, stdout } = await runProgram(['demo', '--once'], { DATA_DIR: directory });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^These are the newest requests of the access log\. 90 days follow\.$/m);
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
    assert.doesNotMatch(stdout, /…/, 'a text is cut though nothing is as wide as a terminal');
    assert.doesNotMatch(stdout, /DATA_DIR/, 'the database is gone: nothing can be asked');
    assert.deepEqual(readdirSync(directory), []);
    assert.equal(existsSync(join(temporary, 'data')), false, 'its signing key is left');
  });

  it('says in a sentence that it cannot use its directory', async () => {
    const file = join(temporary, 'no-directory');
    writeFileSync(file, '');
    const { status, stderr } = await runProgram(['demo', '--once'], { DATA_DIR: file });
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^The data directory \S+ cannot be written \(EEXIST\); choose another DATA_DIR, /,
    );
  });

  it('without --once has its rollups, answers what the README and the page of the tables ask, and follows the live tail until Ctrl-C', async () => {
    const directory = join(temporary, 'following');
    const demo = startProgram(['demo'], { DATA_DIR: directory });
    await demo.waitFor(
      /^Following the live tail\. Press Ctrl-C to end the demo and delete its data\.$/m,
    );
    await ask(demo, async (query) => {
      const days = await query(
        `select (select count(distinct day) >= 90 from zendesk.agent_day)
           and (select count(distinct day) >= 90 from zendesk.resource_day)
           and (select count(distinct day) >= 100 from zendesk.audit_day) as rolled_up`,
      );
      assert.deepEqual(days, [{ rolled_up: true }]);
      const pages = ['README.md', 'docs/tables.md'].map((page) => readText(page)).join('\n');
      for (const [, sql = ''] of pages.matchAll(/```sql\n(.*?)```/gs))
        assert.ok((await query(sql)).length > 0, sql);
      const [most] = await query<{ name: string }>(
        `select u.name, count(distinct r.resource_id)::text as tickets
         from zendesk.access_log_resources r
         join zendesk.users u on u.account = r.account and u.id = r.user_id
         where r.timestamp > now() - interval '168 hours' and r.resource_type = 'ticket' and r.kind = 'view'
           and (r.status is null or r.status not in (401, 403, 404))
         group by u.id, u.name order by count(distinct r.resource_id) desc, u.id limit 1`,
      );
      const [, answer = ''] = /most tickets.*\n.*\n(.+)\n/.exec(demo.written()) ?? [];
      assert.match(answer, new RegExp(`^${most?.name ?? 'nobody'} `));
      const ticks = `select from zendesk_sync.runs where stream = 'access_logs' and task = 'live' and outcome = 'complete'`;
      // The first one is that of the pass before.
      await waitUntil(async () => (await query(ticks)).length >= 3);
    });
    const count = 'select count(*) > 90000 as whole from access_logs';
    const asked = await runProgram(['sql', count], { DATA_DIR: await readDirectory(demo) });
    assert.deepEqual([asked.status, asked.stdout], [0, 'whole\ntrue\n']);
    demo.kill('SIGINT');
    const { status, stdout, stderr } = await demo.ended;
    assert.deepEqual({ status, end: stdout.endsWith(stopped) }, { status: 0, end: true });
    assert.doesNotMatch(stderr, /error/i);
    assert.deepEqual(readdirSync(directory), []);
  });

  for (const { stage, isReached } of [
    {
      stage: 'while its database is made',
      isReached: (directory: string) =>
        globSync('demo-*/cluster-new-*/PG_VERSION', { cwd: directory }).length > 0,
    },
    {
      stage: 'while it pulls',
      isReached: (_directory: string, written: string) => written.includes('90 days follow'),
    },
  ])
    it(`ends at once and cleanly by Ctrl-C ${stage}`, async () => {
      const directory = join(temporary, stage.replaceAll(' ', '-'));
      mkdirSync(directory);
      const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
      // A group of its own, to which Ctrl-C at a terminal goes.
      const demo = spawn(process.execPath, [main, 'demo'], {
        detached: true,
        env: { PATH: process.env['PATH'], ...clockEnvironment(), DATA_DIR: directory },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let written = '';
      let problems = '';
      demo.stdout.setEncoding('utf8').on('data', (text: string) => (written += text));
      demo.stderr.setEncoding('utf8').on('data', (text: string) => (problems += text));
      await waitUntil(() => isReached(directory, written));
      process.kill(-(demo.pid ?? assert.fail()), 'SIGINT');
      assert.deepEqual(await once(demo, 'close'), [0, null]);
      assert.ok(written.endsWith(stopped), written);
      assert.doesNotMatch(written, /First complete pass/);
      assert.doesNotMatch(problems, /error|initdb|did not end in time/i);
      assert.deepEqual(readdirSync(directory), []);
    });

  it('does not harm another one, and removes what one that was killed has left', async () => {
    const directory = join(temporary, 'two');
    const killed = startProgram(['demo'], { DATA_DIR: directory });
    await killed.waitFor(/90 days follow/);
    const first = startProgram(['demo'], { DATA_DIR: directory });
    await first.waitFor(/90 days follow/);
    killed.kill('SIGKILL');
    await killed.ended;
    const second = startProgram(['demo'], { DATA_DIR: directory });
    await second.waitFor(/90 days follow/);
    assert.deepEqual(
      readdirSync(directory).map((name) => /^demo-(\d+)-/.exec(name)?.[1]),
      [first.pid, second.pid].map(String).toSorted(),
    );
    second.kill('SIGINT');
    assert.equal((await second.ended).status, 0);
    await ask(first, async (query) => {
      assert.deepEqual(await query('select count(*) > 90000 as whole from zendesk.access_logs'), [
        { whole: true },
      ]);
    });
    first.kill('SIGINT');
    assert.equal((await first.ended).status, 0);
    assert.deepEqual(readdirSync(directory), []);
  });
});
