/** A list with offsets as cursors that gets shorter at its front while it is read: what it skips is found by a rescan. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromSeconds } from '../../src/span.ts';
import { account, withInstallation } from '../support/installation.ts';
import { startRawLogServer } from '../support/raw-log-server.ts';

const signal = new AbortController().signal;
const daySeconds = 86_400;
const noon = Math.floor(Date.now() / 86_400_000) * daySeconds - 3 * daySeconds + 43_200;
const span = { from: noon - 60, to: noon + 1200 };

describe('a list whose cursors are offsets and that gets shorter at its front', () => {
  for (const stream of ['audit_logs', 'access_logs'] as const)
    it(`skips records, which the next rescan finds: ${stream}`, async () => {
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
        let isWhole = true;
        server.answerOddly = ({ url }) => {
          if (isWhole && url?.includes('after') === true) {
            isWhole = false;
            server.records[stream] = server.records[stream].slice(3);
          }
          return false;
        };
        const pageSizes = { audit_logs: 20, access_logs: 20 };
        const settings = { origin: server.origin, rescanAges: [daySeconds], pageSizes };
        await withInstallation({}, settings, async ({ db, worker }) => {
          const count = async (): Promise<number> =>
            (await db.query(`select from zendesk.${stream}`)).length;
          const read = await worker(stream).read(span, signal);
          assert.equal(read.outcome, 'complete', read.error);
          assert.equal(await count(), 77, 'three are skipped, and no answer shows it');
          // As if the span had been read when it was younger than the age.
          await db.query(
            'update zendesk_sync.rescans set covered_until = $3 where account = $1 and stream = $2 and covered_until > $3',
            [account, stream, fromSeconds(span.from)],
          );
          const filled = await worker(stream).fill(signal);
          assert.equal(filled?.outcome, 'complete', filled?.error);
          assert.equal(await count(), 80, 'the three, beside those that are gone at the source');
          const late = await db.query<{ rows: number }>(
            `select rows_late::integer as rows from zendesk_sync.fetches where kind = 'rescan' and rows_late > 0`,
          );
          assert.deepEqual(late, [{ rows: 3 }]);
        });
      } finally {
        server.close();
      }
    });
});
