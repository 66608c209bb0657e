import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeAuditRows } from '../support/audit-rows.ts';
import { withLedger } from '../support/ledger.ts';

/** The description, and the result of the view: property, old value, new value. */
const descriptions: readonly (readonly [string | null, ...(string | null)[]])[] = [
  ['Changed from 10 minutes to 30 minutes', null, '10 minutes', '30 minutes'],
  ['Owner changed from Bob Cat to Mountain Lion', 'Owner', 'Bob Cat', 'Mountain Lion'],
  [
    'Group changed from Premium Support to Premium Support Korea',
    'Group',
    'Premium Support',
    'Premium Support Korea',
  ],
  ['Sort order changed from  to Priority', 'Sort order', '', 'Priority'],
  [
    'Workweek changed from {:mon=&amp;gt;{"09:00"=&amp;gt;"17:00"}} to {:mon=&amp;gt;{"08:00"=&amp;gt;"18:00"}}',
    'Workweek',
    '{:mon=>{"09:00"=>"17:00"}}',
    '{:mon=>{"08:00"=>"18:00"}}',
  ],
  [
    'Body changed from &lt;p&gt;Hi&lt;/p&gt;\nBye to Hello\nyou',
    'Body',
    '<p>Hi</p>\nBye',
    'Hello\nyou',
  ],
  ['Guide role changed from not set to Admin\\nExplore role changed from A to B', null, null, null],
  ['Turned on', null, null, 'on'],
  ['Turned off', null, null, 'off'],
  ['Enabled', null, null, 'enabled'],
  ['Disabled', null, null, 'disabled'],
  ['Unsuspended', null, null, 'unsuspended'],
  ['Set to High', null, null, 'High'],
  ['Exchanged from old to new', null, null, null],
  ['Condition added: Ticket is Created', null, null, null],
  ['', null, null, null],
  [null, null, null, null],
];

describe('clean_text', () => {
  const cases: readonly (readonly [string | null, string | null])[] = [
    ['a\\nb', 'a\nb'],
    ['a\\r\\nb\r\nc', 'a\nb\nc'],
    ['{:mon=&amp;gt;"9"}', '{:mon=>"9"}'],
    ['{&quot;mon&quot;: &lt;&#39;x&#39;&gt;}', `{"mon": <'x'>}`],
    ['Foo &amp; Sons &amp;amp; Co', 'Foo & Sons & Co'],
    ['a&nbsp;b &amp;nbsp;', 'a b'],
    ['  \n x \t', 'x'],
    ['C:\\reports', 'C:\\reports'],
    ['', ''],
    [null, null],
  ];
  it('turns tags into line breaks, undoes single and double escapes, and trims', async () => {
    await withLedger(async (db) => {
      const cleaned = await db.query<{ text: string | null }>(
        'select zendesk.clean_text(raw) as text from unnest($1::text[]) with ordinality as t (raw, n) order by n',
        [cases.map(([raw]) => raw)],
      );
      assert.deepEqual(
        cleaned.map(({ text }) => text),
        cases.map(([, clean]) => clean),
      );
    });
  });
});

describe('audit_events', () => {
  it('has the values before and after if the description names them once', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(
        db,
        descriptions.map(([change_description]) => ({ change_description })),
      );
      const rows = await db.query<Record<string, string | null>>(
        'select change_description, property, old_value, new_value from zendesk.audit_events order by id',
      );
      assert.deepEqual(rows.map(Object.values), descriptions);
    });
  });

  it('keeps the raw text beside the clean one and splits the label at its first colon', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        { source_label: 'Security: Session expiration', change_description: 'a\\n&amp;gt;' },
        { source_label: 'Organization: Foo &amp; Sons: North' },
        { source_label: 'Credit Card Redaction' },
        { source_label: null },
      ]);
      assert.deepEqual(
        await db.query(
          `select source_label, source_label_type as type, source_label_name as name, change_description as raw, description
           from zendesk.audit_events order by id`,
        ),
        [
          {
            source_label: 'Security: Session expiration',
            type: 'Security',
            name: 'Session expiration',
            raw: 'a\\n&amp;gt;',
            description: 'a\n>',
          },
          {
            source_label: 'Organization: Foo &amp; Sons: North',
            type: 'Organization',
            name: 'Foo & Sons: North',
            raw: null,
            description: null,
          },
          {
            source_label: 'Credit Card Redaction',
            type: null,
            name: 'Credit Card Redaction',
            raw: null,
            description: null,
          },
          { source_label: null, type: null, name: null, raw: null, description: null },
        ],
      );
    });
  });

  it('names the actor as in the record, otherwise as known at the time or now, with the role of that time', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk.user_history (account, id, valid_from, valid_to, name, role, team_member) values
           ('acme', 5, '2026-01-01', '2026-06-01', 'Ann Then', 'agent', true),
           ('acme', 5, '2026-06-01', null, 'Ann Now', 'admin', true),
           ('other', 5, '2026-01-01', null, 'Somebody Else', 'end-user', false)`,
      );
      await db.query(
        `insert into zendesk.users (account, id, name, role, team_member, valid_from) values ('acme', 5, 'Ann Now', 'admin', true, '2026-06-01')`,
      );
      await storeAuditRows(db, [
        { created_at: '2025-03-01T00:00:00Z', actor_name: null },
        { created_at: '2026-03-01T00:00:00Z', actor_name: null },
        { created_at: '2026-06-01T00:00:00Z', actor_name: 'Ann Record' },
        { created_at: '2026-06-02T00:00:00Z', actor_id: -1, actor_name: 'Zendesk' },
      ]);
      assert.deepEqual(
        await db.query(
          'select actor_name as name, actor_role as role, role_source as source from zendesk.audit_events order by id',
        ),
        [
          { name: 'Ann Now', role: 'agent', source: 'present' },
          { name: 'Ann Then', role: 'agent', source: 'observed' },
          { name: 'Ann Record', role: 'admin', source: 'observed' },
          { name: 'Zendesk', role: null, source: null },
        ],
      );
    });
  });

  it('derives the role of the past from changes of roles, backwards from the present', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk.users (account, id, name, role, team_member, valid_from) values ('acme', 5, 'Ann', 'end-user', true, now())`,
      );
      await db.query(
        `insert into zendesk.user_history (account, id, valid_from, name, role, team_member) values ('acme', 5, '2026-11-10', 'Ann', 'end-user', true)`,
      );
      const turned = (created_at: string, change_description: string) => ({
        created_at,
        change_description,
        actor_id: 6,
        source_type: 'user',
        source_id: 5,
      });
      await storeAuditRows(db, [
        { created_at: '2026-01-01T00:00:00Z' },
        turned(
          '2026-02-01T00:00:00Z',
          'Guide role changed from Viewer to Manager\nRole changed from Light agent to Administrator',
        ),
        { created_at: '2026-03-01T00:00:00Z' },
        turned('2026-04-01T00:00:00Z', 'Role changed from Administrator to End-user'),
        { created_at: '2026-05-01T00:00:00Z' },
        { created_at: '2026-11-11T00:00:00Z' },
      ]);
      assert.deepEqual(
        await db.query(
          'select actor_role as role, role_source as source from zendesk.audit_events where actor_id = 5 order by id',
        ),
        [
          { role: 'agent', source: 'derived' },
          { role: 'admin', source: 'derived' },
          { role: 'end-user', source: 'derived' },
          { role: 'end-user', source: 'observed' },
        ],
      );
    });
  });
});
