import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';

const settings = { shares: { support: 0.5 }, requestsPerMinute: { support: 100, access_logs: 50 } };

describe('the budget that is shared with other integrations', { concurrency: 2 }, () => {
  it('begins with a hundred requests a minute and takes a half once the limit is known', async () => {
    await withInstallation(
      { ...smallAccount('audit_logs'), limits: true, supportRequestsPerMinute: 2500 },
      settings,
      async (installation) => {
        const { engine } = installation;
        assert.equal(engine.requestsPerMinute('support'), 100);
        await pullCompletely(installation, 'audit_logs');
        await assertComplete(installation, 'audit_logs');
        // A request of ours that takes long looks like one of others.
        const ours = engine.requestsPerMinute('support');
        assert.ok(ours <= 1250 && ours >= 1240, `${ours}`);
        assert.equal(engine.requestsPerMinute('access_logs'), 50);
      },
    );
  });

  it('leaves to others what they ask for', async () => {
    await withInstallation(
      { ...smallAccount('audit_logs'), limits: true, supportRequestsPerMinute: 700 },
      settings,
      async (installation) => {
        const { engine, simulator } = installation;
        for (let asked = 0; asked < 100; asked += 1)
          await (await fetch(`${simulator.url}/api/v2/users/me`)).arrayBuffer();
        await pullCompletely(installation, 'audit_logs');
        await assertComplete(installation, 'audit_logs');
        const ours = engine.requestsPerMinute('support');
        // Half of 600. By the pace of a third of a minute or more, the others ask for up to three times as many in a whole one.
        assert.ok(ours <= 300 && ours >= 190, `${ours}`);
      },
    );
  });

  it('keeps to a fixed number where one is set', async () => {
    await withInstallation(
      { ...smallAccount('audit_logs'), limits: true, supportRequestsPerMinute: 700 },
      { requestsPerMinute: { support: 90, access_logs: 50 } },
      async (installation) => {
        await pullCompletely(installation, 'audit_logs');
        assert.equal(installation.engine.requestsPerMinute('support'), 90);
      },
    );
  });
});
