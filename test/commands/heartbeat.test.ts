import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram, startProgram } from '../support/program.ts';
import {
  smallAccount,
  waitUntil,
  withAccount,
  type PulledAccount,
} from '../support/pulled-account.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';

const everySecond = '* * * * * *';
const path = '/kr7-secret-uuid';

/** Runs `work` with a watcher of heartbeats, and settings with its address. */
async function withWatcher(
  work: (account: PulledAccount & { watcher: Receiver }) => Promise<void>,
): Promise<void> {
  const watcher = await startReceiver();
  try {
    await withAccount(smallAccount, (account) =>
      work({
        ...account,
        watcher,
        settings: { ...account.settings, HEARTBEAT_URL: `${watcher.origin}${path}` },
      }),
    );
  } finally {
    await watcher.stop();
  }
}

const beatsOf = ({ received }: Receiver): string[] =>
  received.map((request) => request.path.slice(path.length));

describe('HEARTBEAT_URL', { concurrency: 2 }, () => {
  it('is notified of a sync: its start, and its success or failure', async () => {
    await withWatcher(async ({ settings, simulator, watcher }) => {
      const good = await runProgram(['sync', 'users'], settings);
      assert.equal(good.status, 0, good.stderr);
      assert.deepEqual(beatsOf(watcher), ['/start', '']);
      simulator.addFault({ kind: '401', stream: 'users', times: Infinity });
      const bad = await runProgram(['sync', 'users'], settings);
      assert.equal(bad.status, 1);
      assert.deepEqual(beatsOf(watcher), ['/start', '', '/start', '/fail']);
      const none = await runProgram(['sync', 'users'], {
        ...settings,
        DATABASE_URL: 'postgres://127.0.0.1:1/none',
      });
      assert.equal(none.status, 1);
      assert.deepEqual(beatsOf(watcher).slice(4), ['/start', '/fail']);
    });
  });

  it('is notified of each run of the service, and of failure as long as one stream fails', async () => {
    await withWatcher(async ({ settings, simulator, watcher }) => {
      const service = startProgram(['serve'], {
        ...settings,
        STREAMS: 'audit_logs,users',
        AUDIT_LOGS_SCHEDULE: everySecond,
        USERS_SCHEDULE: everySecond,
      });
      await waitUntil(() => beatsOf(watcher).includes(''));
      assert.equal(beatsOf(watcher)[0], '/start');
      assert.ok(!beatsOf(watcher).includes('/fail'));
      simulator.addFault({ kind: '401', stream: 'audit_logs', times: Infinity });
      await waitUntil(() => beatsOf(watcher).includes('/fail'));
      const before = beatsOf(watcher).lastIndexOf('');
      await waitUntil(() => beatsOf(watcher).filter((beat) => beat === '/fail').length > 3);
      // A run that had succeeded before may still have been reported.
      assert.ok(beatsOf(watcher).lastIndexOf('') <= before + 1);
      simulator.clearFaults();
      const failed = watcher.received.length;
      await waitUntil(() => beatsOf(watcher).slice(failed).includes(''));
      service.kill('SIGTERM');
      assert.equal((await service.ended).status, 0);
    });
  });

  for (const [name, answer] of [
    ['refuses', (response) => response.writeHead(500).end()],
    ['never answers', () => {}],
  ] as [string, Parameters<Receiver['answerWith']>[0]][])
    it(`neither fails nor delays a run when it ${name}, and the log mentions it once`, async () => {
      await withWatcher(async ({ settings, watcher, query }) => {
        watcher.answerWith(answer);
        const service = startProgram(['serve'], {
          ...settings,
          STREAMS: 'users',
          USERS_SCHEDULE: everySecond,
        });
        await service.waitFor(/HEARTBEAT_URL does not accept the heartbeat; runs continue/);
        // Each would wait for a watcher that does not answer.
        await waitUntil(async () => {
          const runs = await query<{ outcome: string }>(
            'select outcome from zendesk_sync.runs where ended_at is not null',
          );
          assert.ok(runs.every(({ outcome }) => outcome === 'complete'));
          return runs.length >= 3 && watcher.received.length >= 2;
        });
        service.kill('SIGTERM');
        const { status, stdout } = await service.ended;
        assert.equal(status, 0);
        assert.equal(stdout.split('HEARTBEAT_URL does not').length, 2);
        assert.doesNotMatch(stdout, /kr7/);

        const sync = await runProgram(['sync', 'users'], settings);
        assert.equal(sync.status, 0, sync.stderr);
      });
    });
});
