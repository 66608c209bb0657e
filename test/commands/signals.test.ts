import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startProgram, type Program } from '../support/program.ts';
import { smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';
import { withClient, type Query } from '../support/query.ts';

/** Runs `work` with a service that cannot end the page that it stores, until `work` ends the transaction of `hold`. */
async function withHeldService(
  work: (service: Program, hold: Query) => Promise<void>,
): Promise<void> {
  await withAccount(smallAccount, async ({ settings, databaseUrl, query }) => {
    await withClient(databaseUrl, async (hold) => {
      await hold('begin');
      await hold('lock table zendesk.audit_logs in share mode');
      const service = startProgram(['serve'], { ...settings, STREAMS: 'audit_logs' });
      await waitUntil(async () => {
        const waiting = await query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return waiting.length > 0;
      });
      await work(service, hold);
    });
  });
}

describe('a second signal', { concurrency: 2 }, () => {
  it('ends a program at once that cannot finish its work', async () => {
    await withHeldService(async (service) => {
      // As somebody presses Ctrl-C again and again.
      const presses = setInterval(() => service.kill('SIGINT'), 200);
      const { status, signal, stderr } = await service.ended.finally(() => clearInterval(presses));
      assert.deepEqual({ status, signal, stderr }, { status: 1, signal: null, stderr: '' });
    });
  });

  it('that comes with the first one counts as the same: the running page ends', async () => {
    await withHeldService(async (service, hold) => {
      service.kill('SIGTERM');
      service.kill('SIGINT');
      await hold('rollback');
      const { status, signal, stdout } = await service.ended;
      assert.deepEqual({ status, signal }, { status: 0, signal: null }, stdout);
      assert.match(stdout, /"msg":"stopped"\}\n$/);
    });
  });
});
