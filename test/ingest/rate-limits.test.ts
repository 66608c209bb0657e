import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncEvent } from '../../src/ingest/events.ts';
import type { FaultKind, RequestRecord } from '../../src/simulator/simulator.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { users } from '../../src/streams/users.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import {
  account,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { assertComplete } from '../support/ledger-facts.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { smallAccount } from '../support/small-account.ts';

type Pause = { until: Date; reason: string };

/** The recorded pause of a budget group, once there is one. */
async function awaitPause({ db }: Installation, group: string): Promise<Pause> {
  let pause: Pause | undefined;
  await waitUntil(async () => {
    [pause] = await db.query<Pause>(
      `select paused_until as until, pause_reason as reason
       from zendesk_sync.budgets where account = $1 and budget_group = $2 and paused_until is not null`,
      [account, group],
    );
    return pause !== undefined;
  });
  return pause ?? assert.fail('no pause');
}

/** The time from the first 429 to the next request of the same group, in ms. */
function waitAfter429(requests: RequestRecord[], streams: readonly string[]): number {
  const ofGroup = requests.filter(({ stream }) => streams.includes(stream));
  const struck = ofGroup.findIndex(({ status }) => status === 429);
  return (ofGroup[struck + 1]?.startedAt ?? 0) - (ofGroup[struck]?.endedAt ?? Infinity);
}

describe('a 429', { concurrency: true }, () => {
  const kinds = [
    '429-retry-after',
    '429-reset-seconds',
    '429-reset-date',
    '429-reset-epoch',
  ] satisfies FaultKind[];
  for (const stream of ['audit_logs', 'access_logs'] as const)
    for (const kind of kinds)
      it(`pauses ${stream} for exactly as long as it says, and fails no run: ${kind}`, async () => {
        await withInstallation(smallAccount(stream), {}, async (installation) => {
          const { simulator } = installation;
          simulator.addFault({ kind, stream, after: 2, seconds: 1 });
          await pullCompletely(installation, stream);
          await assertComplete(installation, stream);
          const requests = simulator.requests();
          assert.equal(requests.filter(({ status }) => status === 429).length, 1);
          const waitedMs = waitAfter429(requests, [stream]);
          // Dates have whole seconds only, and the answer's own is cut, so such a pause may be 2 s. An answer that does
          // not say for how long means 60.
          assert.ok(waitedMs >= 990 && waitedMs < 50_000, `${waitedMs} ms`);
        });
      });

  for (const [kind, seconds, expected] of [
    ['429-retry-after', 200, 200],
    // After one answer the program waits at most five minutes.
    ['429-retry-after', 3600, 300],
    ['429-reset-seconds', 47, 47],
    ['429-reset-date', 47, 47],
    ['429-bare', undefined, 60],
  ] as const)
    it(`is recorded in the budget for everybody, with the reason: ${kind} ${seconds}`, async () => {
      const stream = 'access_logs';
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        const stop = new AbortController();
        simulator.addFault({ kind, stream, ...(seconds === undefined ? {} : { seconds }) });
        const run = worker(stream).follow(stop.signal);
        const pause = await awaitPause(installation, stream);
        const header = { retry: 'with retry-after', reset: 'with ratelimit-reset' }[
          kind.slice(4, 9)
        ];
        assert.equal(pause.reason, `Zendesk answered 429 ${header ?? 'without saying until when'}`);
        const refused = simulator.requests().find(({ status }) => status === 429);
        const pausedFor = (pause.until.getTime() - (refused?.endedAt ?? 0)) / 1000;
        // The rest is for a slow machine.
        assert.ok(pausedFor > expected - 1 && pausedFor < expected + 10, `${pausedFor} s`);
        stop.abort();
        assert.deepEqual(await run, {
          stream,
          task: 'live',
          outcome: 'interrupted',
          counts: { requests: 0, new: 0, changed: 0, late: 0 },
          code: 'stopped',
          error: 'The run was stopped before its end. The next run goes on where it stopped.',
        });

        await db.query(`update zendesk_sync.budgets set paused_until = now() where account = $1`, [
          account,
        ]);
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.equal(simulator.requests().filter(({ status }) => status === 429).length, 1);
      });
    });

  it('to one process and stream pauses the other processes and streams of that group, and no other group', async () => {
    await withInstallation(smallAccount('audit_logs'), {}, async (installation) => {
      const { simulator, another, worker } = installation;
      const stop = new AbortController();
      const told: SyncEvent[] = [];
      const report = (event: SyncEvent): void => void told.push(event);
      const other = another({ holder: 'another process', report });
      simulator.addFault({ kind: '429-retry-after', stream: 'audit_logs', seconds: 6 });
      const struck = worker('audit_logs').follow(stop.signal);
      await awaitPause(installation, 'support');
      const [people, access] = await Promise.all([
        createStreamWorker(other, users).follow(stop.signal),
        createStreamWorker(other, accessLogs).follow(stop.signal),
      ]);
      assert.deepEqual(
        [(await struck).outcome, people.outcome, access.outcome],
        ['complete', 'complete', 'complete'],
      );
      const requests = simulator.requests();
      const waitedMs = waitAfter429(requests, ['audit_logs', 'users']);
      assert.ok(waitedMs >= 5990, `${waitedMs} ms`);
      const waits = told.filter((event) => event.type === 'waiting-for-budget');
      assert.deepEqual(
        waits.filter(({ group }) => group !== 'support'),
        [],
      );
    });
  });
});
