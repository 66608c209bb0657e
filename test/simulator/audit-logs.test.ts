import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  assertSameList,
  ask,
  idsOf,
  lastMinutes,
  minutesAgo,
  startAtNow,
  walk,
  type Json,
} from './simulated-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const AUDIT = '/api/v2/audit_logs';

describe('GET /api/v2/audit_logs', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startAtNow({ auditLogRowsPerDay: 2000, auditLogDays: 20 });
  });
  after(() => simulator.stop());

  const truth = (minutes: number): Json[] => lastMinutes(simulator, 'audit_logs', minutes);

  it('has exactly the fields of the reference, in its envelope', async () => {
    const { status, json } = await ask(simulator, AUDIT, [['page[size]', 2]]);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json), ['audit_logs', 'meta', 'links']);
    assert.deepEqual(Object.keys(json.meta), ['has_more', 'after_cursor', 'before_cursor']);
    assert.deepEqual(Object.keys(json.links), ['next', 'prev']);
    assert.equal(json.audit_logs.length, 2);
    assert.deepEqual(Object.keys(json.audit_logs[0] ?? {}).toSorted(), [
      'action',
      'action_label',
      'actor_id',
      'actor_name',
      'change_description',
      'created_at',
      'id',
      'ip_address',
      'source_id',
      'source_label',
      'source_type',
      'url',
    ]);
  });

  it('accepts the path with or without .json', async () => {
    const plain = await ask(simulator, AUDIT, [['page[size]', 3]]);
    const suffixed = await ask(simulator, `${AUDIT}.json`, [['page[size]', 3]]);
    assertSameList(suffixed.json.audit_logs, plain.json.audit_logs);
  });

  it('accepts square brackets unencoded and percent-encoded', async () => {
    const headers = { authorization: 'Bearer simulator-ready-token' };
    const raw = await fetch(`${simulator.url}${AUDIT}?page[size]=3&sort=created_at`, { headers });
    const encoded = await fetch(`${simulator.url}${AUDIT}?page%5Bsize%5D=3&sort=created_at`, {
      headers,
    });
    assert.equal(await raw.text(), await encoded.text());
  });

  it('is newest first by default', async () => {
    const { json } = await ask(simulator, AUDIT, [['page[size]', 20]]);
    assertSameList(idsOf(json.audit_logs), idsOf(truth(60).toReversed()).slice(0, 20));
  });

  it('is oldest first with sort=created_at', async () => {
    const window = [
      ['sort', 'created_at'],
      ['filter[created_at][]', minutesAgo(60)],
      ['filter[created_at][]', minutesAgo(0)],
    ] as const;
    const { json } = await ask(simulator, AUDIT, [['page[size]', 20], ...window]);
    assertSameList(json.audit_logs, truth(60).slice(0, 20));
  });

  it('refuses a sort it does not know', async () => {
    const { status, json } = await ask(simulator, AUDIT, [
      ['page[size]', 1],
      ['sort', 'id'],
    ]);
    assert.deepEqual(
      [status, json],
      [400, { error: 'InvalidPaginationParameter', description: 'sort is not valid' }],
    );
  });

  it('rejects page[size]=101 instead of clamping it', async () => {
    assert.equal((await ask(simulator, AUDIT, [['page[size]', 100]])).json.audit_logs.length, 100);
    const { status, json } = await ask(simulator, AUDIT, [['page[size]', 101]]);
    assert.equal(status, 400);
    assert.deepEqual(json, {
      error: 'InvalidPaginationParameter',
      description: 'page[size] cannot be greater than 100',
    });
  });

  it('rejects a broken cursor with an error', async () => {
    const foreign = Buffer.from('{"o":"id","v":[1,2]}').toString('base64');
    for (const cursor of ['rubbish', '', foreign, 'e30=']) {
      const { status, json } = await ask(simulator, AUDIT, [
        ['page[size]', 10],
        ['page[after]', cursor],
      ]);
      assert.equal(status, 400, cursor);
      assert.deepEqual(json, {
        error: 'InvalidPaginationParameter',
        description: 'page[after] is not valid',
      });
    }
  });

  it('rejects a cursor that was made for the other order', async () => {
    const { json } = await ask(simulator, AUDIT, [['page[size]', 10]]);
    const parameters = [
      ['page[size]', 10],
      ['sort', 'created_at'],
      ['page[after]', json.meta.after_cursor ?? ''],
    ] as const;
    assert.equal((await ask(simulator, AUDIT, parameters)).status, 400);
  });

  it('has a cursor that is base64 of {"o": order, "v": values}', async () => {
    const { json } = await ask(simulator, AUDIT, [['page[size]', 1]]);
    const cursor: { o: string; v: unknown } = JSON.parse(
      Buffer.from(json.meta.after_cursor ?? '', 'base64').toString(),
    );
    const [row] = json.audit_logs;
    assert.equal(cursor.o, '-created_at,-id');
    assert.deepEqual(cursor.v, [Date.parse(String(row?.['created_at'])) / 1000, row?.['id']]);
  });

  it('walks through all pages to exactly the truth, in both orders', async () => {
    const window = [
      ['page[size]', 7],
      ['filter[created_at][]', minutesAgo(60)],
      ['filter[created_at][]', minutesAgo(0)],
    ] as const;
    const up = await walk(simulator, AUDIT, [...window, ['sort', 'created_at']]);
    const down = await walk(simulator, AUDIT, [...window, ['sort', '-created_at']]);
    assert.ok(up.length > 5);
    assertSameList(
      up.flatMap((page) => page.audit_logs),
      truth(60),
    );
    assertSameList(
      down.flatMap((page) => page.audit_logs),
      truth(60).toReversed(),
    );
  });

  it('is ordered by (created_at, id), so that equal seconds are never skipped', async () => {
    const day = truth(24 * 60);
    const keys = day.map(
      (row) => [Date.parse(String(row['created_at'])), Number(row['id'])] as const,
    );
    const sorted = keys.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
    assertSameList(keys, sorted);
    assert.ok(
      keys.some(([time], i) => time === keys[i - 1]?.[0]),
      'some second has several records',
    );
  });

  it('goes back with page[before]', async () => {
    const first = await ask(simulator, AUDIT, [['page[size]', 5]]);
    const second = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['page[after]', first.json.meta.after_cursor ?? ''],
    ]);
    const back = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['page[before]', second.json.meta.before_cursor ?? ''],
    ]);
    assertSameList(back.json.audit_logs, first.json.audit_logs);
  });

  it('has both cursors on the last page with rows, and null on a page without rows', async () => {
    const window = [
      ['page[size]', 100],
      ['filter[created_at][]', minutesAgo(20)],
      ['filter[created_at][]', minutesAgo(0)],
    ] as const;
    const last = (await walk(simulator, AUDIT, window)).at(-1);
    assert.ok((last?.audit_logs.length ?? 0) > 0);
    assert.equal(last?.meta.has_more, false);
    assert.equal(typeof last.meta.after_cursor, 'string');
    assert.equal(typeof last.meta.before_cursor, 'string');
    const beyond = await ask(simulator, AUDIT, [
      ...window,
      ['page[after]', last.meta.after_cursor ?? ''],
    ]);
    assert.deepEqual(beyond.json.audit_logs, []);
    assert.deepEqual(beyond.json.meta, {
      has_more: false,
      after_cursor: null,
      before_cursor: null,
    });
  });

  it('spells links.next with .json and encoded brackets, on the same origin, without the filters', async () => {
    const window = [
      ['filter[created_at][]', minutesAgo(60)],
      ['filter[created_at][]', minutesAgo(0)],
    ] as const;
    const { json } = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['sort', 'created_at'],
      ...window,
    ]);
    const cursor = encodeURIComponent(json.meta.after_cursor ?? '');
    assert.equal(
      json.links.next,
      `${simulator.url}${AUDIT}.json?page%5Bafter%5D=${cursor}&page%5Bsize%5D=5&sort=created_at`,
    );
  });

  it('shows one record by its id, and 404 RecordNotFound for others', async () => {
    for (const row of truth(60)) {
      const { json } = await ask<Json>(simulator, `${AUDIT}/${String(row['id'])}.json`);
      assert.deepEqual(json, { audit_log: row });
    }
    const { status, json } = await ask<Json>(simulator, `${AUDIT}/12345`);
    assert.deepEqual([status, json], [404, { error: 'RecordNotFound', description: 'Not found' }]);
  });
});
