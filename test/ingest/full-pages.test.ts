import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';
import { fromSeconds } from '../../src/span.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete, listFetches } from '../support/ledger-facts.ts';
import { createStillTime, type StillTime } from '../support/still-time.ts';
import { smallAccount } from '../support/small-account.ts';

const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];
const pageSizes = { audit_logs: 100, access_logs: 2500 };
const signal = new AbortController().signal;

/** A log with only a burst of so many records within an hour, two hours ago. */
function burstOf(time: StillTime, stream: Log, count: number): SimulatorSettings {
  return {
    ...time.simulator,
    auditLogDays: 0.5,
    accessLogDays: 0.5,
    auditLogRowsPerDay: 0,
    accessLogRowsPerDay: 0,
    burst: { stream, at: fromSeconds(time.seconds() - 7200), count },
  };
}

describe('a full page that is said to be the last', { concurrency: 3 }, () => {
  for (const stream of logs)
    for (const kind of ['last-too-early', 'last-too-early-without-cursor'] as const)
      it(`is not accepted when it is not the last (${kind}): ${stream}`, async () => {
        // After a page without a cursor the time is used to continue, but not within one second.
        const spread = { burst: null, auditLogRowsPerDay: 200, accessLogRowsPerDay: 3000 };
        const settings = {
          ...smallAccount(stream),
          ...(kind === 'last-too-early' ? {} : spread),
        };
        await withInstallation(settings, {}, async (installation) => {
          const { simulator } = installation;
          const pageSizeOver = pageSizes[stream] - 1;
          simulator.addFault({ kind, stream, pageSizeOver, times: Infinity });
          await pullCompletely(installation, stream);
          await assertComplete(installation, stream);
        });
      });

  for (const stream of logs)
    it(`costs one more request when it is the last: ${stream}`, async () => {
      const time = createStillTime();
      const settings = burstOf(time, stream, pageSizes[stream]);
      await withInstallation(settings, { localNow: time.localNow }, async (installation) => {
        const { db } = installation;
        await time.pass(installation, 0);
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const full = (await listFetches(db, stream)).filter(({ seen }) => seen > 0);
        assert.deepEqual(
          full.map(({ seen, pages, outcome }) => ({ seen, pages, outcome })),
          [{ seen: pageSizes[stream], pages: 2, outcome: 'complete' }],
        );
      });
    });

  for (const stream of logs)
    it(`and whose cursor is refused is checked with the remaining time: ${stream}`, async () => {
      const time = createStillTime();
      const settings = burstOf(time, stream, pageSizes[stream]);
      await withInstallation(settings, { localNow: time.localNow }, async (installation) => {
        const { db, simulator } = installation;
        await time.pass(installation, 0);
        simulator.addFault({ kind: 'refuse-cursor', stream, times: Infinity });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.ok((await listFetches(db, stream)).every(({ restarted }) => !restarted));
      });
    });

  for (const kind of ['last-too-early', 'last-too-early-without-cursor'] as const)
    it(`does not end the list of people (${kind})`, async () => {
      await withInstallation({ limits: false, agents: 250 }, {}, async (installation) => {
        const { simulator, db, worker } = installation;
        simulator.addFault({ kind, stream: 'users', times: 1 });
        const listed = await worker('users').follow(signal);
        assert.equal(listed.outcome, 'complete', listed.error);
        const team = simulator.users().filter(({ active, role }) => active && role !== 'end-user');
        const [stored] = await db.query<{ people: number }>(
          `select count(*)::integer as people from zendesk.users where account = $1 and team_member`,
          [account],
        );
        assert.ok(team.length > 200);
        assert.deepEqual(stored, { people: team.length });
        const asked = simulator.requests().filter(({ query }) => query.includes('role'));
        assert.ok(asked.length >= 3, 'the list was read to its end');
      });
    });
});
