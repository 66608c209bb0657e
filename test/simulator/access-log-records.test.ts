import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { lastDays, withSimulator, type Json } from './simulated-account.ts';

describe('access log records', () => {
  it('contain tickets by REST and GraphQL, searches, lists, exports, admin pages, and the integration that reads the logs', async () => {
    await withSimulator({ accessLogRowsPerDay: 20_000, agents: 60 }, async (simulator) => {
      const rows = lastDays(simulator, 'access_logs', 3);
      const some = (name: string, pattern: RegExp): Json => {
        const found = rows.find((row) => pattern.test(String(row[name])));
        assert.ok(found, `${name} ${String(pattern)}`);
        return found;
      };
      for (const url of [
        /^\/api\/v2\/tickets\/\d+\?\[\.\.\.\]$/,
        /^\/api\/v2\/tickets\/\d\?/,
        /^\/api\/v2\/users\/\d+\/\{\.\.\.\}$/,
        /^\/api\/v2\/tickets\/show_many\?ids=\d+,/,
        /show_many\.json\?ids=\d+%2C/,
        /^\/api\/v2\/search\/incremental\?\{\.\.\.\}&query="order 88213"$/,
        /query=credit%20card$/,
        /^\/api\/v2\/views\/\d+\/execute/,
        /^\/api\/v2\/views\/\d+\/export$/,
        /^\/api\/v2\/incremental\/tickets\/cursor/,
        /^\/admin\/api\/private\/team_members/,
        /^\/api\/v2\/access_logs/,
        /^\/api\/services\/access_logs$/,
      ])
        some('url', url);
      const statuses = new Set(rows.map((row) => row['status']));
      for (const status of [200, 304, 403, 404]) assert.ok(statuses.has(status), `${status}`);
      assert.deepEqual(
        new Set(rows.map((row) => row['authorization_type'])),
        new Set(['session', 'bearer', 'basic', undefined]),
      );
      assert.equal(some('url', /^\/api\/v2\/audit_logs/)['authorization_type'], 'bearer');
      some('ip_address', /^2001:db8:/);
      const graphql = rows
        .filter((row) => row['url'] === '/graphql')
        .map((row) => row['graphql'] as Json);
      const ticket = graphql.find((query) => query['operation_name'] === 'ticket');
      assert.deepEqual(Object.keys(JSON.parse(String(ticket?.['variables']))), [
        'id',
        'includeSkills',
      ]);
      assert.match(String(ticket?.['query']), /\.\.\.$/);
    });
  });

  it('include people who have left since, as the audit log does', async () => {
    await withSimulator({ accessLogDays: 90, accessLogRowsPerDay: 300 }, async (simulator) => {
      const gone = new Set<unknown>(
        simulator.users().flatMap((user) => (user.active ? [] : [user.id])),
      );
      assert.ok(lastDays(simulator, 'access_logs', 90).some((row) => gone.has(row['user_id'])));
      assert.ok(lastDays(simulator, 'audit_logs', 365).some((row) => gone.has(row['actor_id'])));
    });
  });
});
