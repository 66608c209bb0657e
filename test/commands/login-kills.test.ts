import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { withBarrier, type BarrierPlace } from '../support/barrier.ts';
import { withDatabase } from '../support/database.ts';
import { runProgram, settingsFor, startProgram, type Environment } from '../support/program.ts';
import { withClient } from '../support/query.ts';
import { logInElsewhere } from '../support/zendesk-login.ts';

const command = ['sync', 'users'];
const table = 'zendesk_sync.oauth_logins';

describe('a process that is killed after Zendesk has answered with the next refresh token', () => {
  it('loses nothing if that is stored, and is named as the reason for a new login if not', async () => {
    const simulator = await startSimulator({ accessLogDays: 0, auditLogDays: 0, agents: 1 });
    const answers = (): readonly number[] =>
      simulator.requests().flatMap(({ path, status }) => (path === '/oauth/tokens' ? status : []));
    try {
      const { refreshToken } = await logInElsewhere(simulator);
      await withDatabase(async (url) => {
        const settings = { ...settingsFor(simulator, url), ZENDESK_REFRESH_TOKEN: refreshToken };
        await killAt(
          { before: 'update', table, like: `update ${table} set turn = null%` },
          settings,
        );
        assert.deepEqual(answers(), [201, 201]);
        // This one uses the token that the first one has stored.
        await killAt({ before: 'insert', table, like: `insert into ${table} as l%` }, settings);
        assert.deepEqual(answers(), [201, 201, 201]);
        const { status, stderr } = await runProgram(command, settings);
        assert.equal(status, 1);
        assert.match(
          stderr,
          /"msg":"Zendesk refuses the refresh token: it works only once, and the answer to its first use was lost, because a connection broke or a process was killed; log in with the command \\"login\\"\. /,
        );
        assert.deepEqual(answers(), [201, 201, 201, 400]);
      });
    } finally {
      await simulator.stop();
    }
  });
});

/** Kills a real process with SIGKILL while its statement waits at the place. The database never runs that statement. */
async function killAt(place: BarrierPlace, settings: Environment): Promise<void> {
  const url = settings['DATABASE_URL'] ?? assert.fail('no database');
  await withBarrier(url, place, async (barrier) => {
    const program = startProgram(command, settings);
    await barrier.waiting(1);
    program.kill('SIGKILL');
    await program.ended;
    await withClient(url, async (query) => {
      await query(
        `select pg_terminate_backend(pid, 60000) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      await query('drop function public.wait_at_barrier cascade');
      // Instead of waiting: its access token, its turn and its lease are over.
      await query(
        `update zendesk_sync.oauth_logins set access_expires_at = clock_timestamp(), turn_until = clock_timestamp()`,
      );
      await query('update zendesk_sync.leases set expires_at = clock_timestamp()');
    });
  });
}
