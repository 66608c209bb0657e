import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { assertSameList, ask, idsOf, startAtNow, walk, type Json } from './simulated-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const USERS = '/api/v2/users';

describe('GET /api/v2/users', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startAtNow({ agents: 60 });
  });
  after(() => simulator.stop());

  const list = async (...parameters: (readonly [string, string | number])[]): Promise<Json[]> =>
    (await walk(simulator, USERS, [['page[size]', 100], ...parameters])).flatMap(
      (page) => page.users,
    );

  it('pages by cursor with the id as default order, 100 at most', async () => {
    const users = await list();
    const ids = idsOf(users).map(Number);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(ids).size, ids.length);
    const { status, json } = await ask(simulator, USERS, [['page[size]', 101]]);
    assert.deepEqual(
      [status, json],
      [
        400,
        {
          error: 'InvalidPaginationParameter',
          description: 'page[size] cannot be greater than 100',
        },
      ],
    );
  });

  it('accepts updated_at and -updated_at as sort', async () => {
    const up = (await list(['role', 'agent'], ['sort', 'updated_at'])).map((user) =>
      String(user['updated_at']),
    );
    const down = (await list(['role', 'agent'], ['sort', '-updated_at'])).map((user) =>
      String(user['updated_at']),
    );
    assertSameList(up, up.toSorted());
    assertSameList(down, up.toReversed());
    assert.equal(
      (
        await ask(simulator, USERS, [
          ['page[size]', 1],
          ['sort', 'name'],
        ])
      ).status,
      400,
    );
  });

  it('pages by offset without page[size]', async () => {
    const { json } = await ask(simulator, USERS, [
      ['role', 'admin'],
      ['per_page', 2],
    ]);
    assert.deepEqual(Object.keys(json), ['users', 'next_page', 'previous_page', 'count']);
    assert.equal(json.users.length, 2);
    assert.equal(json.count, (await list(['role', 'admin'])).length);
  });

  it('goes back with page[before]', async () => {
    const first = (await ask(simulator, USERS, [['page[size]', 3]])).json;
    const second = (
      await ask(simulator, USERS, [
        ['page[size]', 3],
        ['page[after]', first.meta.after_cursor ?? ''],
      ])
    ).json;
    const back = await ask(simulator, USERS, [
      ['page[size]', 3],
      ['page[before]', second.meta.before_cursor ?? ''],
    ]);
    assertSameList(back.json.users, first.users);
  });

  it('filters by role, by several with role[], by the name of a custom role and by permission_set', async () => {
    const team = await list(['role[]', 'agent'], ['role[]', 'admin']);
    const admins = await list(['role', 'admin']);
    const agents = await list(['role', 'agent']);
    assert.deepEqual(new Set(idsOf(team)), new Set(idsOf([...admins, ...agents])));
    assert.equal(team.length, 61, 'the desks and the integration');
    assert.ok(admins.length >= 2);
    const light = await list(['role', 'Light agent']);
    assert.ok(
      light.length > 0 &&
        light.every((user) => user['role'] === 'agent' && user['role_type'] === 1),
    );
    assertSameList(await list(['permission_set', Number(light[0]?.['custom_role_id'])]), light);
  });

  it('has only the roles end-user, agent and admin, and role_type to distinguish light and custom ones', async () => {
    const users = await list();
    assert.deepEqual(
      new Set(users.map((user) => user['role'])),
      new Set(['end-user', 'agent', 'admin']),
    );
    const types = new Set(
      users.filter((user) => user['role'] === 'agent').map((user) => user['role_type']),
    );
    assert.deepEqual(types, new Set([null, 0, 1]));
  });

  it('leaves out deleted users, but not suspended ones; some have no email', async () => {
    const users = await list();
    assert.ok(users.every((user) => user['active'] === true));
    assert.ok(users.some((user) => user['suspended'] === true));
    assert.ok(users.some((user) => user['email'] === null));
    const deleted = simulator.users().filter((user) => !user.active);
    assert.ok(deleted.length > 0);
    const listed = new Set(idsOf(users));
    assert.ok(deleted.every((user) => !listed.has(user.id)));
  });

  it('still lists team members who became end users, as end users', async () => {
    const demoted = simulator.users().filter((user) => user.role === 'end-user');
    const listed = new Set(idsOf(await list(['role', 'end-user'])));
    assert.ok(demoted.length > 0);
    assert.ok(demoted.every((user) => listed.has(user.id)));
  });

  it('shows many by id: unknown ids are missing, deleted users come with include_deleted=true only', async () => {
    const [deleted] = simulator.users().filter((user) => !user.active);
    const [present] = simulator.users().filter((user) => user.role === 'admin');
    const ids = [present?.id, 99, deleted?.id].join(',');
    const usual = await ask(simulator, `${USERS}/show_many`, [['ids', ids]]);
    assert.deepEqual(usual.json, { users: [present] });
    const all = await ask(simulator, `${USERS}/show_many.json`, [
      ['ids', ids],
      ['include_deleted', 'true'],
    ]);
    assert.deepEqual(new Set(idsOf(all.json.users)), new Set([present?.id, deleted?.id]));
    assert.deepEqual(
      all.json.users.find((user) => user['id'] === deleted?.id),
      deleted,
    );
    assert.equal(deleted?.email, null);
  });

  it('shows up to 100 ids at once', async () => {
    const ids = Array.from({ length: 101 }, (_, i) => i + 1);
    assert.equal(
      (await ask(simulator, `${USERS}/show_many`, [['ids', ids.slice(1).join(',')]])).status,
      200,
    );
    assert.equal(
      (await ask(simulator, `${USERS}/show_many`, [['ids', ids.join(',')]])).status,
      400,
    );
    assert.equal((await ask(simulator, `${USERS}/show_many`)).status, 400);
  });

  it('does not know some actors of the logs at all', async () => {
    const actors = new Set<unknown>();
    for (const row of simulator.records('audit_logs', new Date(0), new Date(8e15)))
      actors.add(row['actor_id']);
    actors.delete(-1);
    const known = new Set<unknown>(simulator.users().map((user) => user.id));
    const unknown = [...actors].filter((id) => !known.has(id));
    assert.ok(unknown.length > 0);
    const { json } = await ask(simulator, `${USERS}/show_many`, [
      ['ids', unknown.join(',')],
      ['include_deleted', 'true'],
    ]);
    assert.deepEqual(json, { users: [] });
  });

  it('shows one user, and 404 RecordNotFound for nobody', async () => {
    const [someone] = simulator.users();
    const { json } = await ask<Json>(simulator, `${USERS}/${someone?.id}.json`);
    assert.deepEqual(json, { user: someone });
    const nobody = await ask<Json>(simulator, `${USERS}/1`);
    assert.deepEqual(
      [nobody.status, nobody.json],
      [404, { error: 'RecordNotFound', description: 'Not found' }],
    );
  });

  it('answers users/me with 200 and an anonymous user when credentials are missing', async () => {
    const { status, json } = await ask<{ user: Json }>(simulator, `${USERS}/me.json`, [], {
      headers: {},
    });
    assert.equal(status, 200);
    assert.equal(json.user['name'], 'Anonymous user');
    const known = await ask<{ user: Json }>(simulator, `${USERS}/me`);
    assert.equal(known.json.user['role'], 'admin');
    const wrong = await ask(simulator, `${USERS}/me`, [], {
      headers: { authorization: 'Basic d3Jvbmc=' },
    });
    assert.equal(wrong.status, 401);
  });
});
