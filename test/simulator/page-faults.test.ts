import { after, before, beforeEach, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { ask, assertSameList } from './simulated-account.ts';
import { PATHS, read, startBusyAccount, strike } from './faulty-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

describe('faults in a page', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startBusyAccount();
  });
  after(() => simulator.stop());
  beforeEach(() => simulator.clearFaults());

  it('refuse-cursor refuses a valid cursor once, in the words of the stack', async () => {
    for (const [stream, body] of [
      [
        'audit_logs',
        { error: 'InvalidPaginationParameter', description: 'page[after] is not valid' },
      ],
      ['access_logs', { errors: [{ title: 'Malformed query params', detail: 'invalid cursor' }] }],
    ] as const) {
      const cursor = (await read(simulator, stream)).json.meta.after_cursor ?? '';
      simulator.addFault({ kind: 'refuse-cursor', stream });
      assert.equal((await read(simulator, stream)).status, 200, 'no cursor, no refusal');
      const refused = await read(simulator, stream, ['page[after]', cursor]);
      assert.deepEqual([refused.status, refused.json], [400, body]);
      assert.equal((await read(simulator, stream, ['page[after]', cursor])).status, 200);
    }
  });

  for (const stream of ['audit_logs', 'access_logs', 'users'] as const) {
    it(`repeat-cursor leads to the same page of ${stream} again`, async () => {
      const first = (await read(simulator, stream)).json;
      const cursor = first.meta.after_cursor ?? '';
      const second = (await read(simulator, stream, ['page[after]', cursor])).json;
      simulator.addFault({ kind: 'repeat-cursor' });
      const repeated = (await read(simulator, stream, ['page[after]', cursor])).json;
      assertSameList(repeated[stream], second[stream]);
      assert.equal(repeated.meta.after_cursor, cursor);
      simulator.addFault({ kind: 'repeat-cursor' });
      const start = (await read(simulator, stream)).json.meta.after_cursor ?? '';
      assertSameList(
        (await read(simulator, stream, ['page[after]', start])).json[stream],
        first[stream],
      );
    });

    it(`empty-page-with-more delays a page of ${stream} and leads to it with new cursors`, async () => {
      const expected = (await read(simulator, stream)).json;
      simulator.addFault({ kind: 'empty-page-with-more', times: 3 });
      const cursors: string[] = [];
      for (let i = 0; i < 3; i++) {
        const { json } = await read(
          simulator,
          stream,
          ...(i === 0 ? [] : [['page[after]', cursors.at(-1) ?? ''] as const]),
        );
        assert.deepEqual(json[stream], []);
        assert.equal(json.meta.has_more, true);
        cursors.push(json.meta.after_cursor ?? '');
      }
      assert.equal(new Set(cursors).size, 3);
      const page = (await read(simulator, stream, ['page[after]', cursors.at(-1) ?? ''])).json;
      assertSameList(page[stream], expected[stream]);
      assert.equal(page.meta.after_cursor, expected.meta.after_cursor);
    });

    it(`duplicate-in-page repeats a row of ${stream} within the page size and leaves out no row`, async () => {
      const expected = (await read(simulator, stream)).json[stream];
      const { json } = await strike(simulator, { kind: 'duplicate-in-page' }, stream);
      assertSameList(json[stream], [...expected.slice(0, 9), expected[8]]);
      const next = (await read(simulator, stream, ['page[after]', json.meta.after_cursor ?? '']))
        .json[stream];
      assert.deepEqual(next[0], expected[9]);
    });
  }

  for (const [stream, time] of [
    ['audit_logs', 'created_at'],
    ['access_logs', 'timestamp'],
  ] as const)
    it(`restamped gives the records of ${stream} later time stamps, duplicate-in-page only the copy`, async () => {
      const good = (await read(simulator, stream)).json[stream];
      const later = (row: Readonly<Record<string, unknown>> | undefined, ms: number) => ({
        ...row,
        [time]: new Date(Date.parse(String(row?.[time])) + ms).toISOString(),
      });
      const restamped = (await strike(simulator, { kind: 'restamped' }, stream)).json[stream];
      assertSameList(
        restamped,
        good.map((row) => later(row, 250)),
      );
      const day = 86_400_000;
      const twice = await strike(simulator, { kind: 'duplicate-in-page', shiftMs: day }, stream);
      assertSameList(twice.json[stream], [...good.slice(0, 9), later(good[8], day)]);
    });

  it('more-without-cursor says has_more and leaves out the cursor', async () => {
    const { json } = await strike(simulator, { kind: 'more-without-cursor' });
    assert.deepEqual(
      [json.meta.has_more, json.meta.after_cursor, json.links.next],
      [true, null, null],
    );
    assert.equal(json.audit_logs.length, 10);
  });

  it('unsorted has the rows of the page in another order', async () => {
    const good = (await read(simulator, 'access_logs')).json;
    const { json } = await strike(simulator, { kind: 'unsorted' }, 'access_logs');
    assertSameList(json.access_logs, good.access_logs.toReversed());
    assert.equal(json.meta.after_cursor, good.meta.after_cursor);
  });

  it('new-field adds a field that is in no reference', async () => {
    const good = (await read(simulator, 'audit_logs')).json.audit_logs;
    const { json } = await strike(simulator, { kind: 'new-field' });
    const field = { trust_level: { score: 0.75, by: ['edge'] } };
    assertSameList(
      json.audit_logs,
      good.map((row) => ({ ...row, ...field })),
    );
  });

  it('changed-type turns numbers into strings, or changes one field as configured', async () => {
    const [good] = (await read(simulator, 'access_logs')).json.access_logs;
    const [changed] = (await strike(simulator, { kind: 'changed-type' }, 'access_logs')).json
      .access_logs;
    assert.equal(changed?.['status'], String(good?.['status']));
    assert.equal(changed?.['user_id'], String(good?.['user_id']));
    const [told] = (
      await strike(
        simulator,
        { kind: 'changed-type', field: 'timestamp', value: null },
        'access_logs',
      )
    ).json.access_logs;
    assert.deepEqual(told, { ...good, timestamp: null });
    const [text] = (
      await strike(simulator, { kind: 'changed-type', field: 'status' }, 'access_logs')
    ).json.access_logs;
    assert.deepEqual(text, { ...good, status: String(good?.['status']) });
  });

  it('ignored-role has customers in the list of users, also if only the team was requested', async () => {
    const roles = [
      ['role[]', 'agent'],
      ['role[]', 'admin'],
    ] as const;
    const rolesOf = async (): Promise<ReadonlySet<unknown>> => {
      const { json } = await read(simulator, 'users', ['page[size]', '100'], ...roles);
      return new Set(json.users.map(({ role }) => role));
    };
    const team = await rolesOf();
    assert.ok(!team.has('end-user') && team.has('agent'));
    simulator.addFault({ kind: 'ignored-role', stream: 'users' });
    assert.ok((await rolesOf()).has('end-user'));
    assert.deepEqual(await rolesOf(), team);
  });

  for (const [stream, time] of [
    ['audit_logs', 'created_at'],
    ['access_logs', 'timestamp'],
  ] as const)
    it(`ignored-filter and ignored-sort answer as if the parameters were missing: ${stream}`, async () => {
      const path = PATHS[stream];
      const asked = { kind: 'ignored-filter', stream } as const;
      const sorted = ['sort', time] as const;
      assertSameList(
        (await strike(simulator, asked, stream)).json[stream],
        (await ask(simulator, path, [['page[size]', 10]])).json[stream],
      );
      simulator.addFault({ kind: 'ignored-sort', stream });
      assertSameList(
        (await read(simulator, stream, sorted)).json[stream],
        (await read(simulator, stream)).json[stream],
      );
    });
});
