import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadRescans } from '../../src/ingest/coverage.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete, listFetches } from '../support/ledger-facts.ts';
import { createStillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const hour = 3600;
const day = 86_400;

describe('an age of RESCAN_AFTER that is new to the settings', () => {
  it('starts from now: of a history stored long ago it reads what is not older than twice the age', async () => {
    const time = createStillTime();
    const settings = {
      ...time.simulator,
      accessLogRowsPerDay: 0,
      auditLogDays: 30,
      auditLogRowsPerDay: 50,
    };
    const former = { localNow: time.localNow, rescanAges: [hour] };
    await withInstallation(settings, former, async (installation) => {
      const { db, another } = installation;
      await time.pass(installation, 0);
      await pullCompletely(installation, 'audit_logs');
      const key = { account, stream: 'audit_logs' };
      // As an installation stands that was made before the age was known.
      await db.query('delete from zendesk_sync.rescans where age_seconds <> $1', [hour]);
      const before = (await listFetches(db, 'audit_logs')).length;

      const worker = createStreamWorker(another({ rescanAges: [hour, day] }), auditLogs);
      const filled = await worker.fill(signal);
      assert.equal(filled?.outcome, 'complete', filled?.error);
      const now = time.seconds();
      const read = (await listFetches(db, 'audit_logs')).slice(before);
      assert.deepEqual(
        read.map(({ kind, from, to }) => ({ kind, from, to })),
        [{ kind: 'rescan', from: now - 2 * day, to: now - day }],
      );
      const noted = (await loadRescans(db, key)).get(day);
      assert.equal(noted?.length, 1, 'the whole history counts as read again');
      assert.equal(noted?.[0]?.to, now - day);
      await assertComplete(installation, 'audit_logs');
    });
  });
});
