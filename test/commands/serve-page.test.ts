import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { findFreePort } from '../support/free-port.ts';
import { startProgram } from '../support/program.ts';
import { storeFinding } from '../support/stored-finding.ts';
import { smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';

const never = '0 0 29 2 *';
const once = {
  AUDIT_LOGS_SCHEDULE: never,
  ACCESS_LOGS_SCHEDULE: never,
  USERS_SCHEDULE: never,
  VERIFY_SCHEDULE: 'off',
  VERIFY_DEEP_SCHEDULE: 'off',
  RECONCILE_SCHEDULE: 'off',
};
const token = 'jane-token-0123456789';

describe('the page of serve', () => {
  it('verifies, compares, reads what is missing, and acknowledges, and says who wanted it', async () => {
    await withAccount(smallAccount, async ({ settings, databaseUrl, query }) => {
      const port = await findFreePort();
      const service = startProgram(['serve'], {
        ...settings,
        ...once,
        HTTP_PORT: String(port),
        HTTP_TOKEN: `investigator jane ${token}`,
      });
      await waitUntil(async () => {
        const done = await query(
          `select from pg_tables where schemaname = 'zendesk_sync' and tablename = 'actions'`,
        );
        if (done.length === 0) return false;
        const complete = await query(
          `select from zendesk_sync.status s where state = 'ok' and gaps = 0 and covered_until is not null
             and not exists (select from zendesk_sync.runs where ended_at is null)
             and exists (select from zendesk_evidence.logs where size > 0)`,
        );
        return complete.length === 3;
      });
      const act = async (kind: string, fields: object): Promise<unknown> => {
        const response = await fetch(`http://127.0.0.1:${port}/api/actions/${kind}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ account: 'acme', ...fields }),
        });
        return response.json();
      };

      assert.deepEqual(await act('verify', { depth: 'quick' }), {
        done: 'The verification has begun.',
      });
      await waitUntil(
        async () =>
          (await query(`select from zendesk_sync.verifications where outcome = 'clean'`)).length ===
          1,
      );
      assert.deepEqual(await act('reconcile', { stream: 'audit_logs' }), {
        done: 'The comparison with Zendesk has begun.',
      });
      await waitUntil(
        async () =>
          (await query(`select from zendesk_sync.reconciliations where outcome = 'equal'`))
            .length === 1,
      );

      const [span] = await query<{ from: string; until: string }>(
        `select zendesk_sync.write_moment(covered_until - interval '3 days') as from,
           zendesk_sync.write_moment(covered_until - interval '2 days') as until
         from zendesk_sync.coverage where stream = 'audit_logs' order by covered_until desc limit 1`,
      );
      assert.deepEqual(await act('read', { stream: 'audit_logs', ...span }), {
        reason: 'Nothing of this time is missing that Zendesk still has.',
      });
      const gone = await query(
        `delete from zendesk.audit_logs where created_at >= $1::timestamptz and created_at < $2::timestamptz returning id`,
        [span?.from, span?.until],
      );
      assert.ok(gone.length > 0);
      const told = (await act('read', { stream: 'audit_logs', ...span })) as { done: string };
      assert.match(told.done, /^[\d,]+ seconds are being read\.$/);
      await waitUntil(async () => {
        const back = await query(
          `select from zendesk.audit_logs where created_at >= $1::timestamptz and created_at < $2::timestamptz`,
          [span?.from, span?.until],
        );
        return back.length === gone.length;
      });

      const db = openDatabase({ url: databaseUrl });
      await storeFinding(db, { finding: 'f1', at: '2026-01-03T10:00:00Z' }).finally(() =>
        db.close(),
      );
      assert.deepEqual(await act('acknowledge', { findings: ['f1'], note: 'It was a test.' }), {
        done: 'Acknowledged by jane.',
      });
      assert.deepEqual(
        await query(
          `select acknowledged_by, acknowledged_note from zendesk.findings where finding = $1`,
          ['f1'],
        ),
        [{ acknowledged_by: 'jane', acknowledged_note: 'It was a test.' }],
      );
      assert.deepEqual(
        await query('select done_by, action from zendesk_sync.actions order by id'),
        ['verify', 'reconcile', 'read', 'read', 'acknowledge'].map((action) => ({
          done_by: 'jane',
          action,
        })),
      );
      service.kill('SIGTERM');
      assert.equal((await service.ended).status, 0);
    });
  });
});
