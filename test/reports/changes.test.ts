import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { reportAccountSettings } from '../../src/reports/account-settings/page.ts';
import { listSourceTypes } from '../../src/reports/shared/source-types.ts';
import { countUnclassified } from '../../src/reports/shared/access-statement.ts';
import type { ReportRow } from '../../src/reports/shared/report.ts';
import { findActors, findPeople, findSimilarPeople } from '../../src/reports/shared/person-sql.ts';
import { reportUserActivity } from '../../src/reports/user/page.ts';
import { collect } from '../support/collect.ts';
import { account, storeChanges, storePeople, withStored } from '../support/report-data.ts';

const span = {
  from: new Date('2025-12-01T00:00:00Z'),
  to: new Date('2026-02-01T00:00:00Z'),
};
const settings = ['account_setting'];
const scopeOf = (db: Database) => ({
  db,
  account,
  now: new Date('2026-02-02T00:00:00Z'),
  timeZone: undefined,
});

async function changesOf(db: Database, sourceTypes: readonly string[]): Promise<ReportRow[]> {
  const question = { span, sourceTypes, fields: 'usual' } as const;
  return collect((await reportAccountSettings(scopeOf(db), question)).rows);
}

describe('the changes of a span', { concurrency: 2 }, () => {
  it('come oldest first, with whole texts, from the start of the span to before its end', async () => {
    await withStored(async (db) => {
      await storePeople(db, [{ id: 7, name: 'Ada Seven' }]);
      await storeChanges(db, [
        { id: 1, created_at: '2025-11-30T23:59:59Z' },
        { id: 4, created_at: '2026-01-05T10:00:00Z', actor_id: 7, actor_name: '' },
        {
          id: 3,
          created_at: '2026-01-05T10:00:00Z',
          actor_id: -1,
          actor_name: 'Zendesk',
          ip_address: null,
        },
        { id: 2, created_at: '2025-12-01T00:00:00Z', change_description: 'a =&amp;gt; b\\nc' },
        { id: 5, created_at: '2026-02-01T00:00:00Z' },
        { id: 6, created_at: '2026-01-06T10:00:00Z', source_type: 'rule' },
        { id: 7, created_at: '2026-01-06T10:00:00Z', account: 'other' },
      ]);
      const rows = await changesOf(db, settings);
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['2', '3', '4'],
      );
      assert.deepEqual(rows[0], {
        time: new Date('2025-12-01T00:00:00Z'),
        person: 'Joe Agent',
        source_label: 'Security: Session expiration',
        change_description: 'a => b\nc',
        action: 'update',
        source_type: 'account_setting',
        actor_id: '1509756491122',
        ip_address: '52.40.123.85',
        source_id: '23639740139415',
        id: '2',
      });
      assert.deepEqual(
        rows.map(({ person, ip_address: address }) => [person, address]),
        [
          ['Joe Agent', '52.40.123.85'],
          ['Zendesk', null],
          ['Ada Seven', '52.40.123.85'],
        ],
      );
      const rules = await changesOf(db, ['rule', ...settings]);
      assert.deepEqual(
        rules.map(({ id }) => id),
        ['2', '3', '4', '6'],
      );
      assert.deepEqual(await listSourceTypes(db, account), ['account_setting', 'rule']);
      assert.deepEqual(await listSourceTypes(db, 'nobody'), []);
    });
  });
});

describe('a user of a report', { concurrency: 2 }, () => {
  const joe = { id: 1509756491122, name: 'Joe Agent', email: 'joe.agent@acme.example' };

  it('is found by id, e-mail address and name, including previous ones', async () => {
    await withStored(async (db) => {
      await storePeople(db, [
        joe,
        { id: 2, name: 'joe agent', email: 'second@acme.example' },
        { id: 3, name: '2', email: 'third@acme.example' },
        { id: 4, name: 'Zoë Ärger' },
      ]);
      await db.query(
        `insert into zendesk.user_history (account, id, valid_from, valid_to, name, email, team_member)
         values ('acme', 3, '2025-01-01', '2026-01-01', 'Old Name', 'Old@acme.example', true),
           ('acme', 4, '2025-01-01', '2026-01-01', 'Joe Agent', null, true)`,
      );
      const found = async (text: string): Promise<string[]> =>
        (await findPeople(db, account, text)).map(({ id }) => id);
      assert.deepEqual(await found('1509756491122'), ['1509756491122']);
      assert.deepEqual(await found('2'), ['2'], 'an id comes before a name');
      assert.deepEqual(await found('JOE.agent@acme.example'), ['1509756491122']);
      assert.deepEqual(await found('Joe Agent'), ['2', '1509756491122'], 'a present name first');
      assert.deepEqual(await found('zoë ärger'), ['4']);
      assert.deepEqual(await found('old@ACME.example'), ['3']);
      assert.deepEqual(await found('old name'), ['3']);
      assert.deepEqual(await found('99999999999999999999999'), []);
      assert.deepEqual(await found("'; drop table x"), []);
      assert.deepEqual(
        (await findSimilarPeople(db, account, 'joe')).map(({ id }) => id),
        ['2', '1509756491122'],
      );
    });
  });

  it('may be known from a log alone', async () => {
    await withStored(async (db) => {
      await storeChanges(db, [
        { created_at: '2026-01-01T00:00:00Z', actor_id: -1, actor_name: 'Zendesk' },
        { created_at: '2026-01-02T00:00:00Z', actor_id: 5, actor_name: 'Before' },
        { created_at: '2026-01-03T00:00:00Z', actor_id: 5, actor_name: 'After' },
      ]);
      assert.deepEqual(await findActors(db, account, '-1'), [{ id: '-1', name: 'Zendesk' }]);
      assert.deepEqual(await findActors(db, account, 'zendesk'), [{ id: '-1', name: 'Zendesk' }]);
      assert.deepEqual(await findActors(db, account, '5'), [{ id: '5', name: 'After' }]);
      assert.deepEqual(await findActors(db, account, '6'), []);
    });
  });

  it('has last activities, newest first', async () => {
    await withStored(async (db) => {
      await storeChanges(
        db,
        [1, 2, 3, 4].map((id) => ({
          id,
          created_at: `2026-01-0${Math.min(id, 3)}T00:00:00Z`,
          actor_id: 5,
        })),
      );
      await storeChanges(db, [{ id: 9, created_at: '2026-01-09T00:00:00Z', actor_id: 6 }]);
      const rows = await collect(
        (await reportUserActivity(scopeOf(db), { user: '5', last: 3, fields: 'usual' })).rows,
      );
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['4', '3', '2'],
      );
    });
  });
});

describe('the share of requests that no rule knows', () => {
  it('is that of the days of the span', async () => {
    await withStored(async (db) => {
      for (const [day, requests, unclassified] of [
        ['2026-01-01', 1000, 500],
        ['2026-01-02', 100, 3],
        ['2026-01-03', 50, 1],
        ['2026-01-04', 1000, 500],
      ])
        await db.query(
          `insert into zendesk.agent_day values
             ('acme', $1, 5, $2, 0, 0, 0, 0, 0, 0, 0, 0, $3, 0, 0, 0, 0, 0, now(), now())`,
          [day, requests, unclassified],
        );
      const count = (from: string, to: string) =>
        countUnclassified(db, account, { from: new Date(from), to: new Date(to) });
      assert.deepEqual(await count('2026-01-02T10:00:00Z', '2026-01-04T00:00:00Z'), {
        requests: 150,
        unclassified: 4,
      });
      assert.deepEqual(await count('2025-01-02T10:00:00Z', '2025-01-04T00:00:00Z'), {
        requests: 0,
        unclassified: 0,
      });
    });
  });
});
