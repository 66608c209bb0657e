import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSimulator, type SimulatorSettings } from '../../src/simulator/simulator.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { createStillTime, type StillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const hour = 3600;

function busyAccount(time: StillTime): SimulatorSettings {
  return {
    ...time.simulator,
    auditLogDays: 0.5,
    accessLogDays: 0.5,
    auditLogRowsPerDay: 2000,
    accessLogRowsPerDay: 2000,
  };
}

/** A person with many records in the audit log, including recent ones. */
async function findBusyActor(settings: SimulatorSettings): Promise<number> {
  const simulator = await startSimulator(settings);
  try {
    const nowMs = simulator.now();
    const counts = new Map<number, number>();
    const lately = simulator.records('audit_logs', new Date(nowMs - hour * 1000), new Date(nowMs));
    for (const { actor_id: id } of lately)
      if (typeof id === 'number' && id > 0) counts.set(id, (counts.get(id) ?? 0) + 1);
    const [most] = [...counts].toSorted((a, b) => b[1] - a[1]);
    assert.ok(most !== undefined && most[1] > 3);
    return most[0];
  } finally {
    await simulator.stop();
  }
}

type AuditRow = {
  id: string;
  actor_name: string;
  ip_address: string | null;
  first: string;
  last: string;
};

async function loadRows({ db }: Installation, actor: number): Promise<AuditRow[]> {
  return db.query<AuditRow>(
    `select id::text, actor_name, host(ip_address) as ip_address, first_synced_at::text as first, synced_at::text as last
     from zendesk.audit_logs where account = $1 and actor_id = $2 order by id`,
    [account, actor],
  );
}

type Revision = { stream: string; id: string; actor_name: string; ip_address: string | null };

async function loadRevisions({ db }: Installation): Promise<Revision[]> {
  return db.query<Revision>(
    `select r.stream, r.id, content ->> 'actor_name' as actor_name, host((content ->> 'ip_address')::inet) as ip_address
     from zendesk.revisions r
     where account = $1 order by id::bigint, revision`,
    [account],
  );
}

describe('a record that Zendesk returns differently later', () => {
  it('is replaced, and its previous version is kept: the erasure of a person from the audit log', async () => {
    const time = createStillTime();
    const settings = busyAccount(time);
    const userId = await findBusyActor(settings);
    const after = new Date((time.seconds() + 300) * 1000);
    await withInstallation(
      { ...settings, erasure: { after, userId } },
      { localNow: time.localNow },
      async (installation) => {
        const { worker } = installation;
        await time.pass(installation, 0);
        const began = time.seconds();
        await pullCompletely(installation, 'audit_logs');
        const before = await loadRows(installation, userId);
        assert.ok(before.every(({ actor_name }) => actor_name !== String(userId)));
        assert.deepEqual(await loadRevisions(installation), []);

        // The erasure happens; the next rescan finds the rows of the hour before.
        await time.pass(installation, 2 * hour);
        await pullCompletely(installation, 'audit_logs');
        const met = (await loadRevisions(installation)).filter(({ actor_name }) =>
          before.some((row) => row.actor_name === actor_name),
        );
        assert.ok(met.length > 0 && met.length < before.length);
        const [changed] = await installation.db.query(
          `select sum(f.rows_changed)::integer as fetches, (select sum(rows_changed)::integer from zendesk_sync.runs) as runs,
             (select count(*)::integer from zendesk.revisions) as revisions
           from zendesk_sync.fetches f`,
        );
        const { length: revisions } = await loadRevisions(installation);
        assert.deepEqual(changed, { fetches: revisions, runs: revisions, revisions });

        // A second reading of everything replaces the rest, and a third one finds nothing more.
        const whole = { from: began - 13 * hour, to: began };
        const second = await worker('audit_logs').read(whole, signal);
        assert.equal(second.outcome, 'complete');
        assert.ok(second.counts.changed >= before.length - met.length);
        const third = await worker('audit_logs').read(whole, signal);
        assert.deepEqual([third.counts.new, third.counts.changed], [0, 0]);
        await assertTrue(installation, 'audit_logs');

        const now = await loadRows(installation, userId);
        const erased = now.filter(({ id }) => before.some((row) => row.id === id));
        assert.deepEqual(
          erased.map(({ id, actor_name, ip_address, first }) => ({
            id,
            actor_name,
            ip_address,
            first,
          })),
          before.map(({ id, first }) => ({
            id,
            actor_name: String(userId),
            ip_address: null,
            first,
          })),
        );
        assert.ok(
          erased.every(({ id, last }) => before.some((row) => row.id === id && row.last < last)),
        );
        const kept = (await loadRevisions(installation)).filter(({ id }) =>
          before.some((row) => row.id === id),
        );
        assert.deepEqual(
          kept,
          before.map(({ id, actor_name, ip_address }) => ({
            stream: 'audit_logs',
            id,
            actor_name,
            ip_address,
          })),
        );
      },
    );
  });

  it('is replaced as often as it changes, each time with a revision: the access log', async () => {
    const time = createStillTime();
    await withInstallation(busyAccount(time), { localNow: time.localNow }, async (installation) => {
      const { simulator, db, worker } = installation;
      await time.pass(installation, 0);
      await pullCompletely(installation, 'access_logs');
      const span = { from: time.seconds() - 3 * hour, to: time.seconds() - hour };
      const readAs = async (summary: string | undefined): Promise<number> => {
        if (summary !== undefined)
          simulator.addFault({
            kind: 'changed-type',
            stream: 'access_logs',
            field: 'summary',
            value: summary,
          });
        const { outcome, counts } = await worker('access_logs').read(span, signal);
        assert.equal(outcome, 'complete');
        assert.equal(counts.new, 0);
        return counts.changed;
      };
      const [row] = await db.query<{ id: string; summary: string }>(
        `select id, summary from zendesk.access_logs where timestamp < to_timestamp($1) and summary is not null
         order by timestamp desc limit 1`,
        [span.to],
      );
      assert.ok(row !== undefined);
      const changed = await readAs('first');
      assert.ok(changed > 10);
      assert.equal(await readAs('second'), changed);
      assert.equal(await readAs('second'), 0);
      assert.equal(await readAs(undefined), changed);
      const revisions = await db.query(
        `select content ->> 'summary' as summary from zendesk.revisions
         where account = $1 and stream = 'access_logs' and id = $2 order by revision`,
        [account, row.id],
      );
      assert.deepEqual(revisions, [
        { summary: row.summary },
        { summary: 'first' },
        { summary: 'second' },
      ]);
      const [last] = await db.query(`select id, summary from zendesk.access_logs where id = $1`, [
        row.id,
      ]);
      assert.deepEqual(last, row);
      await assertTrue(installation, 'access_logs');
    });
  });

  it('twice in one page makes one revision', async () => {
    const time = createStillTime();
    await withInstallation(busyAccount(time), { localNow: time.localNow }, async (installation) => {
      const { simulator, db, worker } = installation;
      await time.pass(installation, 0);
      await pullCompletely(installation, 'access_logs');
      const span = { from: time.seconds() - 3 * hour, to: time.seconds() - hour };
      const stream = 'access_logs';
      simulator.addFault({ kind: 'changed-type', stream, field: 'summary', value: 'other' });
      const first = await worker(stream).read(span, signal);
      simulator.addFault({ kind: 'duplicate-in-page', stream });
      const second = await worker(stream).read(span, signal);
      assert.equal(second.counts.changed, first.counts.changed);
      const most = await db.query(
        `select count(*)::integer as revisions from zendesk.revisions group by id order by 1 desc limit 1`,
      );
      assert.deepEqual(most, [{ revisions: 2 }]);
      await assertTrue(installation, stream);
    });
  });

  it('is kept when Zendesk no longer returns it', async () => {
    const time = createStillTime();
    await withInstallation(busyAccount(time), { localNow: time.localNow }, async (installation) => {
      const { db, worker } = installation;
      await time.pass(installation, 0);
      await pullCompletely(installation, 'access_logs');
      const count = `select count(*)::integer as rows, max(synced_at)::text as last from zendesk.access_logs
        where timestamp < to_timestamp($1)`;
      const before = await db.query<{ rows: number }>(count, [time.seconds()]);
      const span = { from: time.seconds() - 11 * hour, to: time.seconds() - hour };
      // Access logs older than 90 days are no longer available.
      await time.pass(installation, 91 * 24 * hour);
      const { outcome, counts } = await worker('access_logs').read(span, signal);
      assert.deepEqual([outcome, counts.changed], ['complete', 0]);
      assert.ok((before[0]?.rows ?? 0) > 100);
      assert.deepEqual(await db.query(count, [time.seconds() - 91 * 24 * hour]), before);
    });
  });
});
