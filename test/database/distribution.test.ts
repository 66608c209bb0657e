import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withLedger } from '../support/ledger.ts';

describe('tables that can be spread over several servers by account', () => {
  it('hold the account in each primary key and each unique index', async () => {
    await withLedger(async (db) => {
      const found = await db.query(
        `select i.indexrelid::regclass::text as index
         from pg_index i
         join pg_class c on c.oid = i.indrelid and c.relkind in ('r', 'p')
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'account'
         where c.relnamespace::regnamespace::text like 'zendesk%' and i.indisunique and not a.attnum = any (i.indkey)`,
      );
      assert.deepEqual(found, []);
    });
  });

  it('have no identity column: their numbers come from sequences, which the writer may use', async () => {
    await withLedger(async (db) => {
      const found = await db.query(
        `select n.attrelid::regclass::text as table
         from pg_attribute n
         join pg_attribute a on a.attrelid = n.attrelid and a.attname = 'account'
         join pg_class c on c.oid = n.attrelid and c.relnamespace::regnamespace::text like 'zendesk%'
         where n.attidentity <> ''`,
      );
      assert.deepEqual(found, []);
      const refused = await db.query(
        `select pg_get_expr(d.adbin, d.adrelid) as default
         from pg_attrdef d
         join pg_depend p on p.classid = 'pg_attrdef'::regclass and p.objid = d.oid and p.refclassid = 'pg_class'::regclass
         join pg_class s on s.oid = p.refobjid and s.relnamespace::regnamespace::text like 'zendesk%'
         where case when s.relkind = 'S' then not has_sequence_privilege('zendesk_writer', s.oid, 'usage') end`,
      );
      assert.deepEqual(refused, []);
    });
  });

  it('are the parameter of no function: Citus would need the function for the table, and the table for the function', async () => {
    await withLedger(async (db) => {
      const found = await db.query(
        `select p.oid::regprocedure::text as function
         from pg_proc p
         cross join unnest(p.proargtypes::oid[]) as given (type)
         join pg_type t on t.oid = given.type
         join pg_class c on c.oid = t.typrelid or c.oid = (select e.typrelid from pg_type e where e.oid = t.typelem)
         where p.pronamespace::regnamespace::text like 'zendesk%' and c.relkind in ('r', 'p')`,
      );
      assert.deepEqual(found, []);
    });
  });
});
