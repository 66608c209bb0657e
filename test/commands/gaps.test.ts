import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  compareLog,
  smallAccount,
  withAccount,
  type PulledAccount,
} from '../support/pulled-account.ts';
import { runProgram, shortWaits } from '../support/program.ts';

type Told = {
  readonly gaps: readonly { readonly stream: string; readonly reason: string }[];
  readonly costs: readonly { readonly stream: string; readonly requests: number }[];
  readonly repairs?: readonly {
    readonly stream: string;
    readonly outcome: string;
    readonly rows_new: number;
    readonly filled: readonly unknown[];
    readonly not_filled: readonly unknown[];
  }[];
};

/** Takes five days in the middle of the access log away, so that they were never read. */
async function forget({ query }: PulledAccount): Promise<number> {
  const day = `date_trunc('day', now())`;
  const span = `$1 >= ${day} - interval '9 days' and $1 < ${day} - interval '4 days'`;
  await query(`set session_replication_role = replica`);
  const gone = await query(
    `delete from zendesk.access_logs where ${span.replaceAll('$1', 'timestamp')} returning 1`,
  );
  await query(
    `delete from zendesk_sync.stored_rows where stream = 'access_logs' and ${span.replaceAll('$1', 'day')}`,
  );
  for (const table of ['coverage', 'rescans'])
    await query(
      `with cut as (delete from zendesk_sync.${table} where stream = 'access_logs' returning *)
       insert into zendesk_sync.${table}
       select (jsonb_populate_record(null::zendesk_sync.${table}, to_jsonb(cut) || jsonb_build_object('covered_from', lower(part), 'covered_until', upper(part)))).*
       from cut, unnest(tstzmultirange(tstzrange(covered_from, covered_until))
         - tstzmultirange(tstzrange(${day} - interval '9 days', ${day} - interval '4 days'))) as part`,
    );
  await query(`set session_replication_role = origin`);
  return gone.length;
}

describe('gaps', { concurrency: 2 }, () => {
  it('lists what was never read and what that costs, reads it with --repair, and then finds no gaps', async () => {
    await withAccount(smallAccount, async (account) => {
      const { settings } = account;
      const first = await runProgram(['sync', 'access_logs', 'audit_logs'], settings);
      assert.equal(first.status, 0, first.stderr);
      const none = await runProgram(['gaps'], settings);
      assert.deepEqual([none.status, none.stdout], [0, 'Account acme: no gaps.\n']);

      const gone = await forget(account);
      assert.ok(gone > 1000);
      const page = await runProgram(['gaps'], settings);
      assert.equal(page.status, 1);
      assert.match(page.stdout, /^access_logs +\S+ 00:00 +\S+ 00:00 +5d +never read$/m);
      assert.match(
        page.stdout.replaceAll(/\n {2}/g, ' '),
        /^Closing the gaps of access_logs costs about \d requests? and 1 minute at \d+ requests a minute \(about 1,\d\d\d records, estimated from the stored rows\)\.$/m,
      );
      assert.ok(
        page.stdout.split('\n').every((line) => line.length <= 80),
        page.stdout,
      );

      const asked = await runProgram(['gaps', '--repair'], settings);
      assert.equal(asked.status, 2);
      assert.equal(
        asked.stderr,
        '--repair asks before it reads, and there is no terminal to ask on. Add --yes.\n',
      );

      const repaired = await runProgram(['gaps', '--repair', '--yes'], settings);
      assert.equal(repaired.status, 0, repaired.stderr);
      assert.match(repaired.stdout, /^access_logs +backfill +complete +\d+ +1,\d\d\d +0 +0$/m);
      assert.match(repaired.stdout, /^Filled: access_logs \S+ 00:00 to \S+ 00:00 \(5d\)\.$/m);
      assert.match(repaired.stdout, /Account acme: no gaps\.\n$/);
      const { stored, shown } = await compareLog(account, 'access_logs');
      assert.deepEqual(stored, shown);
    });
  });

  it('says with --repair what could not be filled and why, and ends with status 1', async () => {
    await withAccount(smallAccount, async (account) => {
      const { settings, simulator } = account;
      await runProgram(['sync', 'access_logs', 'audit_logs'], settings);
      await forget(account);
      simulator.addFault({ kind: '500-json', stream: 'access_logs', times: Infinity });
      const { status, stdout } = await runProgram(['gaps', '--repair', '--yes', '--json'], {
        ...settings,
        ...shortWaits,
      });
      assert.equal(status, 1);
      const { gaps, repairs } = JSON.parse(stdout) as Told;
      assert.deepEqual(
        gaps.map(({ stream, reason }) => [stream, reason]),
        [['access_logs', 'never_read']],
      );
      assert.deepEqual(
        repairs?.map(({ stream, outcome, rows_new, filled, not_filled }) => [
          stream,
          outcome,
          rows_new,
          filled.length,
          not_filled.length,
        ]),
        [['access_logs', 'failed', 0, 0, 1]],
      );
    });
  });

  it('names who took rows away, and reads them again', async () => {
    await withAccount(smallAccount, async (account) => {
      const { settings, query } = account;
      await runProgram(['sync', 'access_logs'], settings);
      await query(`delete from zendesk.access_logs where timestamp < now() - interval '8 days'`);
      const before = await runProgram(['gaps', '--stream', 'access_logs', '--json'], settings);
      assert.equal(before.status, 1);
      const told = JSON.parse(before.stdout) as Told;
      assert.ok(told.gaps.some(({ reason }) => reason === 'rows_deleted'));
      assert.deepEqual(
        told.costs.map(({ stream }) => stream),
        ['access_logs'],
      );
      const after = await runProgram(
        ['gaps', '--repair', '--yes', '--stream', 'access_logs'],
        settings,
      );
      assert.equal(after.status, 0, after.stdout + after.stderr);
      const { stored, shown } = await compareLog(account, 'access_logs');
      assert.deepEqual(stored, shown);
    });
  });

  it('refuses a name that is not a log or an account, and an invalid question', async () => {
    await withAccount(smallAccount, async ({ settings }) => {
      const users = await runProgram(['gaps', '--stream', 'users', '--yes'], settings);
      assert.deepEqual(
        [users.status, users.stderr],
        [
          2,
          '--stream is "users". Use audit_logs or access_logs.\n' +
            '--yes answers the question of --repair. Add --repair, or leave out --yes.\n',
        ],
      );
    });
  });
});
