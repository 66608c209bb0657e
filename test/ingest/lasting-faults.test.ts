import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import type { FaultKind } from '../../src/simulator/simulator.ts';
import { intersect } from '../../src/span.ts';
import { account, assertTrue, pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete, listFetches, statusOf } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';

const signal = new AbortController().signal;

const maintenance =
  '; look at status.zendesk.com whether Zendesk is in maintenance; nothing is lost, and the next run continues there';

describe('a lasting fault', { concurrency: 3 }, () => {
  const unusable = (path: string, last: string): string =>
    `No usable answer from Zendesk to ${path} after 6 attempts; the last one: ${last}${last.startsWith('status 503') ? maintenance : ''}.`;
  const table: [kind: FaultKind, audit: string, access?: string][] = [
    [
      '500-json',
      'status 500 "InternalServerError: Failed to process request"',
      'status 500 "Internal Service Error: Failed to process request"',
    ],
    ['500-html', 'status 500 "Something went wrong"'],
    ['502-html', 'status 502 "502 Bad Gateway"'],
    ['503-html', 'status 503 "Zendesk | Unavailable"'],
    ['503-json', 'status 503 "ServiceUnavailable"'],
    ['504-text', 'status 504 "upstream request timeout"', 'status 504 "upstream request timeout"'],
    ['connection-reset', 'no complete answer (ECONNRESET)'],
    ['reset-mid-body', 'no complete answer (ERR_HTTP_CONTENT_LENGTH_MISMATCH)'],
    ['truncated-json', 'the answer is not complete JSON'],
    ['html-200', 'the answer is not complete JSON'],
    ['empty-200', 'the answer is not complete JSON'],
    [
      'more-without-cursor',
      'the answer has more but no cursor',
      'the answer has more but no cursor',
    ],
    [
      'repeat-cursor',
      'the answer repeats the cursor that was sent',
      'the answer repeats the cursor that was sent',
    ],
  ];
  const cases = table.flatMap(([kind, audit, access]) => [
    { kind, stream: 'audit_logs', error: unusable('/api/v2/audit_logs', audit) } as const,
    ...(access === undefined
      ? []
      : [{ kind, stream: 'access_logs', error: unusable('/api/v2/access_logs', access) } as const]),
  ]);
  for (const { kind, stream, error } of cases)
    it(`ends the run of ${stream} with a sentence, and the next run continues there: ${kind}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        simulator.addFault({ kind, stream, onlyWithCursor: true, times: Infinity });
        assert.equal((await worker(stream).follow(signal)).outcome, 'complete');
        const filled = await worker(stream).fill(signal);
        assert.deepEqual(
          { outcome: filled?.outcome, error: filled?.error },
          { outcome: 'failed', error },
        );

        const tries = simulator.requests().filter(({ query }) => query.includes('page%5Bafter%5D'));
        assert.equal(tries.length, 6);
        const coverage = await assertTrue(installation, stream);
        const failed = (await listFetches(db, stream)).find(({ outcome }) => outcome === 'failed');
        assert.ok(failed !== undefined);
        assert.deepEqual(
          { error: failed.error, pages: failed.pages, mayGoOn: failed.cursor !== null },
          { error, pages: 1, mayGoOn: true },
        );
        assert.deepEqual(intersect(coverage, [{ from: failed.from, to: failed.to }]), []);
        const { state, last_error } = await statusOf(db, stream);
        assert.deepEqual({ state, last_error }, { state: 'failed', last_error: error });
        const runs = await db.query(
          `select task, outcome, error from zendesk_sync.runs where account = $1 order by id`,
          [account],
        );
        assert.deepEqual(runs, [
          { task: 'live', outcome: 'complete', error: null },
          { task: 'backfill', outcome: 'failed', error },
        ]);

        simulator.clearFaults();
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const resumed = (await listFetches(db, stream)).find(({ fetch }) => fetch === failed.fetch);
        assert.equal(resumed?.outcome, 'complete');
      });
    });

  it('leaves the newest rows uncovered when it affects the live tail', async () => {
    for (const stream of ['audit_logs', 'access_logs'] as const)
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        simulator.addFault({ kind: '502-html', stream, times: Infinity });
        assert.equal((await worker(stream).follow(signal)).outcome, 'failed');
        assert.deepEqual(await loadCoverage(db, { account, stream }), []);
        simulator.clearFaults();
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
      });
  });
});

describe('a redirect to another origin', () => {
  it('is not followed, the run fails with a sentence, and the next run continues there', async () => {
    const stream = 'audit_logs';
    await withInstallation(smallAccount(stream), {}, async (installation) => {
      const { simulator, db, worker } = installation;
      const location = 'http://127.0.0.1:9';
      simulator.addFault({ kind: 'redirect', stream, location, onlyWithCursor: true, times: 6 });
      await worker(stream).follow(signal);
      const filled = await worker(stream).fill(signal);
      assert.equal(
        filled?.error,
        `${simulator.url} answered /api/v2/audit_logs with a redirect to ${location} (302), which the program does not follow, because the credentials go to the configured origin only; check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL.`,
      );
      const failed = (await listFetches(db, stream)).find(({ outcome }) => outcome === 'failed');
      assert.equal(failed?.pages, 1);
      assert.notEqual(failed.cursor, null);
      await pullCompletely(installation, stream);
      await assertComplete(installation, stream);
    });
  });
});
