import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  assertSameList,
  ask,
  findInLastHour,
  lastMinutes,
  minutesAgo,
  startAtNow,
  type Json,
} from './simulated-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const ACCESS = '/api/v2/access_logs';

describe('the filters of GET /api/v2/access_logs', () => {
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

  it('includes rows exactly on either bound', async () => {
    const rows = truth(60);
    const [first, last] = [rows[100], rows.at(-100)].map((row) => String(row?.['timestamp']));
    const parameters = [
      ['filter[start]', first ?? ''],
      ['filter[end]', last ?? ''],
      ['page[size]', 2500],
    ] as const;
    const { json } = await ask(simulator, ACCESS, parameters);
    const expected = rows.filter(
      ({ timestamp }) => String(timestamp) >= (first ?? '') && String(timestamp) <= (last ?? ''),
    );
    assertSameList(json.access_logs, expected.slice(0, 2500));
  });

  it('has nothing in an inverted window, and refuses a bound that is not a date-time', async () => {
    const inverted = [
      ['filter[start]', minutesAgo(0)],
      ['filter[end]', minutesAgo(60)],
    ] as const;
    assert.deepEqual((await ask(simulator, ACCESS, inverted)).json.access_logs, []);
    assert.equal((await ask(simulator, ACCESS, [['filter[start]', 'yesterday']])).status, 400);
  });

  it('filters by user_id', async () => {
    const userId = Number(truth(60)[0]?.['user_id']);
    assertSameList(
      await found(['filter[user_id]', userId]),
      truth(60).filter((row) => row['user_id'] === userId),
    );
  });

  it('filters by path, which is the URL without its query', async () => {
    const rows = await found(['filter[path]', '/api/v2/search/incremental']);
    assert.ok(rows.length > 0);
    assertSameList(
      rows,
      truth(60).filter((row) => String(row['url']).startsWith('/api/v2/search/incremental?')),
    );
  });

  it('filters by browser_url, which is the referer', async () => {
    const rows = await found(['filter[browser_url]', '/agent/dashboard']);
    assert.ok(rows.length > 0);
    assertSameList(
      rows,
      truth(60).filter((row) => row['referer'] === '/agent/dashboard'),
    );
  });

  it('EXCLUDES GraphQL rows with filter[graphql]=true and knows no other value', async () => {
    const rows = await found(['filter[graphql]', 'true']);
    const kept = truth(60).filter((row) => row['graphql'] === undefined);
    assertSameList(rows, kept);
    assert.ok(kept.length < truth(60).length);
    assert.equal((await ask(simulator, ACCESS, [['filter[graphql]', 'false']])).status, 400);
  });

  it('ignores unknown filters', async () => {
    const { json } = await ask(simulator, ACCESS, [
      ['filter[method]', 'GET'],
      ...hour,
      ['page[size]', 5],
    ]);
    assertSameList(json.access_logs, truth(60).slice(0, 5));
  });
});
