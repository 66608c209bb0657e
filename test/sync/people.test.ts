import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPeople } from '../../src/simulator/people.ts';
import type { Database } from '../../src/postgres/client.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { createStillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const day = 86_400;
const quiet = { limits: false, auditLogRowsPerDay: 0, accessLogRowsPerDay: 0 };

type UserFact = {
  id: string;
  name: string | null;
  email: string | null;
  role: string | null;
  team: boolean;
  departed: boolean;
};

async function loadUsers(db: Database): Promise<UserFact[]> {
  return db.query<UserFact>(
    `select id::text, name, email, role, team_member as team, departed_at is not null as departed
     from zendesk.users where account = $1 order by id`,
    [account],
  );
}

async function listPeople({
  worker,
}: Installation): Promise<{ requests: number; new: number; changed: number }> {
  const { outcome, error, counts } = await worker('users').follow(signal);
  assert.equal(outcome, 'complete', error);
  return { requests: counts.requests, new: counts.new, changed: counts.changed };
}

/** The ids that each look-up asked for, since a number of requests. */
function listLookups({ simulator }: Installation, skip = 0): string[][] {
  return simulator
    .requests()
    .slice(skip)
    .filter(({ path }) => path === '/api/v2/users/show_many')
    .map(({ query }) => {
      const parameters = new URLSearchParams(query);
      assert.equal(parameters.get('include_deleted'), 'true');
      return (parameters.get('ids') ?? '').split(',');
    });
}

/** Lets people act in the audit log. */
async function storeActors({ db, engine }: Installation, ids: readonly number[]): Promise<void> {
  const scheme = { table: 'zendesk.audit_logs', every: 'year' } as const;
  await engine.ensurePartitions(scheme, [Date.parse('2026-03-01T00:00:00Z')]);
  await db.query(
    `insert into zendesk.audit_logs (account, id, created_at, actor_id)
     select $1, row_number() over (), '2026-03-01T00:00:00Z', id from unnest($2::bigint[]) as id`,
    [account, ids],
  );
}

describe('the team', () => {
  it('is stored as Zendesk lists it, over several pages, without whoever has left', async () => {
    await withInstallation({ ...quiet, agents: 230 }, {}, async (installation) => {
      const { simulator, db } = installation;
      const counts = await listPeople(installation);
      const team = simulator.users().filter(({ active, role }) => active && role !== 'end-user');
      assert.equal(team.length, 231);
      assert.deepEqual(counts, { requests: 3, new: 231, changed: 0 });
      assert.deepEqual(
        await loadUsers(db),
        team
          .toSorted((a, b) => a.id - b.id)
          .map(({ id, name, email, role }) => ({
            id: String(id),
            name,
            email,
            role,
            team: true,
            departed: false,
          })),
      );
      assert.deepEqual(await listPeople(installation), { requests: 3, new: 0, changed: 0 });
    });
  });

  for (const kind of [
    '502-html',
    'truncated-json',
    'reset-mid-body',
    'more-without-cursor',
    'repeat-cursor',
  ] as const)
    it(`is complete in spite of a fault that passes, and nobody departs by one that stays: ${kind}`, async () => {
      await withInstallation({ ...quiet, agents: 130 }, {}, async (installation) => {
        const { simulator, db, worker } = installation;
        simulator.addFault({ kind, stream: 'users', onlyWithCursor: true, times: 2 });
        await listPeople(installation);
        const users = await loadUsers(db);
        assert.equal(users.length, 131);
        simulator.addFault({ kind, stream: 'users', onlyWithCursor: true, times: Infinity });
        assert.equal((await worker('users').follow(signal)).outcome, 'failed');
        assert.deepEqual(await loadUsers(db), users);
      });
    });

  it('keeps whoever leaves it, marked as departed, with the former state in the history', async () => {
    const time = createStillTime();
    await withInstallation(
      { ...quiet, ...time.simulator },
      { localNow: time.localNow },
      async (installation) => {
        const { simulator, db } = installation;
        time.pass(simulator, 0);
        await listPeople(installation);
        const before = await loadUsers(db);
        time.pass(simulator, 125 * day);
        const { changed } = await listPeople(installation);
        const after = await loadUsers(db);
        const team = simulator.users().filter(({ active, role }) => active && role !== 'end-user');

        const departed = after.filter((user) => user.departed);
        const ids = departed.map(({ id }) => id);
        assert.ok(ids.length >= 5);
        assert.equal(changed, ids.length);
        assert.deepEqual(
          ids,
          before
            .map(({ id }) => id)
            .filter((id) => !team.some((member) => String(member.id) === id)),
        );
        const gone = departed.map(({ id }) =>
          simulator.users().find((user) => String(user.id) === id),
        );
        assert.ok(
          gone.some((user) => user?.active === false) &&
            gone.some((user) => user?.role === 'end-user'),
        );
        assert.deepEqual(
          departed,
          gone.map((user) => ({
            id: String(user?.id),
            name: user?.name,
            email: user?.email,
            role: user?.role,
            team: false,
            departed: true,
          })),
        );
        const history = await db.query(
          `select id::text, email, role, team_member as team, valid_to is null as present,
           coalesce(valid_to = lead(valid_from) over (partition by id order by valid_from), true) as joined
         from zendesk.user_history where account = $1 and id = any($2::bigint[]) order by user_history.id, valid_from`,
          [account, ids],
        );
        const was = (id: string): UserFact | undefined => before.find((user) => user.id === id);
        assert.deepEqual(
          history,
          departed.flatMap(({ id, email, role }) => [
            {
              id,
              email: was(id)?.email,
              role: was(id)?.role,
              team: true,
              present: false,
              joined: true,
            },
            { id, email, role, team: false, present: true, joined: true },
          ]),
        );

        const requests = simulator.requests().length;
        await listPeople(installation);
        assert.deepEqual(
          listLookups(installation, requests),
          [],
          'whoever has departed is not looked up again',
        );
        assert.deepEqual(await loadUsers(db), after);
      },
    );
  });
});

describe('people who act in a log', () => {
  it('and are not of the team are looked up, a hundred at a time, each once', async () => {
    await withInstallation(quiet, {}, async (installation) => {
      const { db, simulator } = installation;
      const people = createPeople(simulator.options.seed, simulator.options.agents);
      const customers = Array.from({ length: 230 }, (_, index) => people.customer(index));
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

  it('of both logs are all known afterwards or remembered as unknown, and -1 is never asked for', async () => {
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

  it('and whom nobody knows are remembered, and asked for again only after a day, two, four …', async () => {
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
