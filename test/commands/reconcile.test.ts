import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertCoverageTrue, smallAccount, withAccount } from '../support/pulled-account.ts';
import { withBarrier } from '../support/barrier.ts';
import { runProgram, startProgram } from '../support/program.ts';

const dayMs = 86_400_000;
const day = (ago: number): string => new Date(Date.now() - ago * dayMs).toISOString().slice(0, 10);
const command = (log: string, from: number, to: number): string[] => [
  'reconcile',
  '--stream',
  log,
  '--from',
  day(from),
  '--to',
  day(to),
];

type Told = {
  readonly outcome: string;
  readonly missing_here: readonly { readonly id: string }[];
  readonly missing_there: readonly { readonly id: string }[];
  readonly rows_new: number;
  readonly seed: number | null;
};

/** Stores the whole log; what this could not do would look like a difference. */
async function syncAll(log: string, settings: Parameters<typeof runProgram>[1]): Promise<void> {
  const { status, stdout, stderr } = await runProgram(['sync', log], settings);
  assert.equal(status, 0, stdout + stderr);
}

describe('reconcile', { concurrency: 2 }, () => {
  it('says that all is equal; or what is missing here, which it stores, and there, which it keeps', async () => {
    await withAccount(smallAccount, async (account) => {
      const { settings, simulator, query } = account;
      await syncAll('audit_logs', settings);
      const equal = await runProgram(command('audit_logs', 20, 10), settings);
      assert.equal(equal.status, 0, equal.stderr);
      assert.match(equal.stdout, /^Looked at 10d of 10d \(100\.0 %\) and compared \d+ records\.$/m);
      assert.match(equal.stdout, /^Zendesk shows what is stored, and nothing else\.$/m);

      const [here, there] = await query<{ id: string; time: Date }>(
        `select id::text as id, created_at as time from zendesk.audit_logs
         where created_at between $1 and $2 order by created_at limit 2`,
        [day(18), day(12)],
      );
      await query('set session_replication_role = replica');
      await query('delete from zendesk.audit_logs where id::text = $1', [here?.id]);
      await query('set session_replication_role = origin');
      simulator.deleteRecords('audit_logs', [there?.id ?? '']);
      const found = await runProgram(command('audit_logs', 20, 10), settings);
      assert.equal(found.status, 1, found.stderr);
      const lines = found.stdout.split('\n');
      assert.ok(
        lines.every((line) => line.length <= 80),
        found.stdout,
      );
      assert.match(found.stdout, /^missing here +1 {2}stored now$/m);
      assert.match(found.stdout, /^missing there +1 {2}kept; noted in zendesk\.source_deletions$/m);
      assert.ok(
        lines.some((line) => line.endsWith(` ${here?.id}`)),
        found.stdout,
      );
      const [kept] = await query<{ rows: number; noted: number }>(
        `select count(*)::integer as rows, (select count(*)::integer from zendesk.source_deletions) as noted
         from zendesk.audit_logs where id::text = any($1)`,
        [[here?.id, there?.id]],
      );
      assert.deepEqual(kept, { rows: 2, noted: 1 });
      const gaps = await runProgram(['gaps', '--stream', 'audit_logs'], settings);
      assert.equal(gaps.status, 0, gaps.stdout);
    });
  });

  it('leaves a gap with its reason where it was killed, and loses nothing', async () => {
    await withAccount({ ...smallAccount, answerMs: 60 }, async (account) => {
      const { settings, query, databaseUrl } = account;
      await syncAll('access_logs', settings);
      await query('set session_replication_role = replica');
      await query(
        `delete from zendesk.access_logs where timestamp < now() - interval '1 day' and substr(id, 26) = 'A'`,
      );
      await query('set session_replication_role = origin');
      await withBarrier(
        databaseUrl,
        { before: 'insert', table: 'zendesk.access_logs' },
        async (barrier) => {
          const program = startProgram(command('access_logs', 19, 0), settings);
          // It has found what is missing, and begins to store it.
          await barrier.waiting(1);
          program.kill('SIGKILL');
          await program.ended;
          await barrier.open();
        },
      );
      const [noted] = await query<{ found: boolean }>(
        `select exists (select from zendesk_sync.coverage_losses where code = 'missing_by_reconcile') as found`,
      );
      assert.deepEqual(noted, { found: true });
      const gaps = await runProgram(
        ['gaps', '--stream', 'access_logs', '--repair', '--yes'],
        settings,
      );
      assert.match(gaps.stdout, /^access_logs .* missing by reconcile$/m);
      assert.equal(gaps.status, 0, gaps.stdout + gaps.stderr);
      // What it had not come to is found by the next one.
      await runProgram(command('access_logs', 19, 0), settings);
      assert.ok((await assertCoverageTrue(account, 'access_logs')) > 4000);
      const last = await runProgram(command('access_logs', 19, 0), settings);
      assert.equal(last.status, 0, last.stdout);
    });
  });

  it('looks at random parts of it, and says how to look at the same ones again', async () => {
    await withAccount(smallAccount, async ({ settings }) => {
      await syncAll('access_logs', settings);
      const sampled = await runProgram(
        [...command('access_logs', 15, 5), '--sample', '6', '--json'],
        settings,
      );
      assert.equal(sampled.status, 0, sampled.stderr);
      const { seed } = JSON.parse(sampled.stdout) as Told;
      const again = await runProgram(
        [...command('access_logs', 15, 5), '--sample', '6', '--seed', String(seed), '--json'],
        settings,
      );
      assert.equal(again.stdout, sampled.stdout);
      const page = await runProgram([...command('access_logs', 15, 5), '--sample', '6'], settings);
      assert.match(
        page.stdout.replaceAll('\n  ', ' '),
        /^Looked at 6h of 10d \(2\.5 %\) in 6 random parts \(--sample 6 --seed \d+ looks at the same ones\) and compared [\d,]+ records\.$/m,
      );
    });
  });

  it('refuses what it cannot compare, with a sentence for each problem', async () => {
    await withAccount(smallAccount, async ({ settings }) => {
      const nothing = await runProgram(['reconcile'], settings);
      assert.deepEqual(
        [nothing.status, nothing.stderr],
        [
          2,
          'Specify a log: --stream audit_logs or access_logs.\n' +
            'Specify a time range: --from 2026-01-01 --to 2026-02-01.\n',
        ],
      );
      const old = await runProgram([...command('access_logs', 120, 100), '--seed', '4'], settings);
      assert.equal(old.status, 2);
      assert.match(
        old.stderr,
        /^--to \S+ is more than 90 days ago; Zendesk keeps the access log for 90 days, so there is nothing to compare with\.\n--seed decides a sample\. Add --sample, or leave it out\.\n$/,
      );
    });
  });
});
