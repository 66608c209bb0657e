import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessFinding,
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  own,
} from '../../support/access-view-rows.ts';

const find = (
  rows: readonly AccessRow[],
  statements?: readonly string[],
): Promise<AccessFinding[]> => findAccesses('off_hours_access', rows, statements);

const livesIn = (id: number, zone: string): string =>
  `insert into zendesk.users (account, id, iana_time_zone, team_member, valid_from) values ('acme', ${id}, '${zone}', true, now())`;

describe('the rule off_hours_access', () => {
  it('finds access before seven, from eight in the evening on, and at the weekend', async () => {
    assert.deepEqual(
      await find([
        at('11-18T06:59:59'),
        at('11-18T07:00:00'),
        at('11-18T19:59:59'),
        at('11-18T20:00:00'),
        at('11-20T12:00:00'),
        at('11-21T12:00:00'),
        at('11-22T12:00:00'),
        at('11-23T12:00:00'),
      ]),
      [
        [1, 'Access off hours: Wednesday 06:59'],
        [4, 'Access off hours: Wednesday 20:00'],
        [6, 'Access off hours: Saturday 12:00'],
        [7, 'Access off hours: Sunday 12:00'],
      ],
    );
  });

  it('uses the time zone of the person, including summer time, and that of the rule if there is none', async () => {
    assert.deepEqual(
      await find(
        [
          at('11-18T12:00:00', { user_id: 6 }),
          at('11-18T23:00:00', { user_id: 6 }),
          at('11-18T23:00:00', { user_id: 7 }),
          at('11-18T06:30:00', { user_id: 8 }),
          at('11-18T05:30:00', { user_id: 8 }),
          at('07-15T05:30:00', { user_id: 8 }),
          at('07-15T04:30:00', { user_id: 8 }),
          at('11-20T23:30:00', { user_id: 9 }),
          at('11-20T23:30:00', { user_id: 10 }),
        ],
        [
          livesIn(6, 'Asia/Tokyo'),
          livesIn(7, 'Nowhere/Atlantis'),
          livesIn(8, 'Europe/Madrid'),
          livesIn(9, 'America/Los_Angeles'),
          livesIn(10, 'Pacific/Auckland'),
        ],
      ),
      [
        [1, 'Access off hours: Wednesday 21:00'],
        [3, 'Access off hours: Wednesday 23:00'],
        [5, 'Access off hours: Wednesday 06:30'],
        [7, 'Access off hours: Wednesday 06:30'],
        [9, 'Access off hours: Saturday 12:30'],
      ],
    );
  });

  it('finds the beginning of a period, which ends with an hour of silence', async () => {
    assert.deepEqual(
      (
        await find([
          at('11-18T19:30:00'),
          at('11-18T20:00:00'),
          at('11-18T20:59:59'),
          at('11-18T21:59:59'),
          at('11-18T22:30:00'),
          at('11-18T22:30:00', { user_id: 6 }),
        ])
      ).map(([id]) => id),
      [2, 4, 6],
    );
  });

  it('ignores the requests of an open browser tab that nobody uses', async () => {
    const graphql = { url: '/graphql', method: 'POST' };
    assert.deepEqual(
      (
        await find([
          at('11-18T22:00:00', { url: '/api/v2/users/me.json' }),
          at('11-18T22:01:00', { url: '/api/v2/tickets' }),
          at('11-18T22:02:00', { url: '/api/v2/moon_phases/3' }),
          at('11-18T22:03:00', {
            ...graphql,
            graphql: { operation_name: 'currentUser', operation_type: 'QUERY' },
          }),
          at('11-18T22:00:00', { user_id: 6, url: '/api/v2/bookmarks.json' }),
          at('11-18T22:01:00', { user_id: 6, url: '/api/v2/tickets' }),
          at('11-18T23:00:59', { user_id: 6 }),
          at('11-18T22:01:00', { user_id: 7, url: '/api/v2/tickets' }),
          at('11-18T23:01:00', { user_id: 7, url: '/api/v2/search?query=x' }),
        ])
      ).map(([id]) => id),
      [6, 9],
    );
  });

  it('leaves out programs, this one included, and requests without a user', async () => {
    const log = { url: '/api/v2/access_logs' };
    assert.deepEqual(
      (
        await find(
          [
            at('11-18T22:00:00', { user_id: 6 }),
            at('11-18T22:00:00', { user_id: 7, ...log, ...own }),
            at('11-18T22:00:00', { user_id: 8, ...log }),
            at('11-18T22:00:00', { user_id: -1 }),
            at('11-18T22:00:00', { user_id: null }),
          ],
          [isProgram(6)],
        )
      ).map(([id]) => id),
      [3],
    );
  });

  it('takes hours, weekend and zone from the rule', async () => {
    const longer = `update zendesk.finding_rules
      set parameters = parameters || '{"from": "06:00", "until": "22:00", "weekend": false, "time_zone": "Europe/Madrid"}'
      where rule = 'off_hours_access'`;
    assert.deepEqual(
      await find(
        [
          at('11-18T05:00:00'),
          at('11-18T04:59:59'),
          at('11-18T20:59:59'),
          at('11-18T21:00:00', { user_id: 6 }),
          at('11-21T12:00:00'),
        ],
        [longer],
      ),
      [
        [2, 'Access off hours: Wednesday 05:59'],
        [4, 'Access off hours: Wednesday 22:00'],
      ],
    );
  });
});
