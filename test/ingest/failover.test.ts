/** The database goes back to an earlier state under a running program, at each moment that matters. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { confirmPass, runPass } from '../../src/ingest/service.ts';
import { createStreamWorker, type LogWorker, type StreamWorker } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { users } from '../../src/streams/users.ts';
import {
  account,
  assertTrue,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { replicate, type Deeds, type Failover, type Moment } from '../support/lagging-replica.ts';
import { assertComplete, listFetches } from '../support/ledger-facts.ts';
import { patienceMs } from '../support/patience.ts';
import { withFollowedServer } from '../support/standby.ts';

const signal = new AbortController().signal;
/** About four pages a day. */
const dense = {
  accessLogRowsPerDay: 0,
  auditLogDays: 4,
  auditLogRowsPerDay: 400,
  agents: 250,
  limits: false,
};

const lease = /update zendesk_sync\.leases l/;
const opened = /insert into zendesk_sync\.fetches/;
const page = /update zendesk_sync\.fetches\s+set cursor/;
const covered = /insert into zendesk_sync\.coverage/;
const runEnd = /update zendesk_sync\.runs/;
const peopleStored = /insert into zendesk\.users/;
const commit = /commit/;

const before = (statement: RegExp, place = 1): Moment => ({ statement, place, when: 'before' });
const after = (statement: RegExp, place = 1): Moment => ({ statement, place, when: 'after' });
const committing = (statement: RegExp, place: number, when: Moment['when']): Moment => ({
  statement,
  place,
  next: commit,
  when,
});

/** What is lost, and when. The first fetch reads the newest time, the others fill the gaps. */
const failovers: Readonly<Record<string, Failover>> = {
  'between two pages of a fetch': { lagsFrom: before(page, 3), takesOver: before(page, 3) },
  'two pages behind': { lagsFrom: before(page, 4), takesOver: before(page, 2) },
  'that does not know the fetch': { lagsFrom: before(opened, 2), takesOver: before(page, 2) },
  'right after a fetch was opened': { lagsFrom: before(opened, 3), takesOver: after(opened) },
  'right after a fetch was opened, which the replica has': {
    lagsFrom: after(opened, 2),
    takesOver: before(/select/),
  },
  'from before the lease was taken': { lagsFrom: before(lease), takesOver: before(page, 2) },
  'from before the lease, at the end of a run': {
    lagsFrom: before(lease),
    takesOver: before(runEnd),
  },
  'within the COMMIT of a page, which is lost': {
    lagsFrom: before(page, 4),
    takesOver: committing(page, 2, 'after'),
  },
  'within the COMMIT of a page, which the replica has': {
    lagsFrom: committing(page, 3, 'after'),
    takesOver: before(/select/),
  },
  'when the coverage was joined': { lagsFrom: before(page, 4), takesOver: after(covered, 2) },
  'when the COMMIT of the coverage was stored': {
    lagsFrom: before(page, 4),
    takesOver: committing(covered, 2, 'after'),
  },
  'some fetches behind': { lagsFrom: before(covered, 2), takesOver: before(covered, 2) },
  'when a run is closed': { lagsFrom: before(page, 4), takesOver: before(runEnd, 2) },
  'when a run was closed': { lagsFrom: before(page, 4), takesOver: after(runEnd, 2) },
  'during the listing of people': {
    lagsFrom: before(peopleStored, 2),
    takesOver: before(peopleStored, 2),
  },
  'at the end of the listing of people': {
    lagsFrom: before(peopleStored, 2),
    takesOver: before(runEnd),
  },
  'during the listing, to a replica that lacks pages of the log': {
    lagsFrom: before(page, 4),
    takesOver: before(peopleStored, 2),
  },
};

type Work = (workers: readonly LogWorker[], people: StreamWorker) => Promise<void>;

/** A failover during the work of a program on the installation. */
async function failOverDuring(
  { another, url }: Installation,
  failover: Failover,
  work: Work,
  server?: Deeds,
): Promise<void> {
  const database = await replicate(url, server);
  try {
    const engine = another({ databaseUrl: database.url, leaseMs: 1000 });
    const logs = [auditLogs, accessLogs].map((log) => createStreamWorker(engine, log));
    database.failOver(failover);
    await work(logs, createStreamWorker(engine, users));
    assert.equal(database.hasFailedOver(), true);
  } finally {
    await database.close();
  }
}

/** What `sync` does. */
const passAll: Work = async (logs, people) => {
  const workers = [...logs, people];
  const passes = await confirmPass(workers, await runPass(workers, signal), signal);
  for (const { stream, complete, runs } of passes)
    assert.ok(complete, `${stream}: ${JSON.stringify(runs)}`);
};

async function assertPeople({ simulator, db }: Installation): Promise<void> {
  const stored = await db.query<{ id: string }>(
    `select id::text from zendesk.users where account = $1 and team_member order by id`,
    [account],
  );
  const shown = simulator
    .users()
    .filter(({ active, role }) => active && role !== 'end-user')
    .map(({ id }) => String(id));
  assert.deepEqual(stored.map(({ id }) => id).toSorted(), shown.toSorted());
}

async function assertAll(installation: Installation): Promise<void> {
  await assertComplete(installation, 'audit_logs');
  await assertComplete(installation, 'access_logs');
  await assertPeople(installation);
}

describe('a failover to a replica that lacks the last transactions', { concurrency: 2 }, () => {
  for (const [name, failover] of Object.entries(failovers))
    it(`${name} loses no row, and only complete time counts as complete`, async () => {
      await withInstallation(dense, {}, async (installation) => {
        await failOverDuring(installation, failover, passAll);
        await assertAll(installation);
      });
    });

  it('during a rescan does not count the span as read again before it was', async () => {
    await withInstallation(dense, {}, async (installation) => {
      const { db, worker } = installation;
      assert.equal((await worker('audit_logs').follow(signal)).outcome, 'complete');
      assert.equal((await worker('audit_logs').fill(signal))?.outcome, 'complete');
      // As if the last two days had never been read again.
      await db.query('delete from zendesk_sync.rescans where age_seconds = 3600');
      await db.query(
        `insert into zendesk_sync.rescans
         select account, stream, 3600, covered_from, date_trunc('second', now()) - interval '2 days'
         from zendesk_sync.coverage where stream = 'audit_logs'`,
      );
      const failover = { lagsFrom: before(page, 3), takesOver: before(page, 2) };
      await failOverDuring(installation, failover, async ([audit]) => {
        const filled = await audit?.fill(signal);
        assert.equal(filled?.outcome, 'complete', filled?.error);
      });
      await assertTrue(installation, 'audit_logs');
      const [rescan] = await db.query(
        `select count(*)::integer as spans, bool_and(covered_until > now() - interval '3 hours') as reached
         from zendesk_sync.rescans where stream = 'audit_logs' and age_seconds = 3600`,
      );
      assert.deepEqual(rescan, { spans: 1, reached: true });
      const again = (await listFetches(db, 'audit_logs')).filter(({ kind }) => kind === 'rescan');
      const read = again.filter(({ outcome }) => outcome === 'complete');
      const seconds = read.reduce((sum, { from, to }) => sum + to - from, 0);
      assert.ok(seconds > 40 * 3600, `only ${seconds} s were read again to their end`);
    });
  });

  it('under several cursors loses no row of any of them', async () => {
    const log = { accessLogDays: 6, accessLogRowsPerDay: 9000, answerMs: 60 };
    await withInstallation({ ...dense, ...log }, {}, async (installation) => {
      const failover = { lagsFrom: before(page, 9), takesOver: before(page, 6) };
      await failOverDuring(installation, failover, passAll);
      await assertAll(installation);
    });
  });

  it('lets another process take over what the first one held in the lost history', async () => {
    await withInstallation(dense, {}, async (installation) => {
      const { another, url, db } = installation;
      const database = await replicate(url);
      try {
        const [first, second] = ['first', 'second'].map((holder) => {
          const engine = another({ databaseUrl: database.url, leaseMs: 1000, holder });
          return createStreamWorker(engine, auditLogs);
        });
        assert.ok(first !== undefined && second !== undefined);
        database.failOver({ lagsFrom: before(lease), takesOver: before(page, 3) });
        const runs = [await first.follow(signal, patienceMs), first.fill(signal, patienceMs)];
        const ends = await Promise.all([...runs, second.follow(signal, patienceMs)]);
        ends.push(await second.fill(signal, patienceMs));
        for (const end of ends)
          assert.ok(end === undefined || end.outcome !== 'interrupted', JSON.stringify(end));
        assert.equal(database.hasFailedOver(), true);
        // The next ticks, in case that a run lost its lease.
        await first.follow(signal, patienceMs);
        await first.fill(signal, patienceMs);
        await assertComplete(installation, 'audit_logs');
        const tokens = await db.query(`select token from zendesk_sync.leases where token > 0`);
        assert.equal(tokens.length, 1);
      } finally {
        await database.close();
      }
    });
  });
});

describe('a failover to a standby that lags behind in streaming replication', () => {
  for (const name of ['two pages behind', 'some fetches behind', 'when a run was closed'])
    it(`${name} loses no row, and only complete time counts as complete`, async () => {
      await withFollowedServer(async (server) => {
        await withInstallation(dense, {}, async (installation) => {
          const failover = failovers[name];
          assert.ok(failover !== undefined);
          await failOverDuring(installation, failover, passAll, server);
          await assertAll(installation);
          const [promoted] = await installation.db.query(
            'select left(pg_walfile_name(pg_current_wal_lsn()), 8) as line',
          );
          assert.deepEqual(promoted, { line: '00000002' }, 'it is the standby that answers');
        });
      });
    });
});
