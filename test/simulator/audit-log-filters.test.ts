import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  ask,
  assertSameList,
  lastMinutes,
  minutesAgo,
  startAtNow,
  walk,
  withSimulator,
  type Json,
} from './simulated-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const AUDIT = '/api/v2/audit_logs';

describe('the filters of GET /api/v2/audit_logs', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startAtNow({ auditLogRowsPerDay: 2000, auditLogDays: 20 });
  });
  after(() => simulator.stop());

  const truth = (minutes: number): Json[] => lastMinutes(simulator, 'audit_logs', minutes);

  it('includes rows exactly on either bound', async () => {
    const rows = truth(60);
    const [first, last] = [rows[3], rows.at(-3)].map((row) => String(row?.['created_at']));
    const parameters = [
      ['page[size]', 100],
      ['sort', 'created_at'],
      ['filter[created_at][]', first ?? ''],
      ['filter[created_at][]', last ?? ''],
    ] as const;
    const found = (await walk(simulator, AUDIT, parameters)).flatMap((page) => page.audit_logs);
    const expected = rows.filter(
      (row) =>
        String(row['created_at']) >= (first ?? '') && String(row['created_at']) <= (last ?? ''),
    );
    assertSameList(found, expected);
    assert.equal(found[0]?.['created_at'], first);
    assert.equal(found.at(-1)?.['created_at'], last);
  });

  it('can exclude the bounds instead, as Zendesk does not say (contract Q3)', async () => {
    await withSimulator({ auditLogRowsPerDay: 2000, inclusiveBounds: false }, async (exclusive) => {
      const rows = truth(60);
      const [first, last] = [rows[0], rows.at(-1)].map((row) => String(row?.['created_at']));
      const parameters = [
        ['page[size]', 100],
        ['sort', 'created_at'],
        ['filter[created_at][]', first ?? ''],
        ['filter[created_at][]', last ?? ''],
      ] as const;
      const found = (await walk(exclusive, AUDIT, parameters)).flatMap((page) => page.audit_logs);
      assertSameList(
        found,
        rows.filter((row) => row['created_at'] !== first && row['created_at'] !== last),
      );
    });
  });

  it('ignores a single bound, and accepts two without brackets as the reference spells them', async () => {
    const all = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['sort', 'created_at'],
    ]);
    const single = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['sort', 'created_at'],
      ['filter[created_at][]', minutesAgo(60)],
    ]);
    const bracketed = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['sort', 'created_at'],
      ['filter[created_at][]', minutesAgo(60)],
      ['filter[created_at][]', minutesAgo(0)],
    ]);
    const unbracketed = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['sort', 'created_at'],
      ['filter[created_at]', minutesAgo(60)],
      ['filter[created_at]', minutesAgo(0)],
    ]);
    assertSameList(single.json.audit_logs, all.json.audit_logs);
    assert.ok(bracketed.json.audit_logs.length > 0);
    assertSameList(unbracketed.json.audit_logs, bracketed.json.audit_logs);
  });

  it('requires bounds as YYYY-MM-DDTHH:MM:SSZ', async () => {
    const bounds = [
      ['filter[created_at][]', '2026-11-19 10:00'],
      ['filter[created_at][]', minutesAgo(0)],
    ] as const;
    assert.equal((await ask(simulator, AUDIT, [['page[size]', 5], ...bounds])).status, 400);
  });

  it('has nothing in an inverted window', async () => {
    const bounds = [
      ['filter[created_at][]', minutesAgo(0)],
      ['filter[created_at][]', minutesAgo(60)],
    ] as const;
    assertSameList(
      (await ask(simulator, AUDIT, [['page[size]', 5], ...bounds])).json.audit_logs,
      [],
    );
  });

  const window = [
    ['page[size]', 100],
    ['sort', 'created_at'],
    ['filter[created_at][]', minutesAgo(1440)],
    ['filter[created_at][]', minutesAgo(0)],
  ] as const;
  const found = async (...filters: (readonly [string, string | number])[]): Promise<Json[]> =>
    (await walk(simulator, AUDIT, [...window, ...filters])).flatMap((page) => page.audit_logs);

  it('filters by actor_id; -1 is the system, named Zendesk, without an address', async () => {
    const rows = await found(['filter[actor_id]', -1]);
    assertSameList(
      rows,
      truth(1440).filter((row) => row['actor_id'] === -1),
    );
    assert.ok(rows.length > 0);
    assert.ok(rows.every((row) => row['actor_name'] === 'Zendesk' && row['ip_address'] === null));
  });

  it('filters by one action, and by several with filter[action][]', async () => {
    assertSameList(
      await found(['filter[action]', 'login']),
      truth(1440).filter((row) => row['action'] === 'login'),
    );
    const both = await found(['filter[action][]', 'create'], ['filter[action][]', 'destroy']);
    assertSameList(
      both,
      truth(1440).filter((row) => row['action'] === 'create' || row['action'] === 'destroy'),
    );
    assert.ok(both.length > 0);
  });

  it('filters by source_type and source_id; source_id alone has no effect', async () => {
    const rules = truth(1440).filter((row) => row['source_type'] === 'rule');
    const id = Number(rules[0]?.['source_id']);
    assertSameList(await found(['filter[source_type]', 'rule']), rules);
    assertSameList(
      await found(['filter[source_type]', 'rule'], ['filter[source_id]', id]),
      rules.filter((row) => row['source_id'] === id),
    );
    assert.equal((await found(['filter[source_id]', id])).length, truth(1440).length);
  });

  it('filters by ip_address', async () => {
    const address = String(truth(1440).find((row) => row['ip_address'] !== null)?.['ip_address']);
    assertSameList(
      await found(['filter[ip_address]', address]),
      truth(1440).filter((row) => row['ip_address'] === address),
    );
  });

  it('ignores filter[user_id], which is not documented for audit logs', async () => {
    assert.equal((await found(['filter[user_id]', 1])).length, truth(1440).length);
  });
});
