import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assertTrue,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { assertComplete, listFetches, type FetchFact } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';

const signal = new AbortController().signal;
const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];

const refused = {
  audit_logs:
    'Zendesk does not accept the cursor for /api/v2/audit_logs (400), so the time range must be read again from its start. Zendesk said: "InvalidPaginationParameter: page[after] is not valid".',
  access_logs:
    'Zendesk does not accept the cursor for /api/v2/access_logs (400), so the time range must be read again from its start. Zendesk said: "Malformed query params: invalid cursor".',
};

/** Stops a backfill in the middle of the span that takes several pages, with the cursor of its second page stored. */
async function stopInMidSpan(installation: Installation, stream: Log): Promise<FetchFact> {
  const { simulator, db, worker } = installation;
  simulator.addFault({ kind: '502-html', stream, onlyWithCursor: true, times: Infinity });
  await worker(stream).follow(signal);
  assert.equal((await worker(stream).fill(signal))?.outcome, 'failed');
  simulator.clearFaults();
  const stopped = (await listFetches(db, stream)).find(({ outcome }) => outcome === 'failed');
  assert.ok(stopped !== undefined && stopped.cursor !== null);
  return stopped;
}

async function findFetch(
  { db }: Installation,
  stream: Log,
  fetch: string,
): Promise<FetchFact | undefined> {
  return (await listFetches(db, stream)).find((other) => other.fetch === fetch);
}

describe('a cursor that is refused', { concurrency: 3 }, () => {
  for (const stream of logs) {
    it(`in the middle of a run makes ${stream} read that span again, once, within the run`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db } = installation;
        simulator.addFault({ kind: 'refuse-cursor', stream });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const restarted = (await listFetches(db, stream)).filter((fetch) => fetch.restarted);
        assert.equal(restarted.length, 1);
        assert.equal(restarted[0]?.outcome, 'complete');
        assert.ok((restarted[0]?.seen ?? 0) > (restarted[0]?.new ?? 0), 'rows were read twice');
      });
    });

    it(`when a run resumes makes ${stream} read that span again from its start, within the run`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator } = installation;
        const stopped = await stopInMidSpan(installation, stream);
        simulator.addFault({ kind: 'refuse-cursor', stream });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const resumed = await findFetch(installation, stream, stopped.fetch);
        assert.deepEqual(
          { outcome: resumed?.outcome, restarted: resumed?.restarted, error: resumed?.error },
          { outcome: 'complete', restarted: true, error: null },
        );
      });
    });

    it(`a second time fails the run of ${stream}, and the next run reads the gap from its start`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        const stopped = await stopInMidSpan(installation, stream);
        simulator.addFault({ kind: 'refuse-cursor', stream, times: 2 });
        const filled = await worker(stream).fill(signal);
        assert.deepEqual(
          { outcome: filled?.outcome, error: filled?.error },
          { outcome: 'failed', error: refused[stream] },
        );
        await assertTrue(installation, stream);
        const { outcome, restarted, cursor, error } =
          (await findFetch(installation, stream, stopped.fetch)) ?? stopped;
        assert.deepEqual(
          { outcome, restarted, cursor, error },
          { outcome: 'failed', restarted: true, cursor: null, error: refused[stream] },
        );

        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.equal((await findFetch(installation, stream, stopped.fetch))?.outcome, 'failed');
        const afresh = (await listFetches(db, stream)).find(
          ({ fetch, from, kind }) =>
            fetch !== stopped.fetch && from === stopped.from && kind === 'backfill',
        );
        assert.equal(afresh?.outcome, 'complete');
      });
    });
  }

  it('restarts a fetch only once, also when a run failed in between', async () => {
    const stream = 'audit_logs';
    await withInstallation(smallAccount(stream), {}, async (installation) => {
      const { simulator, worker } = installation;
      const stopped = await stopInMidSpan(installation, stream);
      simulator.addFault({ kind: 'refuse-cursor', stream });
      simulator.addFault({ kind: '502-html', stream, onlyWithCursor: true, after: 1, times: 6 });
      assert.match((await worker(stream).fill(signal))?.error ?? '', /502 Bad Gateway/);
      const restarted = await findFetch(installation, stream, stopped.fetch);
      assert.deepEqual(
        { restarted: restarted?.restarted, mayGoOn: restarted?.cursor !== null },
        { restarted: true, mayGoOn: true },
      );
      simulator.addFault({ kind: 'refuse-cursor', stream });
      assert.equal((await worker(stream).fill(signal))?.error, refused[stream]);
      await pullCompletely(installation, stream);
      await assertComplete(installation, stream);
    });
  });

  it('each time fails every run, and the span never counts as covered', async () => {
    await withInstallation(smallAccount('audit_logs'), {}, async (installation) => {
      const { simulator, worker } = installation;
      simulator.addFault({ kind: 'refuse-cursor', stream: 'audit_logs', times: Infinity });
      await worker('audit_logs').follow(signal);
      for (let run = 0; run < 3; run += 1)
        assert.equal((await worker('audit_logs').fill(signal))?.error, refused.audit_logs);
      await assertTrue(installation, 'audit_logs');
      simulator.clearFaults();
      await pullCompletely(installation, 'audit_logs');
      await assertComplete(installation, 'audit_logs');
    });
  });
});

/** How many spans of one page each a backfill reads before the one that takes several. */
const spansBefore = { audit_logs: 1, access_logs: 3 };

describe('a cursor that repeats', { concurrency: 3 }, () => {
  for (const stream of logs) {
    it(`on a later page costs ${stream} one more request`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db } = installation;
        simulator.addFault({ kind: 'repeat-cursor', stream, onlyWithCursor: true });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.ok((await listFetches(db, stream)).every(({ restarted }) => !restarted));
      });
    });

    it(`on a first page makes ${stream} read the span again in the same run`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        await worker(stream).follow(signal);
        // The first page of the span that takes several: the cursor that comes with it leads to the same page again.
        simulator.addFault({ kind: 'repeat-cursor', stream, after: spansBefore[stream] });
        assert.equal((await worker(stream).fill(signal))?.outcome, 'complete');
        await assertComplete(installation, stream);
        const restarted = (await listFetches(db, stream)).filter((fetch) => fetch.restarted);
        assert.deepEqual(
          restarted.map(({ outcome }) => outcome),
          ['complete'],
        );
      });
    });
  }
});

describe('empty pages that say that there is more', { concurrency: 3 }, () => {
  for (const stream of logs) {
    it(`are followed, ten in a row: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db } = installation;
        simulator.addFault({
          kind: 'empty-page-with-more',
          stream,
          onlyWithCursor: true,
          times: 10,
        });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.ok((await listFetches(db, stream)).every(({ restarted }) => !restarted));
      });
    });

    it(`without end fail the run of ${stream} with a sentence`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        await worker(stream).follow(signal);
        simulator.addFault({
          kind: 'empty-page-with-more',
          stream,
          onlyWithCursor: true,
          times: Infinity,
        });
        const filled = await worker(stream).fill(signal);
        const error = `Zendesk sent 11 empty pages of ${stream} in a row, but says that there are more. The time range is not complete and will be read again.`;
        assert.deepEqual(
          { outcome: filled?.outcome, error: filled?.error },
          { outcome: 'failed', error },
        );
        const failed = (await listFetches(db, stream)).find(({ outcome }) => outcome === 'failed');
        assert.deepEqual(
          { restarted: failed?.restarted, cursor: failed?.cursor, error: failed?.error },
          { restarted: true, cursor: null, error },
        );
        await assertTrue(installation, stream);
        simulator.clearFaults();
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
      });
    });
  }
});

describe('a cursor that is only in the link', { concurrency: 2 }, () => {
  for (const stream of logs)
    it(`is used, without following the link: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db } = installation;
        simulator.addFault({ kind: 'link-only-cursor', stream, times: Infinity });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.ok((await listFetches(db, stream)).some(({ pages }) => pages > 1));
        const led = simulator.requests().filter(({ query }) => query.includes('page%5Bafter%5D'));
        assert.ok(led.length > 0 && led.every(({ query }) => query.includes('filter%5B')));
      });
    });
});

describe('a cursor that is no longer known', { concurrency: 2 }, () => {
  for (const stream of logs)
    it(`and answered with 404 makes the span be read again, within the run: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator } = installation;
        const stopped = await stopInMidSpan(installation, stream);
        simulator.addFault({ kind: 'lost-cursor', stream });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const resumed = await findFetch(installation, stream, stopped.fetch);
        assert.deepEqual(
          { outcome: resumed?.outcome, restarted: resumed?.restarted, error: resumed?.error },
          { outcome: 'complete', restarted: true, error: null },
        );
      });
    });
});

describe('a walk in a circle', { concurrency: 2 }, () => {
  /** Enough records for some pages, each of which could be the next. */
  const longLog = (stream: Log) => ({
    ...smallAccount(stream),
    burst: {
      stream,
      at: new Date(Date.now() - 93_600_000),
      count: stream === 'audit_logs' ? 900 : 12_000,
    },
  });
  for (const stream of logs)
    it(`ends after some pages without anything new, and the run fails with a sentence: ${stream}`, async () => {
      await withInstallation(longLog(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        await worker(stream).follow(signal);
        const before = simulator.requests().length;
        simulator.addFault({ kind: 'circle', stream, times: Infinity, pages: 3 });
        const filled = await worker(stream).fill(signal);
        const error = `Zendesk sent 3 pages of ${stream} in a row that it had sent before. The time range is not complete and will be read again.`;
        assert.deepEqual(
          { outcome: filled?.outcome, code: filled?.code, error: filled?.error },
          { outcome: 'failed', code: 'walk_stuck', error },
        );
        const asked = simulator.requests().length - before;
        assert.ok(asked < 100, `${asked} requests`);
        assert.ok((await listFetches(db, stream)).some(({ restarted }) => restarted));
        await assertTrue(installation, stream);
        simulator.clearFaults();
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
      });
    });
});
