import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { upsertUsers } from '../../src/ingest/people-tables.ts';
import { readUser } from '../../src/streams/users.ts';
import { withStored } from '../support/report-data.ts';

const left = '2026-03-01T12:00:00Z';
const person = { id: 7, name: 'Joe', role: 'agent', active: true, updated_at: left };

describe('the departure of a person', { concurrency: 2 }, () => {
  it('is when Zendesk deleted them, also before they were first seen', async () => {
    await withStored(async (db) => {
      const people = [
        { ...person, active: false },
        { ...person, id: 8, role: 'end-user' },
        { ...person, id: 9, active: false, updated_at: '2999-01-01T00:00:00Z' },
        { ...person, id: 10 },
      ];
      await upsertUsers(db, 'acme', people.map(readUser));
      const rows = await db.query<{ id: string; departed: string }>(
        `select id::text, case when departed_at = $1 then 'told' when departed_at = valid_from then 'noticed' else 'no' end as departed
         from zendesk.users where account = 'acme' order by zendesk.users.id`,
        [left],
      );
      assert.deepEqual(
        rows.map(({ id, departed }) => `${id} ${departed}`),
        ['7 told', '8 noticed', '9 noticed', '10 no'],
      );
    });
  });

  it('is when Zendesk deleted them for somebody who was known as an agent', async () => {
    await withStored(async (db) => {
      await upsertUsers(db, 'acme', [readUser(person)]);
      await upsertUsers(db, 'acme', [readUser({ ...person, active: false })]);
      assert.deepEqual(await db.query('select departed_at from zendesk.users'), [
        { departed_at: new Date(left) },
      ]);
    });
  });
});
