import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedPostgres } from '../../src/database/embedded.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { chooseParent } from '../support/global-setup.ts';
import { account, assertTrue, withInstallation } from '../support/installation.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// The database that is restarted has it.
returnToMachineClock();

const signal = new AbortController().signal;
const dense = { accessLogDays: 10, accessLogRowsPerDay: 5000, auditLogRowsPerDay: 0 };

describe('a database that becomes unavailable', () => {
  it('in the middle of a page loses and doubles nothing: every connection is cut at every fourth page of a backfill', async () => {
    await withInstallation(dense, {}, async (installation) => {
      const proxy = await startDatabaseProxy(installation.url);
      try {
        const worker = createStreamWorker(
          installation.another({ databaseUrl: proxy.url }),
          accessLogs,
        );
        assert.equal((await worker.follow(signal)).outcome, 'complete');
        let cuts = 0;
        let pagesBefore = installation.simulator.requests().length;
        // While a page is stored the next one is requested: a cut at a request happens during a transaction.
        const timer = setInterval(() => {
          const pages = installation.simulator.requests().length;
          if (pages < pagesBefore + 4) return;
          pagesBefore = pages;
          cuts += 1;
          proxy.cut();
        }, 1);
        const filled = await worker.fill(signal).finally(() => clearInterval(timer));
        assert.equal(filled?.outcome, 'complete', filled?.error);
        assert.ok(cuts > 3, `${cuts} cuts`);
        assert.equal((await assertTrue(installation, 'access_logs')).length, 1);
        const [double] = await installation.db.query<{ wrong: number }>(
          `select count(*)::integer as wrong from zendesk_sync.fetches where outcome = 'complete' and rows_new > rows_seen`,
        );
        assert.deepEqual(double, { wrong: 0 });
      } finally {
        await proxy.close();
      }
    });
  });

  it('for a restart makes the run wait and then continue where it was', async () => {
    const dataDir = await mkdtemp(join(await chooseParent(), 'zls-restart-'));
    // The program waits for fifteen seconds: the restart must not wait for a disk.
    const open = () => openEmbeddedPostgres({ dataDir, durable: false });
    let postgres = await open();
    const proxy = await startDatabaseProxy(postgres.url);
    try {
      await migrateDatabase(postgres.url);
      await withInstallation(dense, {}, async (installation) => {
        const { simulator } = installation;
        const engine = installation.another({ databaseUrl: proxy.url });
        const worker = createStreamWorker(engine, accessLogs);
        assert.equal((await worker.follow(signal)).outcome, 'complete');
        const filling = worker.fill(signal);
        while (simulator.requests().length < 10) await sleep(5);
        await postgres.stop();
        postgres = await open();
        proxy.redirect(postgres.url);
        const filled = await filling;
        assert.equal(filled?.outcome, 'complete', filled?.error);
        const coverage = await assertTrue({ ...installation, db: engine.db }, 'access_logs');
        assert.equal(coverage.length, 1);
        const runs = await engine.db.query(
          `select task, outcome from zendesk_sync.runs where account = $1 order by id`,
          [account],
        );
        assert.deepEqual(runs, [
          { task: 'live', outcome: 'complete' },
          { task: 'backfill', outcome: 'complete' },
        ]);
      });
    } finally {
      await proxy.close();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
