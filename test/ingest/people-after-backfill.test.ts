import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startProgram } from '../support/program.ts';
import { waitUntil, withAccount } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';

const never = '0 0 29 2 *';

describe('people whom a backfill brings', () => {
  it('are looked up at its end, not with the next list of people', async () => {
    const account = {
      limits: false,
      auditLogDays: 200,
      auditLogRowsPerDay: 20,
      accessLogRowsPerDay: 0,
    };
    await withAccount(account, async ({ settings, databaseUrl, query }) => {
      const ended = async (stream: string): Promise<number> => {
        const [runs] = await query<{ ended: number }>(
          `select count(*)::integer as ended from zendesk_sync.runs where stream = $1 and outcome = 'complete'`,
          [stream],
        );
        return runs?.ended ?? 0;
      };
      await withClient(databaseUrl, async (hold) => {
        // Nothing can be stored in the log until the first listing has found nobody in it.
        await hold('begin');
        await hold('lock table zendesk.audit_logs in share mode');
        const service = startProgram(['serve'], {
          ...settings,
          STREAMS: 'audit_logs,users',
          AUDIT_LOGS_SCHEDULE: never,
          USERS_SCHEDULE: never,
        });
        await waitUntil(async () => (await ended('users')) === 1);
        await hold('rollback');
        await waitUntil(async () => (await ended('users')) === 2);
        service.kill('SIGTERM');
        await service.ended;
      });
      const [left] = await query<{ strangers: number; actors: number }>(
        `select count(distinct l.actor_id)::integer as actors,
           count(distinct l.actor_id) filter (where u.id is null and s.id is null)::integer as strangers
         from zendesk.audit_logs l
         left join zendesk.users u on u.id = l.actor_id
         left join zendesk_sync.unknown_users s on s.id = l.actor_id
         where l.actor_id > 0`,
      );
      assert.equal(left?.strangers, 0);
      assert.ok((left?.actors ?? 0) > 5);
      const [runs] = await query<{ order: string }>(
        `select string_agg(task, ' ' order by ended_at) as order from zendesk_sync.runs
         where outcome = 'complete' and task <> 'live'`,
      );
      assert.equal(runs?.order, 'listing backfill listing');
    });
  });
});
