import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';
import { assertTrue, pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete, listFetches } from '../support/ledger-facts.ts';
import { createStillTime, type StillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
/** Sixteen days, dense enough for several pages a day, and slow enough for more than one cursor. */
function denseAccount(time: StillTime): SimulatorSettings {
  return {
    ...time.simulator,
    auditLogDays: 16,
    auditLogRowsPerDay: 600,
    accessLogRowsPerDay: 0,
    answerMs: 20,
  };
}

describe('several cursors at once', () => {
  it('continue when one span cannot be read: all the rest is stored, and the run fails at its end', async () => {
    const time = createStillTime();
    const { localNow } = time;
    await withInstallation(denseAccount(time), { localNow }, async (installation) => {
      const { simulator, db, worker } = installation;
      await time.pass(installation, 0);
      await worker('audit_logs').follow(signal);
      simulator.addFault({ kind: '402', stream: 'audit_logs', onlyWithCursor: true, after: 30 });
      const filled = await worker('audit_logs').fill(signal);
      assert.equal(filled?.outcome, 'failed');
      const failed = (await listFetches(db, 'audit_logs')).filter(
        ({ outcome }) => outcome === 'failed',
      );
      assert.deepEqual(
        failed.map(({ cursor, error }) => ({ cursor, error })),
        [{ cursor: null, error: filled.error }],
      );
      const coverage = await assertTrue(installation, 'audit_logs');
      assert.equal(coverage.length, 2, 'one gap: the span that could not be read');

      await pullCompletely(installation, 'audit_logs');
      await assertComplete(installation, 'audit_logs');
    });
  });

  it('stop at once when the credentials are refused, and continue where they were', async () => {
    const time = createStillTime();
    const { localNow } = time;
    await withInstallation(denseAccount(time), { localNow }, async (installation) => {
      const { simulator, db, worker } = installation;
      await time.pass(installation, 0);
      await worker('audit_logs').follow(signal);
      simulator.addFault({
        kind: '401',
        stream: 'audit_logs',
        onlyWithCursor: true,
        after: 30,
        times: Infinity,
      });
      const filled = await worker('audit_logs').fill(signal);
      assert.equal(filled?.outcome, 'failed');
      const failed = (await listFetches(db, 'audit_logs')).filter(
        ({ outcome }) => outcome === 'failed',
      );
      const begun = failed.filter(({ pages }) => pages > 0);
      assert.ok(begun.length >= 1);
      for (const { cursor, restarted } of begun)
        assert.deepEqual(
          { mayGoOn: cursor !== null, restarted },
          { mayGoOn: true, restarted: false },
        );
      await assertTrue(installation, 'audit_logs');

      simulator.clearFaults();
      await pullCompletely(installation, 'audit_logs');
      await assertComplete(installation, 'audit_logs');
      const now = await listFetches(db, 'audit_logs');
      for (const { fetch } of begun)
        assert.equal(now.find((other) => other.fetch === fetch)?.outcome, 'complete');
    });
  });
});
