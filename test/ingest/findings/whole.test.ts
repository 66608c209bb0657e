/** Whatever happens in whatever order, the stored findings are those that the rules work out from all rows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Database } from '../../../src/database/client.ts';
import { classifyStored } from '../../../src/ingest/classification-pass.ts';
import { accessLogs } from '../../../src/streams/access-logs.ts';
import { storeRequests, classifyBy, request } from '../../support/access-requests.ts';
import { storeAuditRows } from '../../support/audit-rows.ts';
import { compareFindings, examineLogs } from '../../support/findings.ts';
import { withLedger } from '../../support/ledger.ts';

type Deed = (db: Database) => Promise<unknown>;

/** Times that are near each other, for rules that look back, and days, for those that look back further. */
const moments = fc
  .record({ day: fc.integer({ min: 1, max: 18 }), minute: fc.nat(1439), step: fc.nat(3) })
  .map(({ day, minute, step }) =>
    new Date(
      Date.UTC(2026, 10, day, step === 0 ? 0 : 9, step === 0 ? minute : step * 4),
    ).toISOString(),
  );
const people = fc.constantFrom(5, 6, -1);
const addresses = fc.constantFrom(
  '203.0.113.9',
  '203.0.113.20',
  '198.51.100.7',
  '2001:db8::1',
  null,
);

const accesses: fc.Arbitrary<Deed> = fc
  .array(
    fc.record({
      id: fc.integer({ min: 1, max: 60 }),
      timestamp: moments,
      url: fc.constantFrom(
        ...[8, 9, 10, 11].map((id) => `/api/v2/tickets/${id}`),
        '/api/v2/search?query=passport',
        '/api/v2/incremental/tickets',
        '/api/v2/oauth/tokens/7',
        '/api/v2/moon_phases/3',
        '/api/v2/audit_logs',
      ),
      user_id: people,
      ip_address: addresses,
      status: fc.constantFrom(200, 403, null),
      client: fc.constantFrom('Mozilla/5.0 Firefox/145.0', 'curl/8.5.0', 'zendesk-log-sync/1.0.0'),
      authorization_type: fc.constantFrom('session', 'basic'),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((rows) => async (db: Database) => {
    const unique = new Map(rows.map((row) => [row.id, row]));
    // A record keeps its time; what else it says may change.
    const stored = await db.query<{ id: string; timestamp: Date }>(
      'select id, timestamp from zendesk.access_logs',
    );
    const known = new Map(stored.map(({ id, timestamp }) => [id, timestamp.toISOString()]));
    await storeRequests(
      db,
      [...unique.values()].map((row) => {
        const id = String(row.id).padStart(6, '0');
        return request(id, known.get(id) ?? row.timestamp, row.url, {
          ...row,
          id,
          timestamp: known.get(id) ?? row.timestamp,
        });
      }),
    );
  });

const changes: fc.Arbitrary<Deed> = fc
  .array(
    fc.record({
      id: fc.integer({ min: 1, max: 40 }),
      created_at: moments,
      actor_id: people,
      ip_address: addresses,
      source_id: fc.constantFrom(5, 6, 7),
      said: fc.constantFrom(
        ['user', 'update', 'Bob Cat', 'Role changed from Agent to Administrator'],
        ['user', 'update', 'Bob Cat', 'Role changed from Agent to End-user'],
        ['user', 'login', 'Bob Cat', 'Signed in using password'],
        ['user_setting', 'update', 'Bob Cat', 'Suspended'],
        ['ticket', 'destroy', '1', null],
        [
          'account_setting',
          'update',
          'Two-Factor authentication for all admins and agents',
          'Disabled',
        ],
      ),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((rows) => async (db: Database) => {
    const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
    const stored = await db.query<{ id: string; at: Date }>(
      'select id::text, created_at as at from zendesk.audit_logs',
    );
    const known = new Map(stored.map(({ id, at }) => [id, at.toISOString()]));
    await storeAuditRows(
      db,
      unique.map(({ said: [source_type, action, source_label, change_description], ...row }) => ({
        ...row,
        created_at: known.get(String(row.id)) ?? row.created_at.replace(/\.\d+/, ''),
        source_type: source_type ?? null,
        action: action ?? null,
        source_label: source_label ?? null,
        change_description: change_description ?? null,
      })),
    );
  });

const statements: fc.Arbitrary<Deed> = fc
  .constantFrom(
    `update zendesk.finding_rules set enabled = not enabled where rule in ('secret_access', 'listed_address', 'new_network')`,
    `update zendesk.finding_rules set severity = 'info', title = 'Look' where rule in ('watchlist_access', 'api_access')`,
    `update zendesk.finding_rules set parameters = parameters || '{"hours": 1}' where rule in ('api_access', 'change_after_grant')`,
    `delete from zendesk.finding_rules where rule = 'data_export'`,
    `insert into zendesk.audit_patterns (rule, actions) values ('ticket_deleted', '{login}')`,
    `insert into zendesk.service_accounts (account, user_id) values ('acme', 6) on conflict do nothing`,
    `delete from zendesk.service_accounts`,
    `insert into zendesk.watchlist (account, resource_type, resource_id, note) values ('acme', 'ticket', '9', 'a star') on conflict do nothing`,
    `delete from zendesk.watchlist`,
    `insert into zendesk.ip_ranges (range, label, kind) values ('198.51.100.0/24', 'Tor', 'tor'), ('203.0.113.0/24', 'Rome', 'place') on conflict do nothing`,
    `truncate zendesk.ip_ranges`,
    `delete from zendesk.search_patterns where name = 'passport'`,
    `insert into zendesk.users (account, id, name, role, iana_time_zone, team_member, valid_from)
     values ('acme', 5, 'Ann', 'admin', 'Asia/Tokyo', true, now()) on conflict (account, id) do update set name = 'Ann B.', iana_time_zone = 'Europe/Rome', role = 'agent'`,
    `insert into zendesk.users (account, id, name, role, team_member, valid_from) values ('acme', 6, 'Bob', 'agent', true, now()) on conflict do nothing`,
    `insert into zendesk.user_history (account, id, valid_from, name, role, active, suspended, team_member)
     values ('acme', 5, '2026-11-09', 'Ann A.', 'admin', true, false, true) on conflict do nothing`,
    `insert into zendesk.user_history (account, id, valid_from, name, role, active, suspended, team_member)
     values ('acme', 6, '2026-11-12', 'Bob', 'agent', true, true, true) on conflict do nothing`,
  )
  .map((statement) => (db: Database) => db.query(statement));

const others: fc.Arbitrary<Deed> = fc.constantFrom<Deed>(examineLogs, examineLogs, async (db) => {
  const classify = classifyBy({ path: '/api/v2/moon_phases/{moon_phase}', kind: 'secret' });
  const rules = { account: 'acme', stream: accessLogs, classify, rules: 'with the moon' };
  const never = new AbortController().signal;
  const quiet = { signal: never, report: () => {}, reportDays: () => {} };
  await classifyStored(db, rules, { ...quiet, again: true });
});

/** Small numbers, so that few rows make many findings. */
const smallNumbers = `update zendesk.finding_rules set parameters = parameters
  || case when parameters ? 'learning_days' then '{"learning_days": 2}'::jsonb else '{}' end
  || case when parameters ? 'count' then '{"count": 2}'::jsonb else '{}' end
  || case when parameters ? 'block' then '{"block": 2}'::jsonb else '{}' end
  || case when rule = 'dormant_admin' then '{"days": 3}'::jsonb else '{}' end
  || case when parameters ? 'measure' then '{"minimum": 2, "z": 0.5, "floor": 0.5, "days": 4, "least_days": 1}'::jsonb else '{}' end`;

describe('stored findings', () => {
  it('are those that the rules work out from all rows, whatever came in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(accesses, accesses, changes, statements, others), {
          minLength: 2,
          maxLength: 14,
        }),
        async (deeds) => {
          await withLedger(async (db) => {
            await db.query(smallNumbers);
            for (const deed of deeds) await deed(db);
            await examineLogs(db);
            const { stored, workedOut } = await compareFindings(db);
            assert.deepEqual(stored, workedOut);
          });
        },
      ),
      // A shrunk failure would take many databases.
      { numRuns: 15, endOnFailure: true },
    );
  });
});
