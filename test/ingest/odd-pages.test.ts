import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../../src/simulator/simulator.ts';
import { assertTrue, pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete, listFetches, statusOf } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';

const signal = new AbortController().signal;
const logs = ['audit_logs', 'access_logs'] as const;

describe('a page with unusual content', { concurrency: 3 }, () => {
  for (const stream of logs) {
    it(`with one id twice is stored without a double or a loss: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db } = installation;
        simulator.addFault({ kind: 'duplicate-in-page', stream, times: Infinity });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const seen = (await listFetches(db, stream)).reduce((sum, fetch) => sum + fetch.seen, 0);
        const [stored] = await db.query<{ rows: number }>(
          `select count(*)::integer as rows from zendesk.${stream}`,
        );
        assert.ok(seen > (stored?.rows ?? 0), 'every page held a row twice');
      });
    });

    it(`in reversed order is stored like any other: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator } = installation;
        simulator.addFault({ kind: 'unsorted', stream, times: Infinity });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
      });
    });

    it(`with numbers as text is stored as if they were numbers: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        simulator.addFault({ kind: 'changed-type', stream, times: Infinity });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const [odd] = await db.query(
          `select count(*)::integer as rows from zendesk.${stream} where extra is not null`,
        );
        assert.deepEqual(odd, { rows: 0 });
        // Read again as numbers: nothing has changed.
        simulator.clearFaults();
        const again = await worker(stream).read(wholeOf(simulator.now()), signal);
        assert.deepEqual(
          { outcome: again.outcome, new: again.counts.new, changed: again.counts.changed },
          { outcome: 'complete', new: 0, changed: 0 },
        );
      });
    });

    it(`with a new field is stored with that field in extra: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db } = installation;
        simulator.addFault({ kind: 'new-field', stream, times: Infinity });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const kept = await db.query(`select distinct extra from zendesk.${stream}`);
        assert.deepEqual(kept, [{ extra: { trust_level: { score: 0.75, by: ['edge'] } } }]);
      });
    });

    it(`with a value that does not fit its column is stored with that value in extra: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db } = installation;
        const value = { v4: '203.0.113.9', hops: [1, 2] };
        simulator.addFault({
          kind: 'changed-type',
          stream,
          field: 'ip_address',
          value,
          times: Infinity,
        });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const kept = await db.query(`select distinct ip_address, extra from zendesk.${stream}`);
        assert.deepEqual(kept, [{ ip_address: null, extra: { ip_address: value } }]);
      });
    });
  }

  const unreadable: [
    field: string,
    value: unknown,
    stream: (typeof logs)[number],
    error: RegExp,
  ][] = [
    [
      'id',
      null,
      'audit_logs',
      /^\d+ of the \d+ records of a page of audit_logs cannot be stored, so the whole page was not stored\. The first one is record 1 of the page \(of [\d:TZ-]{20}\): Zendesk sent a record in audit_logs without a usable id\. /,
    ],
    [
      'id',
      null,
      'access_logs',
      /^\d+ of the \d+ records of a page of access_logs cannot be stored, .* without a usable id\. /,
    ],
    [
      'created_at',
      'yesterday',
      'audit_logs',
      / The first one is record 1 of the page \(id \d+\): Record \d+ has no usable created_at\. /,
    ],
    [
      'timestamp',
      1_790_000_000,
      'access_logs',
      / The first one is record 1 of the page \(id \w{26}\): Record \w{26} has no usable timestamp\. /,
    ],
  ];
  for (const [field, value, stream, error] of unreadable)
    it(`without any record with a usable ${field} fails the run and is read again: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        const fault: Fault = { kind: 'changed-type', stream, field, value, times: Infinity };
        await worker(stream).follow(signal);
        simulator.addFault({ ...fault, onlyWithCursor: true });
        const filled = await worker(stream).fill(signal);
        assert.equal(filled?.outcome, 'failed');
        assert.match(filled.error ?? '', error);
        assert.equal((await statusOf(db, stream)).last_error, filled.error);
        await assertTrue(installation, stream);
        simulator.clearFaults();
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
      });
    });
});

function wholeOf(nowMs: number): { from: number; to: number } {
  const now = Math.floor(nowMs / 1000);
  return { from: now - 4 * 86_400, to: now - 600 };
}
