import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { describeCatalogue } from '../support/catalogue.ts';
import { withDatabase } from '../support/database.ts';
import { createFormerDatabase } from '../support/former-database.ts';
import { withClient } from '../support/query.ts';

/** Partitions: a previous version created them in the schema of their table. */
const createPartitions = (schema: string): string =>
  [
    ['access_logs', 'access_logs_2026_10', '2026-10-01', '2026-11-01'],
    ['access_log_resources', 'access_log_resources_2026_10', '2026-10-01', '2026-11-01'],
    ['audit_logs', 'audit_logs_2026', '2026-01-01', '2027-01-01'],
  ]
    .map(
      ([table, name, from, until]) =>
        `create table ${schema}.${name} (like zendesk.${table} including defaults including comments);
       alter table zendesk.${table} attach partition ${schema}.${name} for values from ('${from} 00:00:00+00') to ('${until} 00:00:00+00')`,
    )
    .join(';\n');

const data = `
  insert into zendesk.users (account, id, name, role, team_member, valid_from) values ('acme', 7, 'Joe', 'admin', true, '2026-01-01');
  insert into zendesk.access_logs (account, id, timestamp, user_id, status, url)
  values ('acme', '01A', '2026-10-05T10:00:00Z', 7, 403, '/api/v2/tickets/1');
  insert into zendesk.access_log_resources (account, timestamp, access_log_id, position, kind, resource_type, resource_id, user_id, status)
  values ('acme', '2026-10-05T10:00:00Z', '01A', 0, 'view', 'ticket', '1', 7, 403);
  insert into zendesk.audit_logs (account, id, created_at, action, actor_id, source_type, change_description)
  values ('acme', 1, '2026-10-05T10:00:00Z', 'update', 7, 'user', 'Role changed from agent to admin');
  insert into zendesk_sync.streams (account, stream, retention_days) values ('acme', 'access_logs', 90), ('acme', 'users', null);
  insert into zendesk_sync.coverage values ('acme', 'access_logs', '2026-10-01', '2026-11-01');
  update zendesk.finding_rules set severity = 'low' where rule = 'admin_role_assigned';
  delete from zendesk.finding_rules where rule = 'app_changed';
  delete from zendesk.search_patterns where name = 'IBAN'`;

const tables = [
  'zendesk.users',
  'zendesk.access_logs',
  'zendesk.access_log_resources',
  'zendesk.audit_logs',
  'zendesk_sync.coverage',
  'zendesk.audit_patterns',
  'zendesk.search_patterns',
  'zendesk.finding_rules',
];

describe('upgrading a database of a previous version', () => {
  for (const newest of ['0006_roles', '0007_error_codes']) {
    it(`with the migrations up to ${newest} and data gives the catalogue of a new one, and keeps the rows`, async () => {
      const former = await createFormerDatabase(newest);
      try {
        await withClient(former.url, async (query) => {
          await query(createPartitions('zendesk'));
          await query(data);
          const count = async (): Promise<unknown[]> =>
            query(
              tables
                .map(
                  (name) =>
                    `select '${name}' as name, count(*)::integer as rows, md5(string_agg(to_jsonb(t)::text, '' order by to_jsonb(t)::text)) as sum from ${name} t`,
                )
                .join(' union all '),
            );
          const before = await count();
          const { applied } = await migrateDatabase(former.url);
          assert.equal(applied.at(-1), 'definitions');
          assert.deepEqual(await count(), before);
          assert.equal((await query('select * from zendesk_sync.status')).length, 2);
          assert.deepEqual(
            await query(
              'select stream, rows from zendesk_sync.status where stream <> $1 order by 1',
              ['users'],
            ),
            [{ stream: 'access_logs', rows: '1' }],
          );
          await withDatabase(async (url) => {
            const expected = await withClient(url, async (ask) => {
              await ask(createPartitions('zendesk_partitions'));
              return describeCatalogue(ask);
            });
            assert.ok(expected.length > 1000, `${expected.length} lines`);
            assert.deepEqual(await describeCatalogue(query), expected);
          });
          assert.deepEqual(await migrateDatabase(former.url), { applied: [] });
        });
      } finally {
        await former.drop();
      }
    });
  }

  it('keeps what others have built on its views, and the grants on them', async () => {
    const former = await createFormerDatabase('0006_roles');
    const reader = `zls_${randomBytes(4).toString('hex')}`;
    try {
      await withClient(former.url, async (query) => {
        await query(`
          create role ${reader};
          create schema bi;
          create view bi.report as select account, id, actor_name from zendesk.audit_events;
          create view bi.findings as select * from zendesk.access_findings;
          create view bi.people as select name from zendesk_fivetran."user";
          grant select on zendesk.access_findings, zendesk.audit_events to ${reader}`);
        await migrateDatabase(former.url);
        await query('select * from bi.report, bi.findings, bi.people');
        const [granted] = await query(
          `select has_table_privilege('${reader}', 'zendesk.access_findings', 'select') as findings,
             has_table_privilege('${reader}', 'zendesk.audit_events', 'select') as events`,
        );
        assert.deepEqual(granted, { findings: true, events: true });
        await query(`drop owned by ${reader}; drop role ${reader}`);
      });
    } finally {
      await former.drop();
    }
  });

  it('keeps a view of others over each table and view, and names those over columns whose type has changed', async () => {
    const former = await createFormerDatabase('0006_roles');
    try {
      await withClient(former.url, async (query) => {
        const relations = await query<{ name: string; view: string }>(
          `select c.oid::regclass::text as name, format('bi.%I', n.nspname || ' ' || c.relname) as view
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname in ('zendesk', 'zendesk_fivetran', 'zendesk_sync') and c.relkind in ('r', 'p', 'v')`,
        );
        assert.equal(relations.length, 41);
        await query('create schema bi');
        for (const { name, view } of relations)
          await query(`create view ${view} as select * from ${name}`);
        // Their columns are no longer intervals and addresses, which many clients cannot read.
        const changed = ['zendesk.access_visits', 'zendesk_sync.status'];
        const viewOf = (name: string) => `bi."${name.replace('.', ' ')}"`;
        await assert.rejects(migrateDatabase(former.url), {
          code: 'objects_in_the_way',
          message: changed
            .map(
              (name) =>
                `This version of the program must drop the view ${name}, but other objects depend on it: view ${viewOf(name)}. Nothing was changed. Save their definitions, drop them, run "migrate", and create them again.`,
            )
            .join('\n'),
        });
        await query(`drop view ${changed.map(viewOf).join(', ')}`);
        await migrateDatabase(former.url);
        const left = await query<{ view: string }>(
          `select format('bi.%I', viewname) as view from pg_views where schemaname = 'bi'`,
        );
        assert.equal(left.length, relations.length - 2);
        for (const { view } of left) await query(`select * from ${view}`);
      });
    } finally {
      await former.drop();
    }
  });
});
