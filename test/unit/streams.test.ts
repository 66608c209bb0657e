import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClassifier } from '../../src/classification/classifier.ts';
import type { Classification } from '../../src/classification/classification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { shortenKey } from '../../src/streams/key-text.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import { requestOf } from '../../src/streams/stream.ts';
import { lookup, readUser, users } from '../../src/streams/users.ts';

describe('the streams', () => {
  it('are the two logs and the people, in the order in which they are shown', () => {
    assert.deepEqual(
      streams.map(({ name }) => name),
      ['audit_logs', 'access_logs', 'users'],
    );
    assert.deepEqual(listLogs(streams), [auditLogs, accessLogs]);
  });

  it('request what the contract names', () => {
    assert.deepEqual(requestOf(accessLogs), {
      group: accessLogs.budget,
      path: '/api/v2/access_logs',
      paging: accessLogs.source.paging,
      needs: accessLogs.needs,
    });
    assert.deepEqual(auditLogs.source.oldestParameters, [['sort', 'created_at']]);
    assert.equal(accessLogs.source.oldestParameters, undefined);
    assert.deepEqual(users.source.parameters, [
      ['role[]', 'agent'],
      ['role[]', 'admin'],
    ]);
    assert.deepEqual(lookup.parameters(['1', '2']), [
      ['ids', '1,2'],
      ['include_deleted', 'true'],
    ]);
  });

  it('leave the last fifth of the limit of the account to others if they share it', () => {
    assert.deepEqual(
      streams.map(({ budget }) => [budget.name, budget.sharesAccountLimit]),
      [
        ['support', true],
        ['access_logs', false],
        ['support', true],
      ],
    );
  });

  it('say what they do not contain, and how doctor samples them', () => {
    for (const { blindSpots, samples } of listLogs(streams)) {
      assert.ok(blindSpots.length > 0);
      assert.ok(samples.seconds >= 86_400);
      assert.ok(samples.diskShare > 0);
    }
  });

  it('treat an empty log as a fault only if our own requests create records', () => {
    assert.deepEqual(
      listLogs(streams).map(({ health }) => [
        health.whenEmpty.isProblem,
        health.whenSilent !== undefined,
      ]),
      [
        [false, false],
        [true, true],
      ],
    );
  });
});

describe('what an access record was about', () => {
  const row = { user_id: 5, status: 200, method: 'GET', url: '/x' };
  const derived = accessLogs.table.derived ?? assert.fail('nothing is derived');

  it('is derived from the named columns, and fills the named columns', () => {
    const looked = new Set<unknown>();
    const graphql = {
      graphql_operation_type: 'QUERY',
      graphql_query: 'query ticket($id: ID!) { ticket(id: $id) { id } }',
      graphql_variables: '{"id":"199"}',
    };
    for (const stored of [
      { ...row, url: '/api/v2/tickets/1', method: 'DELETE' },
      { ...row, ...graphql, method: 'POST', url: '/graphql', graphql_operation_name: 'ticket' },
    ]) {
      const watched = new Proxy(stored, {
        get(target, name) {
          looked.add(name);
          return Reflect.get(target, name) as unknown;
        },
      });
      const [first] = derived.derive(watched, createClassifier([]));
      assert.equal(first?.length, derived.columns.length);
    }
    const from = new Set<unknown>(derived.from);
    assert.deepEqual(
      [...looked].filter((name) => !from.has(name)),
      [],
    );
    assert.ok(looked.size >= 7);
  });

  const derive = (found: Partial<Classification>) =>
    derived.derive(row, () => ({
      kind: 'view',
      resources: [],
      searchQuery: null,
      ...found,
    }));

  it('is nothing for noise', () => {
    const resources = [{ type: 'ticket', id: '1' }];
    assert.deepEqual(derive({ kind: 'noise', resources }), []);
  });

  it('is one row if it names no resource', () => {
    assert.deepEqual(derive({ kind: 'search', searchQuery: 'q' }), [
      [0, 'search', null, null, 5, 200, 'q'],
    ]);
  });

  it('is a row for each resource, and the first one has the search text', () => {
    const long = 'x'.repeat(2000);
    const resources = [
      { type: 'ticket', id: '1' },
      { type: long, id: long },
      { type: 'user', id: null },
    ];
    assert.deepEqual(derive({ resources, searchQuery: 'q' }), [
      [0, 'view', 'ticket', '1', 5, 200, 'q'],
      [1, 'view', shortenKey(long), shortenKey(long), 5, 200, null],
      [2, 'view', 'user', null, 5, 200, null],
    ]);
  });

  it('shows by its kind that no rule matches it', () => {
    const { isUnclassified } = derived;
    assert.equal(isUnclassified([0, 'unclassified', null, null, 5, 200, null]), true);
    assert.equal(isUnclassified([0, 'view', 'ticket', '1', 5, 200, null]), false);
  });
});

describe('the id and the time of a record', () => {
  const record = { id: '7', created_at: '2026-11-20T08:34:33Z' };

  it('go to extra if their columns lose something', () => {
    const long = 'i'.repeat(2000);
    const { id, timeMs, row } = accessLogs.read({
      id: long,
      timestamp: '2026-11-20T08:15:03.1234567Z',
    });
    assert.deepEqual(
      [id, timeMs, row['id'], row['timestamp'], { ...(row['extra'] as object) }],
      [
        shortenKey(long),
        Date.parse('2026-11-20T08:15:03.123Z'),
        shortenKey(long),
        '2026-11-20T08:15:03.123456Z',
        { id: long, timestamp: '2026-11-20T08:15:03.1234567Z' },
      ],
    );
  });

  it('do not go there otherwise', () => {
    assert.equal(auditLogs.read(record).row['extra'], null);
    assert.equal(auditLogs.read({ ...record, id: 7 }).row['extra'], null);
    assert.equal(
      accessLogs.read({ id: 7, timestamp: '2026-11-20T08:15Z' }).row['timestamp'],
      '2026-11-20T08:15:00Z',
    );
  });
});

describe('a person', () => {
  const record = {
    id: 364425201999,
    name: 'Jane',
    email: 'jane@acme.example',
    role: 'admin',
    role_type: 4,
    custom_role_id: 12,
    active: true,
    suspended: false,
    time_zone: 'Berlin',
    iana_time_zone: 'Europe/Berlin',
    locale: 'de',
    created_at: '2024-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    last_login_at: null,
  };

  it('is read into its columns, and nothing else is kept', () => {
    assert.deepEqual(readUser({ ...record, phone: '+49 30 1', role_type: 'x', notes: 'n' }), {
      ...record,
      id: '364425201999',
      role_type: null,
      team_member: true,
    });
  });

  it('has a role and is not deleted, or is not a team member', () => {
    for (const [change, isMember] of [
      [{}, true],
      [{ active: undefined }, true],
      [{ active: false }, false],
      [{ role: 'agent' }, true],
      [{ role: 'end-user' }, false],
      [{ role: null }, false],
    ] as const)
      assert.equal(readUser({ ...record, ...change }).team_member, isMember);
  });
});
