/** What was erased of a person does not come back with the next listing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { upsertUsers } from '../../src/ingest/people-tables.ts';
import { personTables } from '../../src/retention/person-tables.ts';
import type { UserRow } from '../../src/streams/users.ts';
import { withLedger } from '../support/ledger.ts';

const listed = (id: string, role = 'admin'): UserRow => ({
  id,
  name: 'Ada Lovelace',
  email: 'ada@acme.example',
  role,
  role_type: 4,
  custom_role_id: '8',
  active: true,
  suspended: false,
  team_member: true,
  time_zone: 'London',
  iana_time_zone: 'Europe/London',
  locale: 'en-GB',
  created_at: '2026-01-02T03:04:05Z',
  updated_at: '2026-11-02T03:04:05Z',
  last_login_at: '2026-11-18T09:00:00Z',
});

/** The columns of a person that an erasure leaves. */
const left = {
  role: 'agent',
  role_type: 4,
  custom_role_id: '8',
  active: true,
  suspended: false,
  team_member: true,
  created_at: new Date('2026-01-02T03:04:05Z'),
  updated_at: new Date('2026-11-02T03:04:05Z'),
};

describe('a person who was erased', () => {
  it('is stored without what is personal, in the present and in the history, and nobody else is', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk_sync.removals (account, removal, what, person, rows, reason, done_by, salt)
         values ('acme', gen_random_uuid(), 'person', 11, 1, 'request 17', 'ann', ''),
           ('beta', gen_random_uuid(), 'person', 12, 1, 'request 18', 'ann', '')`,
      );
      const people = [listed('11'), listed('12')];
      assert.deepEqual(await upsertUsers(db, 'acme', people), { new: 2, changed: 0 });
      // Listed once more, nothing has changed.
      assert.deepEqual(await upsertUsers(db, 'acme', people), { new: 0, changed: 0 });
      const changed = [listed('11', 'agent'), listed('12', 'agent')];
      assert.deepEqual(await upsertUsers(db, 'acme', changed), { new: 0, changed: 2 });
      const personal = personTables[0]?.columns ?? [];
      const rows = await db.query(
        `select id::text, ${[...Object.keys(left), ...personal].join(', ')} from zendesk.users where account = 'acme' order by id`,
      );
      assert.deepEqual(rows, [
        { id: '11', ...left, ...Object.fromEntries(personal.map((name) => [name, null])) },
        {
          id: '12',
          ...left,
          name: 'Ada Lovelace',
          email: 'ada@acme.example',
          time_zone: 'London',
          iana_time_zone: 'Europe/London',
          locale: 'en-GB',
          last_login_at: new Date('2026-11-18T09:00:00Z'),
        },
      ]);
      assert.deepEqual(
        await db.query(
          `select id::text, name, email, role from zendesk.user_history where account = 'acme' order by id, valid_from`,
        ),
        [
          { id: '11', name: null, email: null, role: 'admin' },
          { id: '11', name: null, email: null, role: 'agent' },
          { id: '12', name: 'Ada Lovelace', email: 'ada@acme.example', role: 'admin' },
          { id: '12', name: 'Ada Lovelace', email: 'ada@acme.example', role: 'agent' },
        ],
      );
    });
  });
});
