import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessFinding,
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  own,
} from '../support/access-view-rows.ts';

/** A request for tickets 1 to `count`, at noon so many days before 18 November. */
function looked(
  daysBefore: number,
  count: number,
  more: Readonly<Record<string, unknown>> = {},
): AccessRow {
  const noon = new Date(Date.UTC(2026, 10, 18 - daysBefore, 12));
  const ids = Array.from({ length: count }, (_, n) => n + 1);
  return {
    timestamp: noon.toISOString(),
    url: `/api/v2/tickets/show_many?ids=${ids.join(',')}`,
    ...more,
  };
}

/** As many days before 18 November as there are counts, each with so many tickets. */
const days = (counts: readonly number[]): AccessRow[] =>
  counts.map((count, index) => looked(counts.length - index, count));

const same = (count: number, length = 14): number[] => Array<number>(length).fill(count);

describe('resource_outlier', () => {
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('resource_outlier', rows, statements);
  const found = (value: number, usually: number): AccessFinding[] => [
    [15, `Unusually many resources: ${value} on 2026-11-18, usually ${usually}`],
  ];

  it('finds a day that lies more than six deviations above the median of the person', async () => {
    const spread = days([...same(40, 7), ...same(60, 7)]);
    assert.deepEqual(await find([...spread, looked(0, 138)]), []);
    assert.deepEqual(await find([...spread, looked(0, 139)]), found(139, 50));
  });

  it('takes a deviation of at least one resource where all days are alike', async () => {
    assert.deepEqual(await find([...days(same(50)), looked(0, 56)]), []);
    assert.deepEqual(await find([...days(same(50)), looked(0, 57)]), found(57, 50));
  });

  it('is not led astray by a single wild day before', async () => {
    assert.deepEqual(
      await find([...days([...same(50, 12), 900, 50]), looked(0, 57)]),
      found(57, 50),
    );
  });

  it('finds nothing below 50 resources, or for people known for less than 14 days', async () => {
    assert.deepEqual(await find([...days(same(10)), looked(0, 49)]), []);
    assert.deepEqual(await find([...days(same(10)), looked(0, 50)]), found(50, 10));
    assert.deepEqual(await find([...days(same(10, 13)), looked(0, 90)]), []);
  });

  it('looks 28 days back, at the same person', async () => {
    const thirteen = days(same(10, 13));
    assert.deepEqual(await find([looked(28, 10), ...thirteen, looked(0, 90)]), found(90, 10));
    assert.deepEqual(await find([looked(29, 10), ...thirteen, looked(0, 90)]), []);
    assert.deepEqual(await find([...days(same(10)), looked(0, 90, { user_id: 6 })]), []);
  });

  it('leaves out denied requests, programs, and people who mostly read logs', async () => {
    const usual = days(same(10));
    const burst = looked(0, 90);
    const log = looked(0, 0, { url: '/api/v2/audit_logs', timestamp: '2026-11-18T13:00:00Z' });
    assert.deepEqual(await find([...usual, looked(0, 90, { status: 403 })]), []);
    assert.deepEqual(await find([...usual, burst], [isProgram(5)]), []);
    assert.deepEqual(await find([...usual, burst, log, log]), []);
    assert.deepEqual(await find([...usual, burst, log]), [
      [16, 'Unusually many resources: 90 on 2026-11-18, usually 10'],
    ]);
  });
});

describe('the other outliers', () => {
  const usual = days(same(1));
  const today = (count: number, more: Readonly<Record<string, unknown>>): AccessRow[] =>
    Array.from({ length: count }, () => looked(0, 1, more));

  it('count searches and bytes', async () => {
    const search = { url: '/api/v2/search?query=x' };
    assert.deepEqual(await findAccesses('search_outlier', [...usual, ...today(49, search)]), []);
    assert.deepEqual(await findAccesses('search_outlier', [...usual, ...today(50, search)]), [
      [64, 'Unusually many searches: 50 on 2026-11-18, usually 0'],
    ]);
    const download = (bytes_sent: number): AccessRow[] => [...usual, looked(0, 1, { bytes_sent })];
    assert.deepEqual(await findAccesses('bytes_outlier', download(99_999_999)), []);
    assert.deepEqual(await findAccesses('bytes_outlier', download(100_000_000)), [
      [15, 'Unusually many bytes: 100000000 on 2026-11-18, usually 0'],
    ]);
  });

  it('can be defined on any column of agent_day by another rule, and find nothing for an unknown column', async () => {
    const add = (rule: string, measure: string): string =>
      `insert into zendesk.finding_rules (rule, stream, severity, question, title, parameters) values ('${rule}', 'access_logs',
         'low', 'Who exports more than usual?', 'Unusually many exports',
         '{"measure": "${measure}", "minimum": 2, "z": 6, "floor": 0.1, "days": 28, "least_days": 14}')`;
    const rules = [add('export_outlier', 'exports'), add('moon_outlier', 'moons')];
    const exports = today(2, { url: '/api/v2/incremental/tickets' });
    assert.deepEqual(await findAccesses('export_outlier', [...usual, ...exports], rules), [
      [16, 'Unusually many exports: 2 on 2026-11-18, usually 0'],
    ]);
    assert.deepEqual(await findAccesses('moon_outlier', [...usual, ...exports], rules), []);
  });
});

describe('bulk_read', () => {
  const find = (row: AccessRow, statements?: readonly string[]) =>
    findAccesses('bulk_read', [row], statements);

  it('finds requests that name more than 50 resources', async () => {
    assert.deepEqual(await find(looked(0, 50)), []);
    assert.deepEqual(await find(looked(0, 51)), [
      [1, 'Many resources in one request: more than 50, the last counted: ticket 51'],
    ]);
    assert.deepEqual((await find(looked(0, 90))).length, 1);
  });

  it('leaves out denied requests, changes, and programs, this one included', async () => {
    const many = looked(0, 51);
    const to = (path: string): string => String(many['url']).replace('tickets/show_many', path);
    assert.deepEqual(await find({ ...many, status: 404 }), []);
    assert.deepEqual(
      await find({ ...many, url: to('tickets/destroy_many'), method: 'DELETE' }),
      [],
    );
    assert.deepEqual(await find(many, [isProgram(5)]), []);
    assert.deepEqual(await find({ ...many, url: to('users/show_many'), ...own }), []);
    assert.deepEqual((await find({ ...many, url: to('users/show_many') })).length, 1);
  });
});

describe('data_export', () => {
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('data_export', rows, statements);
  const users = { url: '/api/v2/incremental/users/cursor?start_time=1' };

  it('finds the first page of an export, and the next one after a pause of more than 30 minutes', async () => {
    assert.deepEqual(
      await find([
        at('11-18T12:00:00', users),
        at('11-18T12:30:00', { url: '/api/v2/incremental/users/cursor?cursor=b' }),
        at('11-18T13:00:01', { url: '/api/v2/incremental/users/cursor?cursor=c' }),
      ]),
      [
        [1, 'Data exported: user'],
        [3, 'Data exported: user'],
      ],
    );
  });

  it('keeps exports, people and denied requests apart', async () => {
    assert.deepEqual(
      await find([
        at('11-18T12:00:00', { ...users, status: 403 }),
        at('11-18T12:00:01', users),
        at('11-18T12:00:02', { url: '/api/v2/views/55/export' }),
        at('11-18T12:00:03', { url: '/api/v2/search/export?query=secret' }),
        at('11-18T12:00:04', { ...users, user_id: 6 }),
      ]),
      [
        [1, 'Data exported: user, denied'],
        [2, 'Data exported: user'],
        [3, 'Data exported: view 55'],
        [4, 'Data exported'],
        [5, 'Data exported: user'],
      ],
    );
  });

  it('finds no lists, views and searches, and no programs', async () => {
    assert.deepEqual(
      await find(
        [
          at('11-18T12:00:00', { url: '/api/v2/users' }),
          at('11-18T12:00:00', { url: '/api/v2/views/55/execute' }),
          at('11-18T12:00:00', { url: '/api/v2/search?query=export' }),
          at('11-18T12:00:00', { ...users, user_id: 8 }),
        ],
        [isProgram(8)],
      ),
      [],
    );
  });
});
