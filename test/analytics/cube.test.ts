import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { findAnalyticsTool } from '../support/analytics-tools.ts';
import { compileCubeModel } from '../support/cube-model.ts';
import { withClient } from '../support/query.ts';
import { storeChanges, storePeople, withStored } from '../support/report-data.ts';

const cube = findAnalyticsTool('cube');

describe('the Cube model', { skip: cube.skip }, () => {
  it('is compiled by Cube, and the SQL of every dimension and measure runs with the rights of a reader', async () => {
    if (cube.skip !== false) return;
    const { cubes, write } = await compileCubeModel(cube.path);
    assert.deepEqual(Object.keys(cubes).toSorted(), [
      'access_events',
      'agent_days',
      'audit_events',
      'completeness',
      'findings',
      'users',
    ]);
    await withStored(async (db, { DATABASE_URL: url }) => {
      await storePeople(db, [{ id: 7, name: 'Joe Agent', role: 'agent' }]);
      await storeAccesses(db, [{ timestamp: '2026-11-17T09:00:00Z', url: '/api/v2/tickets/937' }]);
      await coverAccesses(db, '2026-11-12T00:00:00Z', '2026-11-19T00:00:00Z');
      await storeChanges(db, [{ created_at: '2026-11-17T09:00:00Z' }]);
      await withClient(url, async (query) => {
        await query('set role zendesk_reader');
        for (const [name, { dimensions, measures }] of Object.entries(cubes)) {
          const named = (members: Readonly<Record<string, { public?: boolean }>>): string[] =>
            Object.keys(members)
              .filter((member) => members[member]?.public !== false)
              .map((member) => `${name}.${member}`);
          const { text, values } = write({
            dimensions: named(dimensions),
            measures: named(measures),
            timezone: 'UTC',
          });
          const rows = await query(text, values);
          if (['access_events', 'audit_events', 'users', 'completeness'].includes(name))
            assert.ok(rows.length > 0, name);
        }
        const { text, values } = write({
          measures: ['access_events.count'],
          dimensions: ['users.email', 'access_events.resource_id'],
          timezone: 'UTC',
        });
        assert.equal((await query(text, values)).length, 1);
      });
    });
  });

  it('takes the schemas from the environment of Cube', async () => {
    if (cube.skip !== false) return;
    const { cubes, write } = await compileCubeModel(cube.path, {
      SCHEMA: 'logs',
      SYNC_SCHEMA: 'logs_sync',
    });
    for (const [name, { measures }] of Object.entries(cubes)) {
      const { text } = write({
        measures: Object.keys(measures).map((measure) => `${name}.${measure}`),
        timezone: 'UTC',
      });
      assert.match(text, name === 'completeness' ? /FROM\s+logs_sync\./ : /FROM\s+logs\./, name);
      assert.doesNotMatch(text, /zendesk/, name);
    }
  });
});
