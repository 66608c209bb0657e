import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withLedger } from '../support/ledger.ts';

/** What the clients of docs/recipes.md read without a cast. A list of texts is one that some can show but not filter. */
const digestible: ReadonlySet<string> = new Set([
  'bigint',
  'boolean',
  'bytea',
  'cidr',
  'date',
  'double precision',
  'inet',
  'integer',
  'jsonb',
  'smallint',
  'text',
  'text[]',
  'timestamp with time zone',
]);

/** Columns that a role may read, with their types. */
const listColumns = `select format('%I.%I', n.nspname, c.relname) as relation, a.attname as name,
    format_type(a.atttypid, null) as type, c.relkind = 'v' as is_view
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where n.nspname like 'zendesk%' and c.relkind in ('r', 'p', 'v') and not c.relispartition
    and has_table_privilege($1, c.oid, 'select')
  order by 1, a.attnum`;

type Column = { relation: string; name: string; type: string; is_view: boolean };

describe('the columns that readers and investigators see', () => {
  for (const role of ['zendesk_reader', 'zendesk_investigator'])
    it(`have types that every client of ${role} digests, and views have each address as text too`, async () => {
      await withLedger(async (db) => {
        const columns = await db.query<Column>(listColumns, [role]);
        assert.ok(columns.length > 250, String(columns.length));
        assert.deepEqual(
          columns.filter(({ type }) => !digestible.has(type)),
          [],
        );
        const textOf = (relation: string, name: string): string | undefined =>
          columns.find((column) => column.relation === relation && column.name === name)?.type;
        const addresses = columns.filter(
          ({ name, is_view: isView }) => isView && name.startsWith('ip_address'),
        );
        assert.ok(addresses.length > 5, String(addresses.length));
        for (const { relation, name } of addresses)
          assert.equal(
            textOf(relation, name.replace('ip_', '')),
            'text',
            `${relation} has ${name}, but not as text`,
          );
      });
    });

  it('show addresses without a mask', async () => {
    await withLedger(async (db) => {
      await db.query(`
        create table zendesk.audit_logs_all partition of zendesk.audit_logs default;
        create table zendesk.access_logs_all partition of zendesk.access_logs default;
        insert into zendesk.audit_logs (account, id, created_at, action, source_type, ip_address)
        values ('acme', 1, '2026-11-18T08:15:02Z', 'login', 'user', '203.0.113.9'), ('acme', 2, '2026-11-18T08:15:02Z', 'login', 'user', '2001:db8::1');
        insert into zendesk.access_logs (account, id, timestamp, user_id, ip_address) values ('acme', 'A', '2026-11-18T08:15:02Z', 5, '203.0.113.9')`);
      for (const [view, expected] of [
        ['audit_events', '2001:db8::1 203.0.113.9'],
        ['audit_logs_redacted', '2001:db8::1 203.0.113.9'],
        ['sign_ins', '2001:db8::1 203.0.113.9'],
        ['access_logs_redacted', '203.0.113.9'],
        ['access_events', '203.0.113.9'],
      ])
        assert.deepEqual(
          await db.query(
            `select string_agg(address, ' ' order by address) as shown from zendesk.${view}`,
          ),
          [{ shown: expected }],
          view,
        );
    });
  });
});
