/** What a change of rules, lists and people has looked at again: that, and nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../../src/database/client.ts';
import { markChangedInputs } from '../../../src/ingest/findings/inputs.ts';
import { at, storeAccessRows } from '../../support/access-view-rows.ts';
import { examineLogs } from '../../support/findings.ts';
import { withLedger } from '../../support/ledger.ts';

type Marked = readonly string[];

/** The rules and people that are marked, and that all their time is; they are unmarked for the next change. */
async function takeMarked(db: Database): Promise<Marked> {
  const rows = await db.query<{ line: string; whole: boolean }>(
    `delete from zendesk_sync.stale_findings where account = 'acme'
     returning concat_ws(' ', stream, rule, actor_id) as line, spans = '{(,)}' as whole`,
  );
  for (const { line, whole } of rows) assert.ok(whole, line);
  return rows.map(({ line }) => line).toSorted();
}

/** All rules, for somebody: 0 is everybody. */
async function allRules(db: Database, actor: number): Promise<Marked> {
  const rows = await db.query<{ line: string }>(
    `select concat_ws(' ', stream, rule, $1::text) as line from zendesk.finding_rules`,
    [actor],
  );
  return rows.map(({ line }) => line).toSorted();
}

const person = (id: number, name: string, zone: string): string =>
  `insert into zendesk.users (account, id, name, role, iana_time_zone, team_member, valid_from)
   values ('acme', ${id}, '${name}', 'agent', '${zone}', true, now())
   on conflict (account, id) do update set name = excluded.name, iana_time_zone = excluded.iana_time_zone`;

const ofPerson = (actor: number): Marked =>
  [
    'access_logs leaver_access',
    'access_logs off_hours_access',
    'audit_logs dormant_admin',
    'audit_logs off_hours_change',
  ].map((rule) => `${rule} ${actor}`);

describe('what findings depend on', { concurrency: 2 }, () => {
  it('is all new at the first look, which tells of nothing and has everybody looked at', async () => {
    await withLedger(async (db) => {
      await db.query(person(5, 'Ann', 'UTC'));
      assert.deepEqual(await markChangedInputs(db, 'acme'), []);
      assert.deepEqual(await takeMarked(db), await allRules(db, 0));
      assert.deepEqual(await markChangedInputs(db, 'acme'), []);
      assert.deepEqual(await takeMarked(db), []);
    });
  });

  it('has only the rules looked at again that depend on it', async () => {
    await withLedger(async (db) => {
      await markChangedInputs(db, 'acme');
      await takeMarked(db);
      const rule = (name: string) =>
        `update zendesk.finding_rules set severity = 'info' where rule = '${name}'`;
      for (const [statement, change, marked] of [
        [rule('secret_access'), 'rule secret_access', ['access_logs secret_access 0']],
        [
          rule('admin_role_assigned'),
          'rule admin_role_assigned',
          ['audit_logs admin_role_assigned 0', 'audit_logs change_after_grant 0'],
        ],
        [
          `insert into zendesk.watchlist (account, resource_type, resource_id, note) values ('acme', 'ticket', '9', '')`,
          'watchlist ',
          ['access_logs watchlist_access 0'],
        ],
        [
          `insert into zendesk.ip_ranges (range, label, kind) values ('198.51.100.0/24', 'Tor', 'tor')`,
          'ip_ranges ',
          ['audit_logs listed_address 0', 'audit_logs two_places 0'],
        ],
        [
          `delete from zendesk.search_patterns where name = 'passport'`,
          'search_patterns ',
          ['access_logs risky_search 0'],
        ],
      ] as const) {
        await db.query(statement);
        const changes = await markChangedInputs(db, 'acme');
        assert.deepEqual(
          changes.map(({ input, item }) => `${input} ${item}`),
          [change],
        );
        assert.deepEqual(await takeMarked(db), marked, change);
        assert.deepEqual([await markChangedInputs(db, 'acme'), await takeMarked(db)], [[], []]);
      }
    });
  });

  it('has all rules looked at again for a program that is listed or no longer listed, and no one else', async () => {
    await withLedger(async (db) => {
      await markChangedInputs(db, 'acme');
      await takeMarked(db);
      for (const statement of [
        `insert into zendesk.service_accounts (account, user_id) values ('acme', 6), ('beta', 7)`,
        `delete from zendesk.service_accounts`,
      ]) {
        await db.query(statement);
        assert.deepEqual(await markChangedInputs(db, 'acme'), [
          { input: 'service_account', item: '6' },
        ]);
        assert.deepEqual(await takeMarked(db), await allRules(db, 6));
      }
    });
  });

  it('has the rules about people looked at again for a person who has changed, and tells of none', async () => {
    await withLedger(async (db) => {
      await markChangedInputs(db, 'acme');
      await takeMarked(db);
      for (const statement of [person(5, 'Ann', 'UTC'), person(5, 'Ann', 'Asia/Tokyo')]) {
        await db.query(statement);
        assert.deepEqual(await markChangedInputs(db, 'acme'), []);
        assert.deepEqual(await takeMarked(db), ofPerson(5));
      }
      // A name changes no finding but its own.
      await db.query(person(5, 'Ann B.', 'Asia/Tokyo'));
      assert.deepEqual([await markChangedInputs(db, 'acme'), await takeMarked(db)], [[], []]);
      await db.query(
        `insert into zendesk.user_history (account, id, valid_from, name, role, active, suspended, team_member)
         values ('acme', 5, '2026-11-09', 'Ann B.', 'agent', true, true, true)`,
      );
      assert.deepEqual(await markChangedInputs(db, 'acme'), []);
      assert.deepEqual(await takeMarked(db), ofPerson(5));
    });
  });

  it('gives findings the new name of their person without looking at them again', async () => {
    await withLedger(async (db) => {
      await db.query(person(5, 'Ann', 'UTC'));
      await storeAccessRows(db, [
        at('11-18T12:00:00', { url: '/api/v2/oauth/tokens/7', user_id: 5 }),
        at('11-18T12:00:01', { url: '/api/v2/oauth/tokens/7', user_id: 6 }),
      ]);
      await examineLogs(db);
      const names = () =>
        db.query<{ actor: number; name: string | null }>(
          `select actor_id::integer as actor, actor_name as name from zendesk.findings where rule = 'secret_access' order by 1`,
        );
      assert.deepEqual(await names(), [
        { actor: 5, name: 'Ann' },
        { actor: 6, name: null },
      ]);
      await db.query(person(5, 'Ann B.', 'UTC'));
      await markChangedInputs(db, 'acme');
      assert.deepEqual(await names(), [
        { actor: 5, name: 'Ann B.' },
        { actor: 6, name: null },
      ]);
    });
  });
});
