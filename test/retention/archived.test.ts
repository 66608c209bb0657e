import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { applyRetention } from '../../src/retention/apply.ts';
import { erasePerson } from '../../src/retention/erase.ts';
import { planRetention } from '../../src/retention/plan.ts';
import { archivedLogs, withArchive } from '../support/archive.ts';
import { account } from '../support/installation.ts';

describe('what lost something', () => {
  it('goes into the archive as it is since, and is still checked there', async () => {
    await withArchive(async ({ db, archive, verify, sealing, simulator }) => {
      const [person] = await db.query<{ id: string }>(
        `select user_id::text as id from zendesk.access_logs where user_id is not null group by 1 order by count(*) desc limit 1`,
      );
      await erasePerson(db, account, archivedLogs, person?.id ?? '', { by: 'ann', reason: 'x' });
      const policies = [
        { of: 'search_text', days: 30, months: 0, text: '30 days' },
        { of: 'access_logs', days: 50, months: 0, text: '50 days' },
      ];
      const now = new Date(simulator.now());
      const planned = await planRetention(db, account, archivedLogs, policies, now);
      await applyRetention(db, planned, 'ann', () => {}, new AbortController().signal);
      await sealWaiting(db, sealing);
      assert.deepEqual((await verify()).findings, []);
      await archive();
      assert.deepEqual((await verify()).findings, []);
    });
  });
});
