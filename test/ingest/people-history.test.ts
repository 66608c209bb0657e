import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { startPeopleServer, type PeopleServer } from '../support/people-server.ts';

const signal = new AbortController().signal;

async function withPeople(
  work: (server: PeopleServer, installation: Installation) => Promise<void>,
): Promise<void> {
  const server = await startPeopleServer();
  server.people = [
    { id: 11, name: 'Ada Lovelace', email: 'ada@acme.example', role: 'admin' },
    { id: 12, name: 'Grace Hopper', email: 'grace@acme.example', role: 'agent' },
  ];
  try {
    await withInstallation({}, { origin: server.origin }, (installation) =>
      work(server, installation),
    );
  } finally {
    server.close();
  }
}

async function listPeople({ worker }: Installation): Promise<{ new: number; changed: number }> {
  const { outcome, error, counts } = await worker('users').follow(signal);
  assert.equal(outcome, 'complete', error);
  return { new: counts.new, changed: counts.changed };
}

type State = {
  name: string;
  email: string | null;
  role: string;
  team: boolean;
  active: boolean | null;
};

/** The states of a person from the first to the present; fails unless each begins where the one before ends. */
async function loadHistory({ db }: Installation, id: number): Promise<State[]> {
  const rows = await db.query<State & { from: string; to: string | null }>(
    `select name, email, role, team_member as team, active, valid_from::text as from, valid_to::text as to
     from zendesk.user_history where account = $1 and id = $2 order by valid_from`,
    [account, id],
  );
  const [present] = await db.query<{ from: string }>(
    `select valid_from::text as from from zendesk.users where account = $1 and id = $2`,
    [account, id],
  );
  assert.deepEqual(
    rows.map(({ to }) => to),
    [...rows.slice(1).map(({ from }) => from), null],
  );
  assert.equal(rows.at(-1)?.from, present?.from);
  return rows.map(({ name, email, role, team, active }) => ({ name, email, role, team, active }));
}

const grace = {
  name: 'Grace Hopper',
  email: 'grace@acme.example',
  role: 'agent',
  team: true,
  active: null,
};

describe('the history of a person', () => {
  it('has a state for each name, e-mail and role, and for nothing else', async () => {
    await withPeople(async (server, installation) => {
      const [ada, ...others] = server.people;
      assert.ok(ada !== undefined);
      assert.deepEqual(await listPeople(installation), { new: 2, changed: 0 });
      const steps = [
        { name: 'Ada King' },
        { email: 'ada.king@acme.example' },
        { role: 'agent' },
        { email: null },
      ];
      for (const step of steps) {
        Object.assign(ada, step);
        server.people = [ada, ...others];
        assert.deepEqual(await listPeople(installation), { new: 0, changed: 1 });
        Object.assign(ada, {
          time_zone: 'London',
          last_login_at: '2026-01-02T03:04:05Z',
          notes: 'x',
        });
        assert.deepEqual(await listPeople(installation), { new: 0, changed: 0 });
      }
      const common = { team: true, active: null };
      assert.deepEqual(await loadHistory(installation, 11), [
        { name: 'Ada Lovelace', email: 'ada@acme.example', role: 'admin', ...common },
        { name: 'Ada King', email: 'ada@acme.example', role: 'admin', ...common },
        { name: 'Ada King', email: 'ada.king@acme.example', role: 'admin', ...common },
        { name: 'Ada King', email: 'ada.king@acme.example', role: 'agent', ...common },
        { name: 'Ada King', email: null, role: 'agent', ...common },
      ]);
      assert.deepEqual(await loadHistory(installation, 12), [grace]);
      const [present] = await installation.db.query(
        `select name, email, role, time_zone from zendesk.users where account = $1 and id = 11`,
        [account],
      );
      assert.deepEqual(present, {
        name: 'Ada King',
        email: null,
        role: 'agent',
        time_zone: 'London',
      });
    });
  });

  it('continues when a member of the team disappears from Zendesk, and when that person comes back', async () => {
    await withPeople(async (server, installation) => {
      await listPeople(installation);
      const { people } = server;
      server.people = people.filter(({ id }) => id !== 12);
      assert.deepEqual(await listPeople(installation), { new: 0, changed: 1 });
      const loadMark = (): Promise<unknown[]> =>
        installation.db.query(
          `select name, email, team_member as team, active, departed_at is not null as departed
           from zendesk.users where account = $1 and id = 12`,
          [account],
        );
      const { name, email } = grace;
      assert.deepEqual(await loadMark(), [
        { name, email, team: false, active: false, departed: true },
      ]);
      assert.deepEqual(await listPeople(installation), { new: 0, changed: 0 });

      server.people = people;
      assert.deepEqual(await listPeople(installation), { new: 0, changed: 1 });
      assert.deepEqual(await loadMark(), [
        { name, email, team: true, active: null, departed: false },
      ]);
      assert.deepEqual(await loadHistory(installation, 12), [
        grace,
        { ...grace, team: false, active: false },
        grace,
      ]);
    });
  });

  it('keeps the name and e-mail of a deleted person, whatever Zendesk keeps of them', async () => {
    await withPeople(async (server, installation) => {
      await listPeople(installation);
      const [, member] = server.people;
      Object.assign(member ?? {}, { name: 'Permanently deleted user', email: null, active: false });
      assert.deepEqual(await listPeople(installation), { new: 0, changed: 1 });
      assert.deepEqual(await loadHistory(installation, 12), [
        grace,
        {
          name: 'Permanently deleted user',
          email: null,
          role: 'agent',
          team: false,
          active: false,
        },
      ]);
    });
  });
});

describe('a look-up of people', () => {
  it('ignores people who were not requested', async () => {
    await withPeople(async (server, installation) => {
      await listPeople(installation);
      server.people = server.people.slice(0, 1);
      server.lookup = () => ({
        users: [{ id: 99, name: 'Somebody Else', email: 'else@acme.example', role: 'agent' }],
      });
      assert.deepEqual(await listPeople(installation), { new: 0, changed: 1 });
      const ids = await installation.db.query(`select id::text from zendesk.users order by id`);
      assert.deepEqual(ids, [{ id: '11' }, { id: '12' }]);
    });
  });

  it('that gets no list of users fails the run, and marks nobody as departed', async () => {
    await withPeople(async (server, installation) => {
      await listPeople(installation);
      server.people = server.people.slice(0, 1);
      server.lookup = () => ({ error: 'none' });
      const { outcome, error } = await installation.worker('users').follow(signal);
      assert.deepEqual(
        { outcome, error },
        {
          outcome: 'failed',
          error: 'Zendesk answered the lookup of people without a list of users.',
        },
      );
      assert.deepEqual(await loadHistory(installation, 12), [grace]);
    });
  });
});
