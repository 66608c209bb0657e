import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { acquireLease } from '../../src/ingest/lease.ts';
import { account as accountKey, type EngineOptions } from '../support/engine.ts';
import { startForwarder, type Forwarded } from '../support/forwarder.ts';
import { startProgram } from '../support/program.ts';
import {
  assertCoverageTrue,
  compareLog,
  waitUntil,
  withAccount,
  type PulledAccount,
} from '../support/pulled-account.ts';
import {
  startPullingProcess,
  type PullingProcess,
  type PullingTask,
} from '../support/pulling-process.ts';
import { withClient, type Query } from '../support/query.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// A process that is frozen in the middle of COPY is found by the time that Postgres shows for its statement.
returnToMachineClock();

const logs = ['audit_logs', 'access_logs'] as const;
/** Long enough to be stopped in the middle. */
const slowAccount = {
  answerMs: 60,
  limits: false,
  accessLogDays: 30,
  accessLogRowsPerDay: 1000,
  auditLogDays: 100,
  auditLogRowsPerDay: 40,
};
const largeAccount = { ...slowAccount, accessLogRowsPerDay: 3000, auditLogRowsPerDay: 100 };

function taskFor({ simulator, databaseUrl }: PulledAccount, leaseMs: number): PullingTask {
  const { clientId, clientSecret } = simulator.options.credentials;
  const options: EngineOptions = { leaseMs, rescanAges: [] };
  return { place: { databaseUrl, origin: simulator.url, clientId, clientSecret }, options };
}

/** The requests of one process for a stream that were in progress while the other also had one in progress. */
function findOverlaps(ours: readonly Forwarded[], theirs: readonly Forwarded[]): Forwarded[] {
  return ours.filter(({ path, from, until }) =>
    theirs.some((other) => other.path === path && other.from < until && from < other.until),
  );
}

describe('two processes on one database', { concurrency: 2 }, () => {
  it('never pull the same stream at once, and together miss nothing', async () => {
    await withAccount({ ...slowAccount, agents: 250 }, async (account) => {
      const { settings, simulator, query } = account;
      const forwarders = await Promise.all([
        startForwarder(simulator.url),
        startForwarder(simulator.url),
      ]);
      try {
        const services = forwarders.map(({ origin }, index) => {
          // Both start at once; later one ticks at even seconds and one at odd ones.
          const schedule = index === 0 ? '*/2 * * * * *' : '1-59/2 * * * * *';
          return startProgram(['serve'], {
            ...settings,
            ZENDESK_BASE_URL: origin,
            AUDIT_LOGS_SCHEDULE: schedule,
            ACCESS_LOGS_SCHEDULE: schedule,
            USERS_SCHEDULE: schedule,
            ACCESS_LOGS_REQUESTS_PER_MINUTE: '1000',
            SUPPORT_REQUESTS_PER_MINUTE: '2000',
          });
        });
        const countStreams = async (condition: string): Promise<number> =>
          (await query(`select from zendesk_sync.status where ${condition}`)).length;
        // Two facts, each of which may take long.
        await waitUntil(
          async () => (await countStreams('gaps = 0 and covered_until is not null')) === 3,
        );
        const both = `gaps = 0 and 2 = (
          select count(distinct holder) from zendesk_sync.runs r
          where r.stream = status.stream and r.outcome = 'complete' and r.task <> 'backfill')`;
        await waitUntil(async () => (await countStreams(both)) === 3);
        for (const service of services) service.kill('SIGTERM');
        const ends = await Promise.all(services.map(({ ended }) => ended));
        assert.deepEqual(
          ends.map(({ status }) => status),
          [0, 0],
        );
        const pulled = forwarders.map(({ requests }) =>
          requests.filter(({ path }) => path.startsWith('/api/')),
        );
        assert.deepEqual(findOverlaps(pulled[0] ?? [], pulled[1] ?? []), []);
        const runs = await query(
          `select a.stream, a.holder, b.holder from zendesk_sync.runs a
         join zendesk_sync.runs b on a.stream = b.stream and a.holder < b.holder
           and a.started_at < b.ended_at and b.started_at < a.ended_at`,
        );
        assert.deepEqual(runs, []);
        for (const stream of logs) {
          assert.ok((await assertCoverageTrue(account, stream)) > 2000);
          const { stored, shown } = await compareLog(account, stream);
          assert.deepEqual(stored, shown);
        }
      } finally {
        for (const forwarder of forwarders) await forwarder.stop();
      }
    });
  });

  it('take over from each other when one is killed, and continue at its cursors', async () => {
    await withAccount(slowAccount, async (account) => {
      const { query } = account;
      // Both are longer than anything here takes; that of the first one is cut short when it is dead.
      const leaseMs = 60_000;
      const [first, second] = [startPullingProcess(), startPullingProcess()];
      second.ended.catch(() => {});
      await Promise.all([first.ready, second.ready]);
      first.go(taskFor(account, leaseMs));
      await first.when('page', 12);
      const left = await stopWithinSpans(account, first);
      second.go(taskFor(account, leaseMs));
      await second.when('lease', 2);
      const holders = 'select distinct holder from zendesk_sync.leases where expires_at > now()';
      assert.deepEqual(await query(holders), [{ holder: `child ${first.pid}` }]);
      first.kill('SIGKILL');
      await first.ended;
      await query(
        `update zendesk_sync.leases set expires_at = clock_timestamp() + interval '2 seconds'`,
      );
      const leases = await query<{ stream: string; at: Date }>(
        'select stream, expires_at as at from zendesk_sync.leases',
      );
      assert.deepEqual(await second.ended, ['complete', 'complete', 'complete', 'complete']);
      const continued = await query<{ id: string; pages: number }>(
        `select id, pages from zendesk_sync.fetches where id = any($1) and outcome = 'complete'`,
        [left],
      );
      assert.equal(continued.length, left.length);
      for (const { stream, at } of leases) {
        const early = await query(
          'select from zendesk_sync.runs where holder = $1 and stream = $2 and started_at < $3',
          [`child ${second.pid}`, stream, at],
        );
        assert.deepEqual(early, [], `the lease of ${stream} is taken over when it has expired`);
      }
      for (const stream of logs) {
        const { stored, shown } = await compareLog(account, stream);
        assert.deepEqual(stored, shown);
      }
    });
  });

  for (const place of ['between', 'within'] as const)
    it(`store nothing more after being frozen ${place} transactions during a takeover`, async () => {
      await withAccount(largeAccount, async (account) => {
        const { query } = account;
        const child = startPullingProcess();
        try {
          await child.ready;
          child.go(taskFor(account, 400));
          await child.when('page', 10);
          await (place === 'within' ? stopWithinTransaction : stopBetweenTransactions)(
            account,
            child,
          );
          const leases = await takeOver(account);
          const before = await takeSnapshot(query);
          child.kill('SIGCONT');
          const outcomes = (await child.ended) ?? [];
          for (const stream of logs)
            assert.ok(
              outcomes.includes(
                `Another process has taken over ${stream} of acme; this process stored nothing of the current page.`,
              ),
              outcomes.join('\n'),
            );
          assert.deepEqual(await takeSnapshot(query), before);
          const kept =
            'select stream, holder, token::integer as token from zendesk_sync.leases order by stream';
          assert.deepEqual(await query(kept), leases);
        } finally {
          child.kill('SIGKILL');
        }
      });
    });
});

/** Stops a process in the middle of a span of each log. Returns the fetches that are under way. */
async function stopWithinSpans(
  { query }: PulledAccount,
  { kill }: PullingProcess,
): Promise<readonly string[]> {
  let found: { id: string; stream: string }[] = [];
  await waitUntil(async () => {
    kill('SIGSTOP');
    found = await query(
      'select id, stream from zendesk_sync.fetches where outcome is null and cursor is not null',
    );
    const isWithin = new Set(found.map(({ stream }) => stream)).size === logs.length;
    if (!isWithin) kill('SIGCONT');
    return isWithin;
  });
  return found.map(({ id }) => id);
}

/** Stops a process at a moment without an open transaction. */
async function stopBetweenTransactions(
  { query }: PulledAccount,
  { kill }: PullingProcess,
): Promise<void> {
  await waitUntil(async () => {
    kill('SIGSTOP');
    const open = await query(
      `select from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`,
    );
    if (open.length > 0) kill('SIGCONT');
    return open.length === 0;
  });
}

/**
 * Stops a process while one of its transactions waits for a lock, so that it stays open. Only a transaction that stores a
 * page has more than one statement: the start of a fetch has one, which ends as soon as it has the lock.
 */
async function stopWithinTransaction(
  { databaseUrl, query }: PulledAccount,
  { kill }: PullingProcess,
): Promise<void> {
  const waiting: { pid: number }[] = [];
  await withClient(databaseUrl, async (other) => {
    await other('begin');
    await other('lock table zendesk_sync.fetches in share mode');
    await waitUntil(async () => {
      const found = await query<{ pid: number }>(
        `select l.pid from pg_locks l join pg_stat_activity a using (pid)
         where not l.granted and a.datname = current_database() and l.relation = 'zendesk_sync.fetches'::regclass and a.query_start > a.xact_start`,
      );
      waiting.push(...found);
      return found.length > 0;
    });
    kill('SIGSTOP');
    await other('rollback');
  });
  // Its statement has ended, and nobody reads the answer.
  await waitUntil(async () => {
    const busy = await query(
      `select from pg_stat_activity where pid = any($1) and state = 'active'`,
      [waiting.map(({ pid }) => pid)],
    );
    return busy.length === 0;
  });
}

/** Takes the leases of both logs as another process does, as soon as they are available. Returns them by stream. */
async function takeOver({ databaseUrl }: PulledAccount): Promise<unknown[]> {
  const db = openDatabase({ url: databaseUrl });
  const taken: unknown[] = [];
  for (const stream of ['access_logs', 'audit_logs']) {
    await waitUntil(async () => {
      const lease = await acquireLease(db, { account: accountKey, stream }, 'the other', 60_000);
      if (!('token' in lease)) return false;
      taken.push({ stream, holder: 'the other', token: Number(lease.token) });
      return true;
    });
  }
  await db.close();
  return taken;
}

/** Everything that a page's transaction changes. */
async function takeSnapshot(query: Query): Promise<unknown> {
  return query(
    `select
       (select jsonb_agg(f order by f.id) from zendesk_sync.fetches f) as fetches,
       (select jsonb_agg(c) from (select * from zendesk_sync.coverage order by stream, covered_from) c) as coverage,
       (select count(*)::integer from zendesk.audit_logs) as audit_logs,
       (select count(*)::integer from zendesk.access_logs) as access_logs`,
  );
}
