import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endsWithin, runProgram, startProgram, type Program } from '../support/program.ts';
import { withAccount, type PulledAccount } from '../support/pulled-account.ts';

const small = {
  accessLogDays: 2,
  accessLogRowsPerDay: 40,
  auditLogDays: 3,
  auditLogRowsPerDay: 10,
};
const promisedMs = 10_000;

/** Pulls an account, and makes it so that its log was begun long ago and each time of the schedules has passed since. */
async function pullLongAgo({ settings, query }: PulledAccount): Promise<void> {
  assert.equal((await runProgram(['sync'], settings)).status, 0);
  await query(`update zendesk_evidence.logs set begun_at = now() - interval '20 days'`);
}

async function stop(service: Program): Promise<void> {
  service.kill('SIGTERM');
  assert.ok(await endsWithin(service, promisedMs));
  assert.equal((await service.ended).status, 0, service.written());
}

describe('serve with VERIFY_SCHEDULE', { concurrency: 2 }, () => {
  it('makes up for times that have passed, quick and deep, once, and keeps what they came to', async () => {
    await withAccount(small, async (account) => {
      await pullLongAgo(account);
      const { query } = account;
      const settings = { ...account.settings, HTTP_PORT: '0' };
      const list = () =>
        query(
          `select depth, outcome, findings, first_finding, due_at is not null as was_due, ended_at is not null as ended
           from zendesk_sync.verifications order by id`,
        );
      const clean = {
        outcome: 'clean',
        findings: 0,
        first_finding: null,
        was_due: true,
        ended: true,
      };
      const both = [
        { depth: 'quick', ...clean },
        { depth: 'deep', ...clean },
      ];
      const service = startProgram(['serve'], settings);
      await service.waitFor(/"depth":"deep","findings":0,"msg":"verified"/);
      assert.deepEqual(await list(), both);
      await stop(service);
      const again = startProgram(['serve'], settings);
      await again.waitFor(/"msg":"run complete"/);
      await stop(again);
      assert.deepEqual(await list(), both);
      const status = await runProgram(['status'], settings);
      assert.match(status.stdout, /^audit_logs, access_logs: verified row by row .* UTC\.$/m);
    });
  });

  it('says in its log what it found, and does not verify where it is switched off', async () => {
    await withAccount(small, async (account) => {
      await pullLongAgo(account);
      const { query } = account;
      const settings = { ...account.settings, HTTP_PORT: '0', VERIFY_DEEP_SCHEDULE: 'off' };
      await query('set session_replication_role = replica');
      await query(
        `delete from zendesk.audit_logs where id = (select min(id) from zendesk.audit_logs)`,
      );
      await query('reset session_replication_role');
      const service = startProgram(['serve'], settings);
      await service.waitFor(
        /"level":"error".*"kind":"rows_miscounted","msg":"On .* audit_logs has \d+ rows, and \d+ were stored\."/,
      );
      await service.waitFor(/"depth":"quick","findings":1,"msg":"verified"/);
      await stop(service);
      assert.deepEqual(
        await query('select depth, outcome, findings from zendesk_sync.verifications'),
        [{ depth: 'quick', outcome: 'findings', findings: 1 }],
      );
      const { status, stdout, stderr } = await runProgram(['status', '--check'], settings);
      assert.equal(status, 1);
      assert.match(stdout, /^audit_logs: The verification of .* UTC found: On .* audit_logs has/m);
      assert.match(stderr, /a verification found what is not as it was stored/);
    });
  });
});
