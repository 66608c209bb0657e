import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  ask,
  idsOf,
  minutesAgo,
  NOW,
  startAtNow,
  walk,
  withSimulator,
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

  const truth = (minutes: number): Json[] => [
    ...simulator.records('audit_logs', new Date(NOW - minutes * 60_000), new Date(NOW)),
  ];

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
    assert.deepEqual(suffixed.json.audit_logs, plain.json.audit_logs);
  });

  it('accepts square brackets as they are and percent-encoded', async () => {
    const headers = { authorization: 'Bearer simulator-ready-token' };
    const raw = await fetch(`${simulator.url}${AUDIT}?page[size]=3&sort=created_at`, { headers });
    const encoded = await fetch(`${simulator.url}${AUDIT}?page%5Bsize%5D=3&sort=created_at`, {
      headers,
    });
    assert.equal(await raw.text(), await encoded.text());
  });

  it('is newest first by default', async () => {
    const { json } = await ask(simulator, AUDIT, [['page[size]', 20]]);
    assert.deepEqual(idsOf(json.audit_logs), idsOf(truth(60).toReversed()).slice(0, 20));
  });

  it('is oldest first with sort=created_at', async () => {
    const window = [
      ['sort', 'created_at'],
      ['filter[created_at][]', minutesAgo(60)],
      ['filter[created_at][]', minutesAgo(0)],
    ] as const;
    const { json } = await ask(simulator, AUDIT, [['page[size]', 20], ...window]);
    assert.deepEqual(json.audit_logs, truth(60).slice(0, 20));
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

  it('rejects a broken cursor loudly', async () => {
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
    assert.deepEqual(
      up.flatMap((page) => page.audit_logs),
      truth(60),
    );
    assert.deepEqual(
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
    assert.deepEqual(keys, sorted);
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
    assert.deepEqual(back.json.audit_logs, first.json.audit_logs);
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

  it('includes rows that lie exactly on either bound', async () => {
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
    assert.deepEqual(found, expected);
    assert.equal(found[0]?.['created_at'], first);
    assert.equal(found.at(-1)?.['created_at'], last);
  });

  it('can exclude the bounds instead, for the contract leaves it open', async () => {
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
      assert.deepEqual(
        found,
        rows.filter((row) => row['created_at'] !== first && row['created_at'] !== last),
      );
    });
  });

  it('takes no notice of one bound alone, nor of filter[created_at] without brackets', async () => {
    const all = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['sort', 'created_at'],
    ]);
    const single = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['sort', 'created_at'],
      ['filter[created_at][]', minutesAgo(60)],
    ]);
    const unbracketed = await ask(simulator, AUDIT, [
      ['page[size]', 5],
      ['sort', 'created_at'],
      ['filter[created_at]', minutesAgo(60)],
      ['filter[created_at]', minutesAgo(0)],
    ]);
    assert.deepEqual(single.json.audit_logs, all.json.audit_logs);
    assert.deepEqual(unbracketed.json.audit_logs, all.json.audit_logs);
  });

  it('wants bounds as YYYY-MM-DDTHH:MM:SSZ', async () => {
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
    assert.deepEqual(
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

  it('filters by actor_id; -1 is the system, named Zendesk, from no address', async () => {
    const rows = await found(['filter[actor_id]', -1]);
    assert.deepEqual(
      rows,
      truth(1440).filter((row) => row['actor_id'] === -1),
    );
    assert.ok(rows.length > 0);
    assert.ok(rows.every((row) => row['actor_name'] === 'Zendesk' && row['ip_address'] === null));
  });

  it('filters by one action, and by several with filter[action][]', async () => {
    assert.deepEqual(
      await found(['filter[action]', 'login']),
      truth(1440).filter((row) => row['action'] === 'login'),
    );
    const both = await found(['filter[action][]', 'create'], ['filter[action][]', 'destroy']);
    assert.deepEqual(
      both,
      truth(1440).filter((row) => row['action'] === 'create' || row['action'] === 'destroy'),
    );
    assert.ok(both.length > 0);
  });

  it('filters by source_type and source_id; source_id alone has no effect', async () => {
    const rules = truth(1440).filter((row) => row['source_type'] === 'rule');
    const id = Number(rules[0]?.['source_id']);
    assert.deepEqual(await found(['filter[source_type]', 'rule']), rules);
    assert.deepEqual(
      await found(['filter[source_type]', 'rule'], ['filter[source_id]', id]),
      rules.filter((row) => row['source_id'] === id),
    );
    assert.equal((await found(['filter[source_id]', id])).length, truth(1440).length);
  });

  it('filters by ip_address', async () => {
    const address = String(truth(1440).find((row) => row['ip_address'] !== null)?.['ip_address']);
    assert.deepEqual(
      await found(['filter[ip_address]', address]),
      truth(1440).filter((row) => row['ip_address'] === address),
    );
  });

  it('ignores filter[user_id], which is not documented for audit logs', async () => {
    assert.equal((await found(['filter[user_id]', 1])).length, truth(1440).length);
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

describe('GET /api/v2/audit_logs without page[size]', () => {
  it('silently switches to offset pagination', async () => {
    await withSimulator({ auditLogRowsPerDay: 1000, auditLogDays: 3 }, async (simulator) => {
      const rows = [
        ...simulator.records('audit_logs', new Date(0), new Date(NOW + 1000)),
      ].toReversed();
      const cursor =
        (await ask(simulator, AUDIT, [['page[size]', 5]])).json.meta.after_cursor ?? '';
      const { json } = await ask(simulator, AUDIT, [['page[after]', cursor]]);
      assert.deepEqual(Object.keys(json), ['audit_logs', 'next_page', 'previous_page', 'count']);
      assert.deepEqual(json.audit_logs, rows.slice(0, 100), 'the cursor is ignored');
      assert.equal(json.count, rows.length);
      assert.equal(json.previous_page, null);
      const second = await ask(simulator, AUDIT, [
        ['page', 2],
        ['per_page', 30],
        ['sort_by', 'created_at'],
        ['sort_order', 'asc'],
      ]);
      assert.deepEqual(second.json.audit_logs, rows.toReversed().slice(30, 60));
      assert.match(second.json.next_page ?? '', /page=3&per_page=30/);
      assert.match(second.json.previous_page ?? '', /page=1&per_page=30/);
    });
  });

  it('clamps per_page to 100 and ends next_page with null', async () => {
    await withSimulator({ auditLogRowsPerDay: 200, auditLogDays: 1 }, async (simulator) => {
      const first = (await ask(simulator, AUDIT, [['per_page', 500]])).json;
      assert.equal(first.audit_logs.length, 100);
      const last = (await ask(simulator, AUDIT, [['page', Math.ceil(first.count / 100)]])).json;
      assert.equal(last.next_page, null);
    });
  });

  it('answers 400 InvalidPaginationDepth beyond the first 10,000 records', async () => {
    await withSimulator({ auditLogDays: 1 }, async (simulator) => {
      assert.equal((await ask(simulator, AUDIT, [['page', 100]])).status, 200);
      const { status, text } = await ask(simulator, AUDIT, [['page', 101]]);
      assert.equal(status, 400);
      const { errors }: { errors: { code: string }[] } = JSON.parse(text);
      assert.equal(errors[0]?.code, 'InvalidPaginationDepth');
    });
  });

  it('answers 200 to page[size] together with sort_by, and silently ignores the sort', async () => {
    await withSimulator({ auditLogRowsPerDay: 1000, auditLogDays: 3 }, async (simulator) => {
      const plain = await ask(simulator, AUDIT, [['page[size]', 5]]);
      const mixed = await ask(simulator, AUDIT, [
        ['page[size]', 5],
        ['sort_by', 'created_at'],
        ['sort_order', 'asc'],
      ]);
      assert.equal(mixed.status, 200);
      assert.deepEqual(mixed.json.audit_logs, plain.json.audit_logs);
    });
  });
});

describe('POST /api/v2/audit_logs/export', () => {
  it('answers 202 without content, once a minute per account, with its own header and text', async () => {
    await withSimulator({ limits: true }, async (simulator) => {
      const first = await ask(simulator, `${AUDIT}/export`, [], {
        method: 'POST',
        headers: { authorization: 'Bearer simulator-ready-token' },
      });
      assert.equal(first.status, 202);
      assert.equal(first.text, 'null');
      assert.equal(
        first.headers.get('zendesk-ratelimit-audit-logs-export'),
        'total=1; remaining=0; resets=60',
      );
      const second = await ask(simulator, `${AUDIT}/export`, [], {
        method: 'POST',
        headers: { authorization: 'Bearer simulator-ready-token' },
      });
      assert.equal(second.status, 429);
      assert.equal(
        second.text,
        'Rate limit for Audit log CSV Export exceeded. Please wait 1 minute and try again.',
      );
      assert.equal(
        (await ask(simulator, AUDIT, [['page[size]', 1]])).status,
        200,
        'the list is not affected',
      );
    });
  });
});
