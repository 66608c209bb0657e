import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { listCustomers, listLookups, listPeople, loadUsers } from '../support/people-facts.ts';

const signal = new AbortController().signal;
const quiet = { limits: false, auditLogRowsPerDay: 0, accessLogRowsPerDay: 0 };

/** Adds people as actors to the audit log. */
async function storeActors({ db, engine }: Installation, ids: readonly number[]): Promise<void> {
  await engine.ensurePartitions(auditLogs.table, [Date.parse('2026-03-01T00:00:00Z')]);
  await db.query(
    `insert into zendesk.audit_logs (account, id, created_at, actor_id)
     select $1, row_number() over (), '2026-03-01T00:00:00Z', id from unnest($2::bigint[]) as id`,
    [account, ids],
  );
}

describe('people who act in a log', () => {
  it('and do not belong to the team are looked up, a hundred at a time, each once', async () => {
    await withInstallation(quiet, {}, async (installation) => {
      const { db, simulator } = installation;
      const customers = (await listCustomers(simulator)).slice(0, 230);
      await storeActors(installation, [-1, ...customers.map(({ id }) => id)]);
      await listPeople(installation);
      const lookups = listLookups(installation);
      assert.deepEqual(
        lookups.map(({ length }) => length),
        [100, 100, 30],
      );
      assert.deepEqual(
        lookups.flat(),
        customers.map(({ id }) => String(id)),
      );
      const stored = (await loadUsers(db)).filter(({ team }) => !team);
      assert.deepEqual(
        stored.map(({ id, name, email, role }) => ({ id, name, email, role })),
        customers.map(({ id, name, email }) => ({ id: String(id), name, email, role: 'end-user' })),
      );
      const [mark] = await db.query(
        `select count(*)::integer as rows from zendesk_sync.unknown_users`,
      );
      assert.deepEqual(mark, { rows: 0 });

      const requests = simulator.requests().length;
      await listPeople(installation);
      assert.deepEqual(listLookups(installation, requests), []);
    });
  });

  it('are all known afterwards or remembered as unknown, from both logs, and -1 is never requested', async () => {
    const busy = {
      limits: false,
      auditLogDays: 200,
      auditLogRowsPerDay: 20,
      accessLogDays: 30,
      accessLogRowsPerDay: 60,
    };
    await withInstallation(busy, {}, async (installation) => {
      const { db, worker, simulator } = installation;
      for (const stream of ['audit_logs', 'access_logs'] as const) {
        assert.equal((await worker(stream).follow(signal)).outcome, 'complete');
        assert.equal((await worker(stream).fill(signal))?.outcome, 'complete');
      }
      await listPeople(installation);
      const [facts] = await db.query(
        `with actors as (
           select actor_id as id from zendesk.audit_logs union select user_id from zendesk.access_logs
         )
         select bool_or(a.id = -1) as system,
           count(*) filter (where u.departed_at is not null) > 0 as departed,
           count(*) filter (where a.id > 0 and u.id is null and s.id is null)::integer as missing,
           count(*) filter (where u.id is not null and s.id is not null)::integer as contradictory
         from actors a
         left join zendesk.users u on u.account = $1 and u.id = a.id
         left join zendesk_sync.unknown_users s on s.account = $1 and s.id = a.id`,
        [account],
      );
      assert.deepEqual(facts, { system: true, departed: true, missing: 0, contradictory: 0 });
      const asked = listLookups(installation).flat();
      assert.ok(asked.length > 0 && asked.every((id) => /^[1-9]\d*$/.test(id)));
      const known = simulator.users().map(({ id }) => String(id));
      const unknown = await db.query<{ id: string; times: number }>(
        `select id::text, times_asked as times from zendesk_sync.unknown_users order by id`,
      );
      assert.ok(unknown.every(({ id, times }) => !known.includes(id) && times === 1));
    });
  });

  it('and whom Zendesk does not know are remembered, and requested again only after a day, two, four …', async () => {
    await withInstallation(quiet, {}, async (installation) => {
      const { db, simulator } = installation;
      const strangers = [903_646_501_999, 912_204_777_999];
      await storeActors(installation, strangers);
      const ask = async (): Promise<string[][]> => {
        const requests = simulator.requests().length;
        await listPeople(installation);
        return listLookups(installation, requests);
      };
      const wait = (days: number): Promise<unknown> =>
        db.query(
          `update zendesk_sync.unknown_users set asked_at = asked_at - make_interval(hours => $1)`,
          [Math.round(days * 24)],
        );
      const all = [strangers.map(String)];
      assert.deepEqual(await ask(), all);
      assert.deepEqual(await ask(), []);
      for (const days of [1, 2, 4]) {
        await wait(days - 0.5);
        assert.deepEqual(await ask(), [], `not before ${days} days`);
        await wait(0.5);
        assert.deepEqual(await ask(), all, `after ${days} days`);
      }
      assert.deepEqual(
        await db.query(
          `select id::text, times_asked as times from zendesk_sync.unknown_users order by id`,
        ),
        strangers.map((id) => ({ id: String(id), times: 4 })),
      );
      assert.ok((await loadUsers(db)).every(({ team }) => team));
    });
  });
});
