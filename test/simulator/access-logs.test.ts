import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  ask,
  findInLastHour,
  assertSameList,
  idsOf,
  lastMinutes,
  minutesAgo,
  NOW,
  startAtNow,
  walk,
  withSimulator,
  type Json,
} from './simulated-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const ACCESS = '/api/v2/access_logs';

function refusal(detail: string): Json {
  return { errors: [{ title: 'Malformed query params', detail }] };
}

describe('GET /api/v2/access_logs', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startAtNow({ accessLogRowsPerDay: 60_000, accessLogDays: 2 });
  });
  after(() => simulator.stop());

  const truth = (minutes: number): Json[] => lastMinutes(simulator, 'access_logs', minutes);
  const hour = [
    ['filter[start]', minutesAgo(60)],
    ['filter[end]', minutesAgo(0)],
  ] as const;
  const found = (...filters: (readonly [string, string | number])[]): Promise<Json[]> =>
    findInLastHour(simulator, ...filters);

  it('has its own envelope', async () => {
    const { status, json } = await ask(simulator, ACCESS, [['page[size]', 1]]);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json), ['access_logs', 'links', 'meta']);
    assert.deepEqual(Object.keys(json.meta), [
      'after_cursor',
      'before_cursor',
      'has_before',
      'has_more',
    ]);
  });

  it('is oldest first by default, newest first with sort=-created_at', async () => {
    assertSameList(await found(), truth(60));
    assertSameList(await found(['sort', '-created_at']), truth(60).toReversed());
  });

  it('refuses every other sort', async () => {
    const { status, json } = await ask(simulator, ACCESS, [['sort', 'created_at']]);
    assert.deepEqual([status, json], [400, refusal('sort must be -created_at')]);
  });

  it('has pages of 1000 by default and of 2500 at most; above that 400 "max allowed page size is 2500"', async () => {
    assert.equal((await ask(simulator, ACCESS)).json.access_logs.length, 1000);
    assert.equal(
      (await ask(simulator, ACCESS, [['page[size]', 2500]])).json.access_logs.length,
      2500,
    );
    const { status, json } = await ask(simulator, ACCESS, [['page[size]', 2501]]);
    assert.deepEqual([status, json], [400, refusal('max allowed page size is 2500')]);
  });

  it('walks through all pages to exactly the truth', async () => {
    const pages = await walk(simulator, ACCESS, [...hour, ['page[size]', 333]]);
    assert.ok(pages.length > 5);
    assertSameList(
      pages.flatMap((page) => page.access_logs),
      truth(60),
    );
    assert.deepEqual(
      pages.map((page) => page.meta.has_before),
      pages.map((_, i) => i > 0),
    );
    assert.deepEqual(
      pages.map((page) => page.meta.has_more),
      pages.map((_, i) => i < pages.length - 1),
    );
  });

  it('accepts the cursor as page[after] and as filter[after], backwards as page[before] and filter[before]', async () => {
    const first = (await ask(simulator, ACCESS, [...hour, ['page[size]', 20]])).json;
    const cursor = first.meta.after_cursor ?? '';
    const byPage = (
      await ask(simulator, ACCESS, [...hour, ['page[size]', 20], ['page[after]', cursor]])
    ).json;
    const byFilter = (
      await ask(simulator, ACCESS, [...hour, ['page[size]', 20], ['filter[after]', cursor]])
    ).json;
    assertSameList(idsOf(byPage.access_logs), idsOf(truth(60)).slice(20, 40));
    assertSameList(byFilter.access_logs, byPage.access_logs);
    for (const name of ['page[before]', 'filter[before]']) {
      const back = await ask(simulator, ACCESS, [
        ...hour,
        ['page[size]', 20],
        [name, byPage.meta.before_cursor ?? ''],
      ]);
      assertSameList(back.json.access_logs, first.access_logs);
    }
  });

  it('rejects a broken cursor in its own envelope', async () => {
    for (const cursor of [
      'rubbish',
      Buffer.from('{"o":"-created_at,-id","v":[1,"A"]}').toString('base64'),
    ]) {
      const { status, json } = await ask(simulator, ACCESS, [['page[after]', cursor]]);
      assert.deepEqual([status, json], [400, refusal('invalid cursor')]);
    }
  });

  it('has links that repeat the filters with unencoded brackets, on the same origin', async () => {
    const { json } = await ask(simulator, ACCESS, [
      ['filter[start]', minutesAgo(60)],
      ['page[size]', 2],
    ]);
    const start = encodeURIComponent(minutesAgo(60));
    const cursor = encodeURIComponent(json.meta.after_cursor ?? '');
    assert.equal(
      json.links.next,
      `${simulator.url}${ACCESS}?filter[start]=${start}&page[size]=2&page[after]=${cursor}`,
    );
    assert.equal(json.links.prev, null);
  });

  it('can be tailed: the last cursor continues where it stopped when there are new rows', async () => {
    await withSimulator({ accessLogRowsPerDay: 60_000, accessLogDays: 1 }, async (tailed) => {
      const last = (
        await walk(tailed, ACCESS, [
          ['filter[start]', minutesAgo(5)],
          ['page[size]', 2500],
        ])
      ).at(-1);
      const parameters = [
        ['page[after]', last?.meta.after_cursor ?? ''],
        ['page[size]', 2500],
      ] as const;
      assert.deepEqual((await ask(tailed, ACCESS, parameters)).json.access_logs, []);
      tailed.freezeClock(NOW + 60_000);
      const fresh = [...tailed.records('access_logs', new Date(NOW), new Date(NOW + 61_000))];
      assert.ok(fresh.length > 0);
      assertSameList((await ask(tailed, ACCESS, parameters)).json.access_logs, fresh);
    });
  });

  it('has no .json form', async () => {
    assert.equal((await ask(simulator, `${ACCESS}.json`)).status, 404);
  });

  it('has ULIDs whose time part agrees with the timestamp and whose order is that of the rows', () => {
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    const rows = truth(60);
    for (const row of rows) {
      const id = String(row['id']);
      assert.match(id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
      let ms = 0;
      for (const letter of id.slice(0, 10)) ms = ms * 32 + alphabet.indexOf(letter);
      assert.equal(Math.floor(ms / 1000), Date.parse(String(row['timestamp'])) / 1000);
    }
    const ids = idsOf(rows).map(String);
    assertSameList(ids, ids.toSorted());
    assert.equal(new Set(ids).size, ids.length);
  });

  it('has the mandatory fields in every row; authorization_type may be missing on GraphQL only', () => {
    for (const row of truth(60)) {
      for (const name of [
        'id',
        'timestamp',
        'user_id',
        'ip_address',
        'method',
        'status',
        'url',
        'client',
      ])
        assert.ok(name in row, name);
      if (row['authorization_type'] === undefined) assert.equal(row['url'], '/graphql');
    }
  });

  it('has only what was recorded since it was switched on, and drops records after 90 days', async () => {
    const oldest = (await ask(simulator, ACCESS, [['page[size]', 1]])).json.access_logs[0];
    assert.ok(Date.parse(String(oldest?.['timestamp'])) >= NOW - 2 * 86_400_000);
    assert.ok(Date.parse(String(oldest?.['timestamp'])) < NOW - 2 * 86_400_000 + 600_000);
    await withSimulator({ accessLogDays: 90, accessLogRowsPerDay: 20_000 }, async (aging) => {
      const first = async (): Promise<number> =>
        Date.parse(
          String(
            (await ask(aging, ACCESS, [['page[size]', 1]])).json.access_logs[0]?.['timestamp'],
          ),
        );
      aging.freezeClock(NOW + 3_600_000);
      assert.ok((await first()) >= NOW + 3_600_000 - 90 * 86_400_000);
      const [from, to] = [
        new Date(NOW - 90 * 86_400_000),
        new Date(NOW + 3_600_000 - 90 * 86_400_000),
      ];
      assert.deepEqual([...aging.records('access_logs', from, to)], []);
      assert.ok([...aging.records('access_logs', from, to, { includeInvisible: true })].length > 0);
    });
  });
});
