import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { loadChanges } from '../../src/page/views/what-changed/load-changes.ts';
import { loadHistory } from '../../src/page/views/what-changed/load-history.ts';
import { loadVocabulary } from '../../src/page/views/what-changed/load-vocabulary.ts';
import { readChangesQuestion, readPlace } from '../../src/page/views/what-changed/question.ts';
import { describePage, withPage } from '../support/page.ts';
import { account, storeChanges, storePeople, withStored } from '../support/report-data.ts';

const now = new Date('2026-11-19T15:00:00Z');
const scope = { account, now, timeZone: undefined };
const at = (time: string): string => `2026-11-0${time}Z`;

async function ask(
  db: Database,
  parameters: Readonly<Record<string, string>> = {},
  role: 'reader' | 'investigator' = 'investigator',
) {
  const { service } = describePage([account]);
  const asked = {
    parameters: new URLSearchParams(parameters),
    asker: { name: 'test', role },
    service,
    now,
  };
  return loadChanges(db, scope, readChangesQuestion(asked), readPlace(asked));
}

async function idsOf(...given: Parameters<typeof ask>): Promise<string[]> {
  return (await ask(...given)).changes.map(({ id }) => id);
}

describe('the changes that the page shows', { concurrency: 2 }, () => {
  it('are newest first, with the value before and after, and pass every filter', async () => {
    await withStored(async (db) => {
      await storePeople(db, [{ id: 5, name: 'Ann Admin', email: 'ann@acme.example' }]);
      await storeChanges(db, [
        { id: 1, created_at: at('1T10:00:00') },
        { id: 2, created_at: at('2T10:00:00'), actor_id: 5, ip_address: '203.0.113.9' },
        {
          id: 3,
          created_at: at('2T10:00:00'),
          source_type: 'user',
          source_id: 9,
          source_label: 'Team member: Bob &amp;lt;i&amp;gt;Cat',
          change_description: 'Role changed from Agent to Admin',
          action: 'update',
          ip_address: '2001:db8::7',
        },
        {
          id: 4,
          created_at: at('3T10:00:00'),
          source_type: 'rule',
          source_id: 77,
          source_label: 'Trigger: Notify 100%',
          change_description: null,
          action: 'destroy',
          actor_id: null,
          actor_name: null,
          ip_address: null,
        },
        { id: 5, created_at: '2026-09-01T10:00:00Z' },
        { id: 6, created_at: at('3T10:00:00'), account: 'other' },
      ]);
      const { changes, next, statement } = await ask(db);
      assert.deepEqual(
        changes.map(({ id, time, label, property, old_value: before, new_value: after, history }) =>
          [id, time.toISOString().slice(8, 16), label, property, before, after, history].join('|'),
        ),
        [
          '4|03T10:00|Trigger: Notify 100%||||',
          '3|02T10:00|Team member: Bob <i>Cat|Role|Agent|Admin|role',
          '2|02T10:00|Security: Session expiration||10 minutes|30 minutes|setting',
          '1|01T10:00|Security: Session expiration||10 minutes|30 minutes|setting',
        ],
      );
      assert.equal(next, undefined);
      assert.deepEqual(statement.coverage, [
        'No part of the audit log from 2026-10-20 15:00:00 to 2026-11-19 15:00:00 is completely stored.',
      ]);
      const table: [Record<string, string>, string[]][] = [
        [{ type: 'rule' }, ['4']],
        [{ type: 'user', thing: '9' }, ['3']],
        [{ action: 'destroy' }, ['4']],
        [{ actor: '5' }, ['2']],
        [{ actor: 'ANN@acme.example' }, ['2']],
        [{ address: '203.0.113.0/24' }, ['2']],
        [{ address: '2001:db8::/32' }, ['3']],
        [{ text: '0%' }, ['4']],
        [{ text: '_' }, []],
        [{ text: "' or true --" }, []],
        [{ text: '<I>cat' }, ['3']],
        [{ text: 'to admin', action: 'update' }, ['3']],
        [{ from: '2026-08-01T00:00:00Z', to: '2026-10-01T00:00:00Z' }, ['5']],
        [{ from: at('2T10:00:00'), to: at('3T10:00:00') }, ['3', '2']],
      ];
      for (const [parameters, ids] of table)
        assert.deepEqual(await idsOf(db, parameters), ids, JSON.stringify(parameters));
      assert.deepEqual(await loadVocabulary(db, account), {
        types: ['account_setting', 'rule', 'user'],
        actions: ['create', 'update', 'destroy', 'login', 'exported'],
      });
    });
  });

  it('refuse filters that make no sense with a sentence', async () => {
    await withStored(async (db) => {
      await storeChanges(db, [{ id: 1, created_at: at('1T10:00:00') }]);
      const table: [Record<string, string>, string][] = [
        [
          { address: 'here' },
          'The address is "here". Use one such as 203.0.113.9 or 203.0.113.0/24.',
        ],
        [{ thing: '1;2' }, 'The id of the thing is "1;2". Use digits only.'],
        [
          { actor: 'nobody' },
          'No user "nobody" is stored for the account acme. Use an id, an e-mail address or a full name.',
        ],
        [{ after: 'x' }, 'The place in the list cannot be read. Begin at its first page.'],
        [
          { from: '2026-13-01T00:00:00Z' },
          'The start of the time range cannot be read. Use a moment such as 2026-11-03T00:00:00Z.',
        ],
        [
          { from: at('2T10:00:00'), to: at('2T10:00:00') },
          'The time range must begin before it ends, and not in the future.',
        ],
        [{ text: 'x'.repeat(301) }, 'The filter by text is too long.'],
      ];
      for (const [parameters, message] of table)
        await assert.rejects(() => ask(db, parameters), { code: 'bad_input', message });
    });
  });

  it('come in parts of fifty that neither repeat nor leave out what shares a second', async () => {
    await withStored(async (db) => {
      const ids = Array.from({ length: 130 }, (_, index) => index + 1);
      await storeChanges(
        db,
        ids.map((id) => ({ id, created_at: at(`1T10:0${Math.floor(id / 60)}:00`) })),
      );
      const seen: string[] = [];
      let after = '';
      do {
        const { changes, next = '' } = await ask(db, { after });
        seen.push(...changes.map(({ id }) => id));
        after = next;
      } while (after !== '');
      assert.deepEqual(seen, ids.toReversed().map(String));
    });
  });

  it('have nothing for a reader that people typed into tickets, and cannot be searched for it', async () => {
    await withStored(async (db) => {
      await storeChanges(db, [
        {
          id: 1,
          created_at: at('1T10:00:00'),
          source_type: 'ticket',
          source_id: 937,
          source_label: 'Ticket: My secret illness',
          change_description: 'Subject changed from secret to public',
        },
      ]);
      const { changes } = await ask(db, {}, 'reader');
      assert.equal(changes[0]?.source_id, '937');
      assert.doesNotMatch(JSON.stringify(changes), /secret|public/);
      assert.deepEqual(await idsOf(db, { text: 'secret' }, 'reader'), []);
      assert.deepEqual(await idsOf(db, { text: 'secret' }), ['1']);
      assert.match(JSON.stringify(await ask(db)), /My secret illness/);
    });
  });
});

describe('the file of the changes', () => {
  it('has the same changes as the page, all of them', async () => {
    await withPage(async ({ db, url }) => {
      const ids = Array.from({ length: 70 }, (_, index) => index + 1);
      await storeChanges(
        db,
        ids.map((id) => ({
          id,
          created_at: at('1T10:00:00'),
          source_type: id % 2 === 0 ? 'rule' : 'user',
        })),
      );
      const span = `from=${at('1T00:00:00')}&to=${at('2T00:00:00')}`;
      const response = await fetch(
        `${url}/api/what-changed/file?account=acme&type=rule&${span}&form=csv`,
      );
      assert.equal(
        response.headers.get('content-disposition'),
        'attachment; filename="acme-changes.csv"',
      );
      const lines = (await response.text()).trimEnd().split('\r\n').slice(1);
      assert.deepEqual(
        lines.map((line) => line.split(',').at(-1)),
        ids
          .filter((id) => id % 2 === 0)
          .toReversed()
          .map(String),
      );
    });
  });
});

describe('the history that the page shows', { concurrency: 2 }, () => {
  it('is that of one setting, or of the roles of one person, oldest first', async () => {
    await withStored(async (db) => {
      const setting = { source_id: 70, source_label: 'Security: Session expiration' };
      const person = { source_type: 'user', source_id: 9, source_label: 'Team member: Bob Cat' };
      await storeChanges(db, [
        { ...setting, id: 1, created_at: at('1T10:00:00') },
        {
          ...setting,
          id: 2,
          created_at: at('3T10:00:00'),
          change_description: 'Changed from 30 minutes to 8 hours',
        },
        { id: 3, created_at: at('2T10:00:00'), source_id: 71 },
        {
          ...person,
          id: 4,
          created_at: at('1T10:00:00'),
          change_description:
            'Role changed from Agent to Admin\nGuide role changed from not set to Viewer',
        },
        {
          ...person,
          id: 5,
          created_at: at('2T10:00:00'),
          change_description: 'Name changed from A to B',
        },
      ]);
      const line = async (question: Parameters<typeof loadHistory>[2]): Promise<string[]> => {
        const { spans, isWhole } = await loadHistory(
          db,
          { account, now, timeZone: undefined },
          question,
        );
        assert.ok(isWhole);
        return spans.map(
          ({
            lane,
            name,
            old_value: before,
            new_value: after,
            valid_from: from,
            valid_until: until,
          }) => [lane, name, before, after, from.getUTCDate(), until?.getUTCDate()].join('|'),
        );
      };
      assert.deepEqual(
        await line({
          of: 'setting',
          type: 'account_setting',
          thing: '70',
          label: 'Security: Session expiration',
        }),
        [
          '|Security: Session expiration|10 minutes|30 minutes|1|3',
          '|Security: Session expiration|30 minutes|8 hours|3|',
        ],
      );
      assert.deepEqual(await line({ of: 'role', user: '9' }), [
        'Support|Bob Cat|Agent|Admin|1|',
        'Guide|Bob Cat|not set|Viewer|1|',
      ]);
      assert.deepEqual(await line({ of: 'role', user: '10' }), []);
    });
  });
});
