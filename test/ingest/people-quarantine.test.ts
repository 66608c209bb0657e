import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { statusOf } from '../support/ledger-facts.ts';
import {
  startPeopleServer,
  type PeopleServer,
  type ServedPerson,
} from '../support/people-server.ts';

const signal = new AbortController().signal;

const ada: ServedPerson = {
  id: 11,
  name: 'Ada Lovelace',
  email: 'ada@acme.example',
  role: 'admin',
};
const grace: ServedPerson = {
  id: 12,
  name: 'Grace Hopper',
  email: 'grace@acme.example',
  role: 'agent',
};

async function withPeople(
  work: (server: PeopleServer, installation: Installation) => Promise<void>,
): Promise<void> {
  const server = await startPeopleServer();
  server.people = [ada, grace];
  try {
    await withInstallation({}, { origin: server.origin }, (installation) =>
      work(server, installation),
    );
  } finally {
    server.close();
  }
}

async function listPeople({ worker }: Installation): Promise<void> {
  const { outcome, error } = await worker('users').follow(signal);
  assert.equal(outcome, 'complete', error);
}

const loadTeam = ({ db }: Installation): Promise<object[]> =>
  db.query(
    'select id::integer, name, team_member as team from zendesk.users where account = $1 order by id',
    [account],
  );

describe('the record of a person that cannot be stored', () => {
  it('affects nobody else, and nobody counts as departed because of it', async () => {
    await withPeople(async (server, installation) => {
      await listPeople(installation);
      const { id: _, ...nameless } = grace;
      server.people = [{ ...ada, name: 'Ada King' }, nameless as ServedPerson];
      server.lookup = () => ({ users: [nameless] });
      await listPeople(installation);
      assert.deepEqual(await loadTeam(installation), [
        { id: 11, name: 'Ada King', team: true },
        { id: 12, name: 'Grace Hopper', team: true },
      ]);
      const kept = await installation.db.query<{ content: Buffer }>(
        'select content, stream, reason from zendesk_sync.quarantine',
      );
      assert.deepEqual(kept, [
        {
          content: Buffer.from(JSON.stringify(nameless)),
          stream: 'users',
          reason: 'Zendesk sent a record in users without a usable id.',
        },
      ]);
      assert.equal((await statusOf(installation.db, 'users')).quarantined, 1);
    });
  });

  it('affects nobody else if Postgres refuses its row', async () => {
    await withPeople(async (server, installation) => {
      const { db } = installation;
      await db.query(
        `create function zendesk.too_large(value text) returns integer language sql immutable as $$ select case when value = 'poison' then 2147483647 + length(value) end $$`,
      );
      await db.query('create index on zendesk.users (zendesk.too_large(name))');
      server.people = [ada, { ...grace, name: 'poison' }, { ...grace, id: 13 }];
      await listPeople(installation);
      assert.deepEqual(await loadTeam(installation), [
        { id: 11, name: 'Ada Lovelace', team: true },
        { id: 13, name: 'Grace Hopper', team: true },
      ]);
      const kept = await db.query(
        `select record_id, code, convert_from(content, 'UTF8')::jsonb ->> 'name' as name
         from zendesk_sync.quarantine where account = $1`,
        [account],
      );
      assert.deepEqual(kept, [{ record_id: '12', code: 'record_refused', name: 'poison' }]);
    });
  });

  it('is not used for customers: a list of them ends at once if agents and admins were requested', async () => {
    await withPeople(async (server, installation) => {
      await listPeople(installation);
      const customers = Array.from({ length: 40 }, (_, number) => ({
        ...grace,
        id: 100 + number,
        role: 'end-user',
      }));
      server.list = () => [ada, ...customers];
      const { outcome, code, error } = await installation.worker('users').follow(signal);
      assert.deepEqual([outcome, code], ['failed', 'filter_ignored']);
      assert.match(error ?? '', /40 of 41 people on a page are customers/);
      assert.equal((await loadTeam(installation)).length, 2);
    });
  });
});
