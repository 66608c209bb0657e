import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';
import { runProgram, startProgram } from '../support/program.ts';

describe('serve', () => {
  it('compares a sample of each log at its times, in one process, and reports the result', async () => {
    const busy = { ...smallAccount, auditLogRowsPerDay: 40 };
    await withAccount(busy, async ({ settings, simulator, query }) => {
      await runProgram(['sync', 'audit_logs', 'access_logs'], settings);
      // As many that some of them are in every sample; those beside them are still shown.
      const gone = await query<{ id: string }>(
        `select id from (select id::text as id, row_number() over (order by created_at) as place from zendesk.audit_logs) as rows
         where place % 2 = 0 and place < 1600`,
      );
      simulator.deleteRecords(
        'audit_logs',
        gone.map(({ id }) => id),
      );
      // Node-cron's seconds: it is asked for often, and each minute is due once.
      const often = { ...settings, RECONCILE_SCHEDULE: '*/2 * * * * *' };
      const services = [startProgram(['serve'], often), startProgram(['serve'], often)];
      await waitUntil(async () => {
        const ended = await query<{ stream: string }>(
          'select distinct stream from zendesk_sync.reconciliations where ended_at is not null',
        );
        return ended.length === 2;
      });
      for (const service of services) service.kill('SIGTERM');
      await Promise.all(services.map(({ ended }) => ended));
      const rows = await query<{ stream: string; sample: number; outcome: string; dues: number }>(
        `select stream, min(sample) as sample, min(outcome) as outcome, (count(*) - count(distinct due_at))::integer as dues
         from zendesk_sync.reconciliations where outcome <> 'stopped' group by stream order by stream`,
      );
      assert.deepEqual(rows, [
        { stream: 'access_logs', sample: 24, outcome: 'equal', dues: 0 },
        { stream: 'audit_logs', sample: 24, outcome: 'findings', dues: 0 },
      ]);
      const noted = await query('select from zendesk.source_deletions limit 1');
      assert.equal(noted.length, 1);
      const { stdout } = await runProgram(['status'], settings);
      assert.match(
        stdout,
        /^audit_logs: compared with Zendesk \S+ \S+ \(24 random parts\): 0 missing here, \d+ missing there, 0 different\.$/m,
      );
    });
  });

  it('compares nothing automatically if RECONCILE_SCHEDULE is off, and refuses an invalid schedule', async () => {
    await withAccount(smallAccount, async ({ settings, query }) => {
      const bad = await runProgram(['serve'], { ...settings, RECONCILE_SCHEDULE: 'weekly' });
      assert.equal(bad.status, 2);
      assert.match(bad.stderr, /^RECONCILE_SCHEDULE is "weekly"\. /);
      const service = startProgram(['serve'], { ...settings, RECONCILE_SCHEDULE: 'off' });
      await waitUntil(async () => {
        const runs = await query(
          `select from zendesk_sync.runs where outcome = 'complete' limit 1`,
        ).catch(() => []);
        return runs.length === 1;
      });
      service.kill('SIGTERM');
      await service.ended;
      assert.deepEqual(await query('select from zendesk_sync.reconciliations'), []);
    });
  });
});
