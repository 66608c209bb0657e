import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, NOW, walk, withSimulator } from './simulated-account.ts';

const AUDIT = '/api/v2/audit_logs';

describe('a record that is deleted at the source', () => {
  it('is in no list and is not found by its id, until it is brought back', async () => {
    await withSimulator({ auditLogDays: 3, auditLogRowsPerDay: 50 }, async (simulator) => {
      const all = [...simulator.records('audit_logs', new Date(0), new Date(NOW))];
      const id = String(all[7]?.['id']);
      const show = async (): Promise<readonly [boolean, number]> => {
        const pages = await walk(simulator, AUDIT, [['page[size]', 100]]);
        const { status } = await ask(simulator, `${AUDIT}/${id}`);
        const rows = pages.flatMap(({ audit_logs }) => audit_logs);
        return [rows.some((row) => String(row['id']) === id), status];
      };
      assert.deepEqual(await show(), [true, 200]);
      const url = `${simulator.url}/simulator/deletions`;
      const body = JSON.stringify({ stream: 'audit_logs', ids: [id] });
      assert.equal((await fetch(url, { method: 'POST', body })).status, 201);
      assert.deepEqual(await show(), [false, 404]);
      const told = [...simulator.records('audit_logs', new Date(0), new Date(NOW))];
      assert.equal(told.length, all.length - 1);
      assert.equal((await fetch(url, { method: 'DELETE' })).status, 200);
      assert.deepEqual(await show(), [true, 200]);
      const bad = await fetch(url, { method: 'POST', body: '{"stream": "moons"}' });
      assert.deepEqual(await bad.json(), {
        problems: [
          'A deletion needs stream (audit_logs or access_logs) and ids (a list), as JSON.',
        ],
      });
    });
  });
});
