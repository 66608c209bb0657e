import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertTrue, pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete, listFetches } from '../support/ledger-facts.ts';

const signal = new AbortController().signal;
const dense = {
  limits: false,
  auditLogDays: 8,
  auditLogRowsPerDay: 700,
  accessLogRowsPerDay: 0,
  // Slow pages make the engine read with several cursors at once.
  answerMs: 20,
};

describe('several cursors at once', () => {
  it('all stop when one fails for good, and the others go on where they were', async () => {
    await withInstallation(dense, {}, async (installation) => {
      const { simulator, db, worker } = installation;
      await worker('audit_logs').follow(signal);
      const location = 'http://127.0.0.1:9';
      simulator.addFault({
        kind: 'redirect',
        stream: 'audit_logs',
        onlyWithCursor: true,
        after: 15,
        location,
      });
      const filled = await worker('audit_logs').fill(signal);
      assert.equal(filled?.outcome, 'failed');
      const failed = (await listFetches(db, 'audit_logs')).filter(
        ({ outcome }) => outcome === 'failed',
      );
      const struck = failed.filter(({ error }) => error === filled.error);
      assert.deepEqual(
        struck.map(({ cursor }) => cursor),
        [null],
        'the one that failed is read afresh',
      );
      const stopped = failed.filter(({ error }) => error === 'Stopped before its end.');
      assert.equal(stopped.length, failed.length - 1);
      const begun = stopped.filter(({ pages }) => pages > 0);
      assert.ok(begun.length >= 1);
      for (const { cursor, restarted } of begun)
        assert.deepEqual(
          { mayGoOn: cursor !== null, restarted },
          { mayGoOn: true, restarted: false },
        );
      await assertTrue(installation, 'audit_logs');

      await pullCompletely(installation, 'audit_logs');
      await assertComplete(installation, 'audit_logs');
      const now = await listFetches(db, 'audit_logs');
      for (const { fetch } of begun)
        assert.equal(now.find((other) => other.fetch === fetch)?.outcome, 'complete');
    });
  });
});
