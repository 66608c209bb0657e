import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadRescans } from '../../src/ingest/coverage.ts';
import { loadStatus } from '../../src/ingest/status.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  account,
  pullCompletely,
  storedLines,
  trueLines,
  withInstallation,
} from '../support/installation.ts';
import { assertComplete, listFetches } from '../support/ledger-facts.ts';
import { createStillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const hour = 3600;
const day = 86_400;

describe('an age of RESCAN_AFTER that is new to the settings', () => {
  it('starts from now: of a history stored long ago it reads nothing again', async () => {
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
      // The state of an installation that was created before the age was known.
      await db.query('delete from zendesk_sync.rescans where age_seconds <> $1', [hour]);
      const before = (await listFetches(db, 'audit_logs')).length;

      const worker = createStreamWorker(another({ rescanAges: [hour, day, 7 * day] }), auditLogs);
      const filled = await worker.fill(signal);
      assert.equal(filled?.outcome, 'complete', filled?.error);
      assert.equal((await listFetches(db, 'audit_logs')).length, before);
      const rescanned = await loadRescans(db, key);
      for (const age of [day, 7 * day])
        assert.deepEqual(rescanned.get(age), [{ from: 0, to: time.seconds() - age }]);
      await assertComplete(installation, 'audit_logs');
    });
  });
});

describe('a row that appears long after its time was read', { concurrency: 2 }, () => {
  for (const { stream, delayDays, ageDays } of [
    { stream: 'audit_logs', delayDays: 20, ageDays: 30 },
    { stream: 'access_logs', delayDays: 60, ageDays: 85 },
  ] as const)
    it(`by ${delayDays} days is found when its span is read again after ${ageDays} days: ${stream}`, async () => {
      const time = createStillTime();
      const settings = {
        ...time.simulator,
        auditLogDays: 1,
        accessLogDays: 1,
        auditLogRowsPerDay: stream === 'audit_logs' ? 200 : 0,
        accessLogRowsPerDay: stream === 'access_logs' ? 200 : 0,
        late: { share: 0.3, delaySeconds: delayDays * day },
      };
      const rescanAges = [hour, day, 7 * day, 30 * day];
      await withInstallation(settings, { localNow: time.localNow, rescanAges }, async (place) => {
        const { db, simulator } = place;
        const pull = async (atDay: number): Promise<void> => {
          await time.pass(place, began + atDay * day - time.seconds());
          await pullCompletely(place, stream);
        };
        await time.pass(place, 0);
        const began = time.seconds();
        const first = { from: began - day, to: began };
        const listMissing = async (): Promise<string[]> => {
          const stored = new Set(await storedLines(db, stream));
          return trueLines(simulator, stream, first).filter((line) => !stored.has(line));
        };
        for (const atDay of [0, 0.1, 1.5, 9, delayDays - 10, delayDays + 0.1]) await pull(atDay);
        const missed = await listMissing();
        assert.ok(missed.length > 20, `${missed.length} rows came late`);
        await pull(ageDays + 1);
        assert.deepEqual(await listMissing(), []);
        const found = await db.query<{ rows: number }>(
          'select rows::integer as rows from zendesk_sync.late_rows where stream = $1 and age_seconds = $2',
          [stream, ageDays * day],
        );
        assert.ok(found.length === 1 && (found[0]?.rows ?? 0) >= missed.length);
        const [status] = await loadStatus(db, [{ name: stream }]);
        assert.equal(
          status?.late_rows.find(({ age_seconds }) => age_seconds === ageDays * day)?.rows,
          found[0]?.rows,
        );
      });
    });
});
