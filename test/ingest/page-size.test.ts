import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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

describe('an answer 504', () => {
  it('halves the page for that span only, and the ledger says so', async () => {
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
        '2500 200',
        '2500 504',
        '1250 200',
        '1250 200',
        '1250 200',
      ]);
      assert.deepEqual(
        (await listFetches(db, 'access_logs')).map(({ pageSize, pages }) => ({ pageSize, pages })),
        [
          { pageSize: 2500, pages: 1 },
          { pageSize: 2500, pages: 1 },
          { pageSize: 312, pages: 1 },
          { pageSize: 2500, pages: 1 },
          { pageSize: 1250, pages: 3 },
        ],
      );
      await assertComplete(installation, 'access_logs');
    });
  });

  it('still counts for its span after a failed run', async () => {
    await withInstallation(smallAccount('access_logs'), {}, async (installation) => {
      const { simulator, db, worker } = installation;
      await worker('access_logs').follow(signal);
      simulator.addFault({ kind: '504-text', stream: 'access_logs', after: 3, times: 1 });
      simulator.addFault({
        kind: '502-html',
        stream: 'access_logs',
        onlyWithCursor: true,
        times: 6,
      });
      assert.equal((await worker('access_logs').fill(signal))?.outcome, 'failed');
      const asked = askedSizes(installation, 0).length;
      await pullCompletely(installation, 'access_logs');
      await assertComplete(installation, 'access_logs');
      const [burst] = (await listFetches(db, 'access_logs')).filter(({ pages }) => pages > 1);
      assert.deepEqual(
        { pageSize: burst?.pageSize, pages: burst?.pages, outcome: burst?.outcome },
        { pageSize: 1250, pages: 3, outcome: 'complete' },
      );
      assert.deepEqual(askedSizes(installation, asked), ['2500 200', '1250 200', '1250 200']);
    });
  });
});
