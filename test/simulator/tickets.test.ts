import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { ask, startAtNow, type Json } from './simulated-account.ts';

const SHOW_MANY = '/api/v2/tickets/show_many';

describe('the tickets of the simulator', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startAtNow({ accessLogDays: 1, accessLogRowsPerDay: 200 });
  });
  after(() => simulator.stop());

  async function show(ids: readonly number[]): Promise<Json[]> {
    const { status, json } = await ask<{ tickets: Json[] }>(simulator, SHOW_MANY, [
      ['ids', ids.join(',')],
    ]);
    assert.equal(status, 200);
    return json.tickets;
  }

  it('are shown by number, with a subject and a requester who is a customer', async () => {
    const tickets = await show([3, 1, 2]);
    assert.deepEqual(
      tickets.map(({ id }) => id),
      [1, 2, 3],
    );
    const [first] = tickets;
    assert.equal(typeof first?.['subject'], 'string');
    const requester = await ask<{ user: Json }>(
      simulator,
      `/api/v2/users/${String(first?.['requester_id'])}`,
    );
    assert.equal(requester.json.user['role'], 'end-user');
    assert.deepEqual(await show([3, 1, 2]), tickets);
  });

  it('are shown one by one too, with 404 for those that do not exist', async () => {
    const [ticket] = await show([1]);
    const { status, json } = await ask(simulator, '/api/v2/tickets/1.json');
    assert.deepEqual([status, json], [200, { ticket }]);
    const absent = await ask(simulator, '/api/v2/tickets/999999999');
    assert.deepEqual(
      [absent.status, absent.json],
      [404, { error: 'RecordNotFound', description: 'Not found' }],
    );
  });

  it('are missing from the answer if they were deleted or do not exist yet', async () => {
    const asked = Array.from({ length: 100 }, (_, index) => index + 1);
    const shown = new Set((await show(asked)).map(({ id }) => id));
    const missing = asked.filter((id) => !shown.has(id));
    assert.ok(missing.length > 0 && missing.length < 20, missing.join(' '));
    assert.deepEqual(await show([missing[0] ?? 0, 9_999_999, 0]), []);
  });

  it('have the requester that the access log shows', async () => {
    let seen = 0;
    let ticket: number | undefined;
    for (const row of simulator.records('access_logs', new Date(0), new Date(8e15))) {
      const url = String(row['url']);
      const opened = /\/tickets\/(\d+)\/comments/.exec(url)?.[1];
      const identities = /\/users\/(\d+)\/identities/.exec(url)?.[1];
      if (opened !== undefined) ticket = Number(opened);
      if (identities === undefined || ticket === undefined) continue;
      const [record] = await show([ticket]);
      if (record === undefined) continue;
      assert.equal(record['requester_id'], Number(identities));
      seen++;
      if (seen === 3) break;
    }
    assert.equal(seen, 3);
  });

  it('can be requested a hundred at once, but not more and not zero', async () => {
    const ids = Array.from({ length: 101 }, (_, index) => index + 1);
    const statusOf = async (text: string): Promise<number> =>
      (await ask(simulator, `${SHOW_MANY}.json`, [['ids', text]])).status;
    assert.equal(await statusOf(ids.slice(1).join(',')), 200);
    assert.equal(await statusOf(ids.join(',')), 400);
    assert.equal(await statusOf(''), 400);
    assert.equal((await ask(simulator, SHOW_MANY, [['ids', '1']], { headers: {} })).status, 401);
  });
});
