import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { registerStream } from '../../src/ingest/worker.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { storeAuditRows } from '../support/audit-rows.ts';
import { withLedger } from '../support/ledger.ts';

describe('the views for fivetran/dbt_zendesk', () => {
  it('have the columns that its staging models read, with their types and comments', async () => {
    await withLedger(async (db) => {
      const columns = await db.query<{ relation: string; columns: string; bare: number }>(
        `select c.relname as relation, count(*) filter (where col_description(c.oid, a.attnum) is null)::integer as bare,
           string_agg(a.attname || ' ' || format_type(a.atttypid, null), ', ' order by a.attnum) as columns
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
         where c.relnamespace = 'zendesk_fivetran'::regnamespace and obj_description(c.oid) is not null group by 1 order by 1`,
      );
      assert.deepEqual(columns, [
        {
          relation: 'audit_log',
          bare: 0,
          columns:
            'id bigint, action text, actor_id bigint, change_description text, created_at timestamp with time zone, ' +
            'source_id bigint, source_label text, source_type text, _fivetran_synced timestamp with time zone, account text',
        },
        {
          relation: 'user',
          bare: 0,
          columns:
            'id bigint, name text, email text, role text, active boolean, suspended boolean, created_at timestamp with time zone, ' +
            'updated_at timestamp with time zone, last_login_at timestamp with time zone, time_zone text, locale text, ' +
            'external_id text, organization_id bigint, phone text, ticket_restriction text, ' +
            '_fivetran_synced timestamp with time zone, _fivetran_deleted boolean, account text',
        },
      ]);
    });
  });

  it('give the rows as they are stored', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        { change_description: 'a\\n&amp;gt;', source_label: 'Bob', source_type: 'user' },
      ]);
      await db.query(
        `insert into zendesk.users (account, id, name, email, role, active, suspended, team_member, time_zone, locale, created_at, updated_at, last_login_at, valid_from, synced_at)
         values ('acme', 5, 'Ann', 'ann@example.com', 'admin', true, false, true, 'Berlin', 'de', '2024-01-01', '2024-01-02', '2024-01-03', now(), '2024-01-04')`,
      );
      const [log] = await db.query<Record<string, unknown>>(
        `select id::integer, action, actor_id::integer, change_description, created_at, source_id::integer, source_label, source_type,
           _fivetran_synced = (select synced_at from zendesk.audit_logs) as synced, account
         from zendesk_fivetran.audit_log`,
      );
      assert.deepEqual(log, {
        id: 1,
        action: 'update',
        actor_id: 5,
        change_description: 'a\\n&amp;gt;',
        created_at: new Date('2026-11-18T12:00:00Z'),
        source_id: 7,
        source_label: 'Bob',
        source_type: 'user',
        synced: true,
        account: 'acme',
      });
      const [person] = await db.query<Record<string, unknown>>(
        `select u.*, id::integer, created_at::date::text, updated_at::date::text, last_login_at::date::text, _fivetran_synced::date::text
         from zendesk_fivetran."user" u`,
      );
      assert.deepEqual(person, {
        id: 5,
        name: 'Ann',
        email: 'ann@example.com',
        role: 'admin',
        active: true,
        suspended: false,
        created_at: '2024-01-01',
        updated_at: '2024-01-02',
        last_login_at: '2024-01-03',
        time_zone: 'Berlin',
        locale: 'de',
        external_id: null,
        organization_id: null,
        phone: null,
        ticket_restriction: null,
        _fivetran_synced: '2024-01-04',
        _fivetran_deleted: false,
        account: 'acme',
      });
    });
  });

  it('are there once more for each account where there are several, also for readers, with its rows alone', async () => {
    await withLedger(async (db) => {
      const listSources = async (): Promise<unknown> =>
        (
          await db.query<{ name: string }>(
            `select table_schema || '.' || table_name as name from information_schema.views
             where table_schema like 'zendesk_fivetran\\_%' order by 1`,
          )
        ).map(({ name }) => name);
      await registerStream(db, 'acme', auditLogs);
      assert.deepEqual(await listSources(), []);
      await registerStream(db, 'acme-uk', auditLogs);
      const sources = [
        'zendesk_fivetran_acme.audit_log',
        'zendesk_fivetran_acme.user',
        'zendesk_fivetran_acme_uk.audit_log',
        'zendesk_fivetran_acme_uk.user',
      ];
      assert.deepEqual(await listSources(), sources);
      await storeAuditRows(db, [{ id: 1 }, { id: 2 }]);
      await db.query(`update zendesk.audit_logs set account = 'acme-uk' where id = 2`);
      await db.transaction(async (tx) => {
        await tx.query('set local role zendesk_reader');
        const rows = await tx.query(
          `select account, id::integer from zendesk_fivetran_acme.audit_log
           union all select account, id::integer from zendesk_fivetran_acme_uk.audit_log order by 2`,
        );
        assert.deepEqual(rows, [
          { account: 'acme', id: 1 },
          { account: 'acme-uk', id: 2 },
        ]);
      });
      // Keys that differ in a character that has no place in a name.
      await registerStream(db, 'acme_uk', auditLogs);
      const [found] = await db.query<{ missing: string[] }>(
        'select zendesk_sync.provide_sources() as missing',
      );
      assert.deepEqual(found, { missing: [] });
      assert.deepEqual(await listSources(), [
        ...sources,
        'zendesk_fivetran_acme_uk_2.audit_log',
        'zendesk_fivetran_acme_uk_2.user',
      ]);
    });
  });
});
