/** A list that changes its order between pages: what its cursors skipped does not count as complete. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import { intersect } from '../../src/span.ts';
import { account, withInstallation } from '../support/installation.ts';
import { startRawLogServer } from '../support/raw-log-server.ts';

const signal = new AbortController().signal;
const noon = Math.floor(Date.now() / 86_400_000) * 86_400 - 40 * 86_400 + 43_200;
const span = { from: noon - 60, to: noon + 1200 };

describe('a list that changes its order from one page to the next', () => {
  for (const stream of ['audit_logs', 'access_logs'] as const)
    it(`fails, covers nothing, and is read when it keeps its order: ${stream}`, async () => {
      const server = await startRawLogServer();
      try {
        server.records[stream] = Array.from({ length: 80 }, (_, number) => {
          const second = noon + number;
          const time = new Date(second * 1000).toISOString();
          const content =
            stream === 'audit_logs'
              ? { id: 1000 + number, created_at: time, action: 'update' }
              : { id: `01M${number}`, timestamp: time, status: 200, url: '/api/v2/users/7' };
          return { second, content: JSON.stringify(content) };
        });
        server.turns = true;
        const pageSizes = { audit_logs: 20, access_logs: 20 };
        const settings = { origin: server.origin, rescanAges: [], pageSizes };
        await withInstallation({}, settings, async ({ db, worker }) => {
          const count = async (): Promise<number> =>
            (await db.query(`select from zendesk.${stream}`)).length;
          const failed = await worker(stream).read(span, signal);
          assert.deepEqual([failed.outcome, failed.code], ['failed', 'walk_stuck']);
          assert.match(failed.error ?? '', /changed the order of \w+ from one page to the next/);
          const coverage = await loadCoverage(db, { account, stream });
          assert.deepEqual(intersect(coverage, [span]), []);

          server.turns = false;
          const read = await worker(stream).read(span, signal);
          assert.equal(read.outcome, 'complete', read.error);
          assert.equal(await count(), 80);
          assert.deepEqual(intersect(await loadCoverage(db, { account, stream }), [span]), [span]);
        });
      } finally {
        server.close();
      }
    });
});
