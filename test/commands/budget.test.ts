import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { watchBudget } from '../support/budget-witness.ts';
import { startProgram } from '../support/program.ts';
import { assertCoverageTrue, waitUntil, withAccount } from '../support/pulled-account.ts';

const limit = 50;

// A minute is a minute on every version of Postgres: once is enough.
describe(
  'the budget of the access log',
  { skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined },
  () => {
    it('is never exceeded in any 60 seconds by processes that are killed and restarted, and is used to the last request', async () => {
      await withAccount(
        // A day less than Zendesk keeps, so that no row expires while the test runs.
        { accessLogDays: 89, accessLogRowsPerDay: 2000, accessLogsRequestsPerMinute: limit },
        async (account) => {
          const { simulator, settings } = account;
          const budget = watchBudget(simulator);
          const asked = () => simulator.requests().filter(({ stream }) => stream === 'access_logs');
          for (const requests of [20, 40]) {
            const sync = startProgram(['sync', 'access_logs'], settings);
            // The lease of a killed process lasts for 15 seconds.
            await waitUntil(() => asked().length >= requests);
            sync.kill('SIGKILL');
            await sync.ended;
          }
          const last = startProgram(['sync', 'access_logs'], settings);
          await waitUntil(() => budget.mostInAMinute() >= limit && asked().length > limit + 12);
          last.kill('SIGTERM');
          assert.equal((await last.ended).status, 1);
          budget.assertKept();
          assert.ok((await assertCoverageTrue(account, 'access_logs')) > 0);
        },
      );
    });
  },
);
