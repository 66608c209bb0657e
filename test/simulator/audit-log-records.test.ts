import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  assertSameList,
  ask,
  idsOf,
  lastDays,
  NOW,
  withSimulator,
  type Json,
} from './simulated-account.ts';

const AUDIT = '/api/v2/audit_logs';

describe('audit log records', () => {
  it('have ids of 14 digits that grow with time, but not in the order of created_at', async () => {
    await withSimulator({ auditLogRowsPerDay: 2000 }, async (simulator) => {
      const rows = lastDays(simulator, 'audit_logs', 5);
      const ids = idsOf(rows).map(Number);
      assert.ok(ids.every((id) => String(id).length === 14));
      assert.equal(new Set(ids).size, ids.length);
      assert.notDeepEqual(
        ids,
        ids.toSorted((a, b) => a - b),
      );
      const [first = 0, last = 0] = [ids[0], ids.at(-1)];
      assert.ok(last - first > 4 * 1440 * 19_000_000);
    });
  });

  it('contain the events of a help desk: sign-ins, roles, settings, tokens, rules, apps, deletions, suspensions, exports', async () => {
    await withSimulator({ auditLogRowsPerDay: 2000 }, async (simulator) => {
      const rows = lastDays(simulator, 'audit_logs', 14);
      const some = (name: string, pattern: RegExp): void =>
        assert.ok(
          rows.some((row) => pattern.test(String(row[name]))),
          `${name} ${String(pattern)}`,
        );
      some('change_description', /^Successful sign-in using Zendesk password from https:/);
      some('change_description', /^Guide role changed from not set to Admin\nExplore role/);
      some('change_description', /\\nExplore role/);
      some('change_description', /&amp;gt;/);
      some('change_description', /^Owner changed from /);
      some('change_description', /\{\{ticket\./);
      for (const label of [
        /^Suspension state: /,
        /^API token/,
        /^Zendesk API: Active API tokens$/,
        /^Trigger: /,
        /^Organization: /,
        /^Require Two Factor$/,
      ])
        some('source_label', label);
      const types = new Set(rows.map((row) => row['source_type']));
      for (const type of [
        'user',
        'user_setting',
        'account',
        'account_setting',
        'rule',
        'ticket',
        'organization',
        'apitoken',
        'api_token',
        'zendesk/app_market/app',
        'zendesk/business_hours/workweek',
      ])
        assert.ok(types.has(type), type);
      assert.deepEqual(
        new Set(rows.map((row) => row['action'])),
        new Set(['create', 'destroy', 'exported', 'login', 'update']),
      );
      some('ip_address', /^2001:db8:/);
    });
  });

  it('are returned without personal data after the erasure, with the same id', async () => {
    await withSimulator({ auditLogRowsPerDay: 2000 }, async (plain) => {
      const rows = lastDays(plain, 'audit_logs', 3);
      const own = rows.find((row) => row['action'] === 'login');
      const userId = Number(own?.['actor_id']);
      const erasure = { after: new Date(NOW + 1000), userId };
      await withSimulator({ auditLogRowsPerDay: 2000, erasure }, async (simulator) => {
        assertSameList(lastDays(simulator, 'audit_logs', 3), rows);
        simulator.freezeClock(NOW + 1000);
        const erased = lastDays(simulator, 'audit_logs', 3).find(
          (row) => row['id'] === own?.['id'],
        );
        assert.deepEqual(erased, {
          ...own,
          actor_name: String(userId),
          ip_address: null,
          source_label: `Team member: ${userId}`,
        });
        const shown = await ask<Json>(simulator, `${AUDIT}/${String(own?.['id'])}`);
        assert.deepEqual(shown.json, { audit_log: erased });
        const others = (list: Json[]): Json[] =>
          list.filter((row) => row['actor_id'] !== userId && row['source_id'] !== userId);
        assertSameList(others(lastDays(simulator, 'audit_logs', 3)), others(rows));
      });
    });
  });

  it('lose the data of the person who was deleted last when the erasure names nobody', async () => {
    await withSimulator(
      { auditLogRowsPerDay: 2000, erasure: { after: '2026-11-01T00:00:00Z' } },
      async (simulator) => {
        const gone = simulator
          .users()
          .filter((user) => !user.active && user.updated_at < '2026-11-01');
        const last = gone.toSorted((a, b) => (a.updated_at < b.updated_at ? -1 : 1)).at(-1);
        const rows = lastDays(simulator, 'audit_logs', 90).filter(
          (row) => row['actor_id'] === last?.id,
        );
        assert.ok(rows.length > 0);
        assert.ok(
          rows.every((row) => row['actor_name'] === String(last?.id) && row['ip_address'] === null),
        );
      },
    );
  });
});
