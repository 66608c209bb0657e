import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { moveAccount, type MoveTask, type Step } from '../../src/moving/move.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import type { Accounts } from '../support/accounts.ts';
import { root } from '../support/project-files.ts';
import { openTwoDatabases, tokens } from '../support/two-databases.ts';

/** The commands of docs/scale.md: first what would move, then the move. */
const documented = (
  /```sh move\n(.*?)```/s.exec(readFileSync(join(root, 'docs/scale.md'), 'utf8'))?.[1] ?? ''
)
  .trim()
  .split('\n')
  .map((line) => line.split(' ').slice(1));

/** What must be the same afterwards, as texts. */
const kept = [
  'zendesk.access_logs',
  'zendesk.audit_logs',
  'zendesk.users',
  'zendesk.user_history',
  'zendesk.revisions',
  'zendesk.findings',
  'zendesk.access_log_resources',
  'zendesk_sync.coverage',
  'zendesk_sync.fetches',
  'zendesk_sync.runs',
  'zendesk_sync.holds',
  'zendesk_evidence.person_keys',
  'zendesk_evidence.hashes',
];

describe('an account that moves to another database', () => {
  let accounts: Accounts;
  let rows: Record<string, unknown>;
  let checkpoint: string;
  const run = (...args: string[]): ReturnType<Accounts['run']> => accounts.run(args, tokens);
  const readRows = async (database: string): Promise<Record<string, unknown>> => {
    const read: Record<string, unknown> = {};
    for (const table of kept)
      [read[table]] = await accounts.queryOf(database)(
        `select count(*)::integer as rows, md5(string_agg(t::text, ' ' order by t::text collate "C")) as text
         from ${table} t where account = 'acme'`,
      );
    return read;
  };
  before(async () => {
    accounts = await openTwoDatabases();
    const synced = await run('sync');
    assert.equal(synced.status, 0, synced.stderr);
    const held = await run(
      'hold',
      'add',
      'case-7',
      '--everything',
      '--reason',
      'x',
      '--by',
      'joe',
      '--account',
      'acme',
    );
    assert.equal(held.status, 0, held.stderr);
    // What the hold says is sealed too.
    assert.equal((await run('sync', '--account', 'acme')).status, 0);
    rows = await readRows('east');
    const [log] = await accounts.queryOf('east')<{ checkpoint: string }>(
      `select checkpoint from zendesk_evidence.logs where account = 'acme'`,
    );
    checkpoint = log?.checkpoint ?? '';
  });
  after(() => accounts.close());

  it('is only looked at with --dry-run', async () => {
    const { status, stdout } = await run(...(documented[0] ?? []));
    assert.equal(status, 0);
    assert.match(stdout, /zendesk\.access_logs +\d+\n/);
    assert.match(
      stdout,
      /rows of acme would move from east to west\. Meanwhile it is not pulled\.\n$/,
    );
    assert.deepEqual(await readRows('east'), rows);
    assert.deepEqual(await accounts.queryOf('east')('select from zendesk_sync.moves'), []);
  });

  it('continues wherever it was stopped, and nothing else writes meanwhile', async () => {
    const file = readFileSync(accounts.file, 'utf8');
    const urlOf = (name: string): string =>
      new RegExp(`${name}:\\s+url: "([^"]+)"`).exec(file)?.[1] ?? '';
    const [source, target] = [
      openDatabase({ url: urlOf('east') }),
      openDatabase({ url: urlOf('west') }),
    ];
    try {
      const stopAt = async (wanted: Step, times: number): Promise<void> => {
        let left = times;
        const task: MoveTask = {
          account: 'acme',
          from: 'east',
          to: 'west',
          source,
          target,
          logs: listLogs(streams),
          verify: async () => [],
          report(step) {
            if (step === wanted) left -= 1;
            if (left === 0) throw new Error('stopped here');
          },
          signal: new AbortController().signal,
        };
        await assert.rejects(moveAccount(task), { message: 'stopped here' });
      };
      await stopAt('counting', 1);
      const refused = await run('sync', '--account', 'acme');
      assert.equal(refused.status, 1);
      assert.match(
        refused.stdout + refused.stderr,
        /The account acme is being moved to the database west/,
      );
      await stopAt('copying', 2);
      await stopAt('copying', 30);
      await stopAt('comparing', 5);
      await stopAt('verifying', 1);
    } finally {
      await source.close();
      await target.close();
    }
  });

  it('stays where it is when the move is undone, and nothing of the copy is left', async () => {
    const undone = await run('account', 'move', 'acme', '--to', 'west', '--cancel');
    assert.equal(undone.status, 0, undone.stderr);
    assert.equal(undone.stdout, 'The move of acme to west is undone. It is in east as before.\n');
    assert.deepEqual(await readRows('east'), rows);
    const left = await accounts.queryOf('west')(
      `select (select count(*) from zendesk.access_logs where account = 'acme')::integer as rows,
         (select count(*) from zendesk_evidence.entries where account = 'acme')::integer as entries,
         (select count(*) from zendesk_sync.moves)::integer as moves`,
    );
    assert.deepEqual(left, [{ rows: 0, entries: 0, moves: 0 }]);
  });

  it('is killed in the middle, and is moved by the next command with every row and its sealed log', async () => {
    const program = accounts.start(['account', 'move', 'acme', '--to', 'west'], tokens);
    program.kill('SIGKILL');
    await program.ended;
    const { status, stdout, stderr } = await run(...(documented[1] ?? []));
    assert.equal(status, 0, stderr);
    assert.equal(
      stdout,
      'acme was moved from east to west, and verified there. Set database: west for it in ACCOUNTS_FILE, and start the processes again.\n',
    );
    assert.deepEqual(await readRows('west'), rows);
    const left = await accounts.queryOf('east')(
      `select (select count(*) from zendesk.access_logs)::integer as rows, (select count(*) from zendesk_evidence.entries)::integer as entries,
         (select count(*) from zendesk_sync.coverage_losses)::integer as losses, (select state || ' ' || other from zendesk_sync.moves) as move`,
    );
    assert.deepEqual(left, [{ rows: 0, entries: 0, losses: 0, move: 'left west' }]);
  });

  it('is not written by a process that has the settings of before', async () => {
    const { status, stdout, stderr } = await run('sync', '--account', 'acme');
    assert.equal(status, 1);
    assert.match(
      stdout + stderr,
      /The account acme was moved to the database west\. Set database: west for it in ACCOUNTS_FILE, and start the process again\./,
    );
    // A process that runs since before is refused by the database itself.
    await assert.rejects(
      accounts.queryOf('east')(
        `insert into zendesk_evidence.pending (account, stream, manifest) values ('acme', '', '{}')`,
      ),
      { message: 'The account acme was moved to the database west' },
    );
    const again = await run('account', 'move', 'acme', '--to', 'west');
    assert.deepEqual([again.status, again.stdout], [0, 'acme is in west already.\n']);
  });

  it('is followed where it is now, with every previous checkpoint', async () => {
    const text = readFileSync(accounts.file, 'utf8');
    writeFileSync(accounts.file, text.replace('database: "east"', 'database: "west"'));
    const synced = await run('sync', '--account', 'acme');
    assert.equal(synced.status, 0, synced.stderr);
    const anchor = `${accounts.file}.checkpoint`;
    writeFileSync(anchor, checkpoint);
    const verified = await run(
      'verify',
      '--deep',
      '--account',
      'acme',
      '--anchor',
      anchor,
      '--json',
    );
    const { findings, complete } = JSON.parse(verified.stdout) as {
      findings: unknown[];
      complete: boolean;
    };
    assert.deepEqual([verified.status, findings, complete], [0, [], true]);
    const moved = await accounts.queryOf('west')(
      `select convert_from(manifest, 'UTF8')::jsonb - '{move,checkpoint,stored_at,size}'::text[] as entry
       from zendesk_evidence.entries where account = 'acme' and convert_from(manifest, 'UTF8') like '%"kind":"moved"%'`,
    );
    assert.deepEqual(moved, [
      { entry: { v: 1, account: 'acme', kind: 'moved', from: 'east', to: 'west' } },
    ]);
    const both = await run('verify', '--deep', '--account', 'globex');
    assert.equal(both.status, 0, both.stdout);
  });
});
