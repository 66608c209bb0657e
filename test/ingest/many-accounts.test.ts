import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { createLogger } from '../../src/logger.ts';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { loadStatus } from '../../src/ingest/status.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createCursorShare, type CursorShare } from '../../src/ingest/engine.ts';
import { createEngine } from '../../src/ingest/session.ts';
import type { Engine } from '../../src/ingest/engine.ts';
import { runPass } from '../../src/ingest/service.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { streams } from '../../src/streams/registry.ts';
import { usualClassify } from '../support/stored-records.ts';
import { createStreamWorker, type LogWorker } from '../../src/ingest/worker.ts';
import { withDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';
import { withClient, type Query } from '../support/query.ts';

const log = createLogger({ level: 'silent', format: 'json', fileDescriptor: 2, isTerminal: false });
const bounds = { bulk: 2, other: 3 };

/** One process: pools that all its engines share, and a simulated Zendesk that is the account of each. */
type Process = {
  readonly simulator: Simulator;
  readonly db: Database;
  readonly bulk: Database;
  /** A connection that does not belong to the process. */
  readonly query: Query;
  readonly engineOf: (account: string, cursorShare: CursorShare) => Engine;
};

async function withProcess(work: (process: Process) => Promise<void>): Promise<void> {
  await withDatabase(async (url) => {
    const simulator = await startSimulator({
      limits: false,
      agents: 5,
      answerMs: 20,
      accessLogDays: 0,
      auditLogDays: 3,
      auditLogRowsPerDay: 300,
    });
    const db = openDatabase({ url, connections: bounds.other });
    const bulk = openDatabase({ url, connections: bounds.bulk });
    const engines: Engine[] = [];
    const engineOf: Process['engineOf'] = (account, cursorShare) => {
      const { clientId, clientSecret } = simulator.options.credentials;
      const engine = createEngine({
        account,
        db,
        bulk,
        cursorShare,
        zendesk: {
          origin: simulator.url,
          credentials: { kind: 'oauth-client', clientId, clientSecret },
          scope: 'read',
        },
        reserve: 1,
        streams,
        classify: usualClassify,
        settings: {
          settleSeconds: 300,
          rescanAges: [],
          horizons: {},
          requestsPerMinute: { support: 100_000, access_logs: 100_000 },
          pageSizes: {},
        },
        holder: 'test',
        leaseMs: 15_000,
        log,
        report: () => {},
      });
      engines.push(engine);
      return engine;
    };
    try {
      await withClient(url, (query) => work({ simulator, db, bulk, query, engineOf }));
    } finally {
      for (const { zendesk } of engines) await zendesk.close();
      await bulk.close();
      await db.close();
      await simulator.stop();
    }
  });
}

/** The largest number of connections of the process while it works. */
async function countConnections(query: Query, work: Promise<unknown>): Promise<number> {
  let most = 0;
  const ended = new AbortController();
  const done = work.finally(() => ended.abort());
  done.catch(() => {});
  while (!ended.signal.aborted) {
    const [now] = await query<{ connections: number }>(
      `select count(*)::integer as connections from pg_stat_activity
       where datname = current_database() and application_name = 'zendesk-log-sync'`,
    );
    most = Math.max(most, now?.connections ?? 0);
    await sleep(5);
  }
  await done;
  return most;
}

/** The largest number of backfill cursors that one account had at once, and the accounts that had any. */
async function countCursors(query: Query): Promise<{ ofOne: number; accounts: number }> {
  const [most] = await query<{ ofOne: number; accounts: number }>(
    `select max(own)::integer as "ofOne", max(accounts)::integer as accounts
     from zendesk_sync.fetches f
     cross join lateral (
       select count(*) filter (where g.account = f.account) as own, count(distinct g.account) as accounts
       from zendesk_sync.fetches g
       where g.kind <> 'live' and g.started_at <= f.started_at and g.ended_at > f.started_at
     ) as open
     where f.kind <> 'live'`,
  );
  return most ?? assert.fail('no fetch');
}

const names = Array.from({ length: 24 }, (_, place) => `account-${String(place).padStart(2, '0')}`);
const signal = new AbortController().signal;

describe('many accounts in one process', () => {
  it('are all pulled completely over few connections, each with no more cursors than its share', async () => {
    await withProcess(async ({ simulator, db, query, engineOf }) => {
      // As if as many backfills of others ran all the time, so that the share is the same from the first page to the last.
      const share = createCursorShare(names.length);
      for (const _ of names) share.join();
      assert.equal(share.count(), 1);
      const workers = names.map((name) => createStreamWorker(engineOf(name, share), auditLogs));
      const passes = Promise.all(workers.map((worker) => runPass([worker], signal)));
      const connections = await countConnections(query, passes);
      assert.deepEqual(
        (await passes).flat().map(({ complete, runs }) => [complete, runs.at(-1)?.error]),
        names.map(() => [true, undefined]),
      );
      assert.equal(connections, bounds.bulk + bounds.other);
      const { ofOne, accounts } = await countCursors(query);
      assert.equal(ofOne, 1);
      assert.ok(accounts > names.length / 2, `${accounts} accounts at once`);

      const until = new Date(simulator.now() - 600_000);
      const shown = [...simulator.records('audit_logs', new Date(0), until)];
      const ids = shown.map(({ id }) => String(id)).toSorted();
      assert.ok(ids.length > 500, String(ids.length));
      const stored = await db.query<{ account: string; ids: string[] }>(
        `select account, array_agg(id::text) as ids from zendesk.audit_logs where created_at < $1
         group by account order by account`,
        [until],
      );
      assert.deepEqual(
        stored.map(({ account }) => account),
        names,
      );
      for (const row of stored) assert.deepEqual(row.ids.toSorted(), ids, row.account);
      const status = await loadStatus(db, streams);
      assert.deepEqual(
        status.map(({ account, state, gaps }) => [account, state, gaps]),
        names.map((name) => [name, 'ok', 0]),
      );
    });
  });

  it('use several cursors for one backfill if no other runs', async () => {
    await withProcess(async ({ query, engineOf }) => {
      const worker = createStreamWorker(engineOf('alone', createCursorShare()), auditLogs);
      await runPass([worker], signal);
      const { ofOne, accounts } = await countCursors(query);
      // More than two where pages take more than a second.
      assert.ok(ofOne >= 2, `${ofOne} cursors`);
      assert.equal(accounts, 1);
    });
  });

  it('get their newest rows while backfills use all connections that are for backfills', async () => {
    await withProcess(async ({ bulk, query, engineOf }) => {
      const share = createCursorShare();
      const [filling, following] = ['filling', 'following'].map((name) =>
        createStreamWorker(engineOf(name, share), auditLogs),
      ) as [LogWorker, LogWorker];
      const free = Promise.withResolvers<boolean>();
      // So that a failure is reported, instead of an endless wait.
      const giveUp = setTimeout(() => free.resolve(false), patienceMs);
      const taken = Array.from({ length: bounds.bulk }, () => {
        const begun = Promise.withResolvers<void>();
        // As long as a page of a backfill may take.
        const held = bulk.transaction(async (tx) => {
          await tx.query('select 1');
          begun.resolve();
          // Postgres ends a transaction that is idle for ten seconds.
          for (let isFree = false; !isFree;) {
            await tx.query('select 1');
            isFree = await Promise.race([free.promise.then(() => true), sleep(500, false)]);
          }
        });
        return { begun: begun.promise, held };
      });
      await Promise.all(taken.map(({ begun }) => begun));
      const filled = filling.fill(signal);
      const opened = `select from zendesk_sync.fetches where account = 'filling' and pages = 0`;
      while ((await query(opened)).length === 0) await sleep(5);

      assert.equal((await following.follow(signal)).outcome, 'complete');
      assert.equal((await following.follow(signal)).outcome, 'complete');
      assert.equal((await query(opened)).length, 1, 'the backfill waits');
      free.resolve(true);
      clearTimeout(giveUp);
      assert.ok(await free.promise, 'the newest rows waited as well');
      await Promise.all(taken.map(({ held }) => held));
      assert.equal((await filled)?.outcome, 'complete');
    });
  });
});
