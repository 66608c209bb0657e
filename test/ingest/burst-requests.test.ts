import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pullCompletely, withInstallation } from '../support/installation.ts';
import { listFetches, statusOf } from '../support/ledger-facts.ts';
import { listRawRecords } from '../support/raw-records.ts';
import { startRawLogServer } from '../support/raw-log-server.ts';

const now = Math.floor(Date.now() / 1000);
const hour = 3600;

/** Bursts of 101 to 290 records, each in a second of its own, and single records in between where there are any. */
function listBursts(bursts: number, every: number, between: number): number[] {
  return Array.from({ length: bursts }, (_, place) => {
    const second = now - hour - (bursts - place) * every;
    const burst = Array.from({ length: 101 + ((place * 37) % 190) }, () => second);
    const single = Array.from({ length: between }, (_unused, number) => second + 1 + number);
    return [...burst, ...single];
  }).flat();
}

describe('bursts of 101 to 290 records in a second', { concurrency: 2 }, () => {
  for (const [what, seconds] of [
    ['every hour', listBursts(60, hour, 0)],
    ['every hour among single records', listBursts(60, hour, 12)],
    ['every ten minutes', listBursts(240, 600, 0)],
  ] as const)
    it(`take at most 1.2 times the pages that they fill, and each record is stored: ${what}`, async () => {
      const server = await startRawLogServer();
      server.records.audit_logs = listRawRecords('audit_logs', seconds);
      const settings = {
        origin: server.origin,
        rescanAges: [],
        isNew: true,
        horizons: { audit_logs: now - 4 * 86_400 },
      };
      try {
        await withInstallation({}, settings, async (installation) => {
          const { db } = installation;
          await pullCompletely(installation, 'audit_logs');
          const [stored] = await db.query<{ rows: number }>(
            'select count(*)::integer as rows from zendesk.audit_logs',
          );
          assert.deepEqual(stored, { rows: seconds.length });
          const { state, gaps } = await statusOf(db, 'audit_logs');
          assert.deepEqual({ state, gaps }, { state: 'ok', gaps: 0 });
          const needed = Math.ceil(seconds.length / 100);
          const fetches = await listFetches(db, 'audit_logs');
          assert.ok(
            server.requests <= needed * 1.2,
            `${server.requests} requests for ${needed} pages: ${fetches.map(({ pages, seen }) => `${seen} in ${pages}`).join(', ')}`,
          );
        });
      } finally {
        server.close();
      }
    });
});
