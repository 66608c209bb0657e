import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { account, withInstallation } from '../support/installation.ts';
import { listLookups, listPeople, loadUsers, type UserFact } from '../support/people-facts.ts';
import { createStillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const day = 86_400;
const quiet = { limits: false, auditLogRowsPerDay: 0, accessLogRowsPerDay: 0 };

describe('the team', () => {
  it('is stored as Zendesk lists it, over several pages, without people who have left', async () => {
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
    it(`is complete in spite of a temporary fault, and a lasting fault marks nobody as departed: ${kind}`, async () => {
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

  it('is not mixed with customers when Zendesk ignores the roles that were requested', async () => {
    await withInstallation({ ...quiet, agents: 30 }, {}, async (installation) => {
      const { simulator, db, worker } = installation;
      await listPeople(installation);
      const users = await loadUsers(db);
      simulator.addFault({ kind: 'ignored-role', stream: 'users', times: Infinity });
      const { outcome, code, error } = await worker('users').follow(signal);
      assert.deepEqual([outcome, code], ['failed', 'filter_ignored']);
      assert.match(error ?? '', /^Zendesk was asked for agents and admins, but \d+ of 100 people/);
      assert.deepEqual(await loadUsers(db), users);
      simulator.clearFaults();
      assert.deepEqual(await listPeople(installation), { requests: 1, new: 0, changed: 0 });
    });
  });

  it('keeps people who leave it, marked as departed, with the previous state in the history', async () => {
    const time = createStillTime();
    await withInstallation(
      { ...quiet, ...time.simulator },
      { localNow: time.localNow },
      async (installation) => {
        const { simulator, db } = installation;
        await time.pass(installation, 0);
        await listPeople(installation);
        const before = await loadUsers(db);
        await time.pass(installation, 125 * day);
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
