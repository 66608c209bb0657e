import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { pullCompletely, withInstallation, type Installation } from '../support/installation.ts';
import { assertComplete, listFetches } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';

const signal = new AbortController().signal;

/** The `page[size]` and status of each request for access logs, in order. */
function askedSizes({ simulator }: Installation, skip: number): string[] {
  return simulator
    .requests()
    .filter(({ stream }) => stream === 'access_logs')
    .slice(skip)
    .map(({ query, status }) => `${new URLSearchParams(query).get('page[size]')} ${status}`);
}

describe('the size of a page', () => {
  it('gets smaller, then grows again with good pages, and the ledger shows it', async () => {
    await withInstallation(smallAccount('access_logs'), {}, async (installation) => {
      const { simulator, db, worker } = installation;
      await worker('access_logs').follow(signal);
      // The fill reads three spans of a page each before the one that takes several.
      simulator.addFault({ kind: '504-text', stream: 'access_logs', after: 1, times: 2 });
      simulator.addFault({ kind: '504-text', stream: 'access_logs', after: 5 });
      assert.equal((await worker('access_logs').fill(signal))?.outcome, 'complete');
      assert.deepEqual(askedSizes(installation, 1), [
        '2500 200',
        '2500 504',
        '1250 504',
        '312 200',
        '624 200',
        '1248 504',
        '624 200',
        '624 200',
        '1248 200',
        '1248 200',
      ]);
      assert.deepEqual(
        (await listFetches(db, 'access_logs')).map(({ pageSize, pages }) => ({ pageSize, pages })),
        [
          { pageSize: 2500, pages: 1 },
          { pageSize: 2500, pages: 1 },
          { pageSize: 312, pages: 1 },
          { pageSize: 624, pages: 1 },
          { pageSize: 1248, pages: 4 },
        ],
      );
      await assertComplete(installation, 'access_logs');
    });
  });

  it('is kept with a fetch whose run failed, also for another process, unless not even one record was received', async () => {
    for (const [sizeOver, kept] of [
      [5, 39],
      [0, 2500],
    ] as const)
      await withInstallation(smallAccount('access_logs'), {}, async (installation) => {
        const { simulator, db, worker, another } = installation;
        await worker('access_logs').follow(signal);
        const stream = 'access_logs';
        simulator.addFault({
          kind: '502-html',
          stream,
          onlyWithCursor: true,
          pageSizeOver: sizeOver,
          times: sizeOver === 0 ? 6 : 4,
        });
        // A fifth attempt would succeed; the network fails permanently.
        if (sizeOver > 0)
          simulator.addFault({ kind: '503-html', stream, onlyWithCursor: true, times: 2 });
        assert.equal((await worker(stream).fill(signal))?.outcome, 'failed');
        const failed = (await listFetches(db, stream)).find(({ outcome }) => outcome === 'failed');
        assert.ok(failed !== undefined);
        if (sizeOver === 0) assert.equal(failed.pageSize, kept);
        else assert.ok(failed.pageSize < 2500, `${failed.pageSize}`);
        const other = createStreamWorker(another({ holder: 'another process' }), accessLogs);
        const asked = askedSizes(installation, 0).length;
        assert.equal((await other.fill(signal))?.outcome, 'complete');
        assert.equal(askedSizes(installation, asked)[0], `${failed.pageSize} 200`);
        await assertComplete(installation, stream);
      });
  });

  it('ends at single records, if nothing else works, and every record is stored', async () => {
    const stream = 'audit_logs';
    const account = { ...smallAccount(stream), auditLogRowsPerDay: 5, burst: null };
    await withInstallation(account, {}, async (installation) => {
      const { simulator } = installation;
      simulator.addFault({ kind: '504-text', stream, pageSizeOver: 1, times: Infinity });
      await pullCompletely(installation, stream);
      await assertComplete(installation, stream);
    });
  });

  it('is never larger than the settings allow', async () => {
    const pageSizes = { access_logs: 400 };
    await withInstallation(smallAccount('access_logs'), { pageSizes }, async (installation) => {
      await pullCompletely(installation, 'access_logs');
      await assertComplete(installation, 'access_logs');
      assert.deepEqual(new Set(askedSizes(installation, 0)), new Set(['400 200']));
    });
  });
});
