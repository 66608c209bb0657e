/** How rules are applied: their forms, their order, their fingerprint, and what is always true. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  fingerprintRules,
  ruleKinds,
  type AccessRule,
} from '../../src/classification/access-rule.ts';
import type { AccessRequest, Classification } from '../../src/classification/classification.ts';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import { refuseInput } from '../../src/errors.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { createStillTime } from '../support/still-time.ts';

const empty: AccessRequest = {
  method: null,
  url: null,
  user_id: null,
  graphql_operation_name: null,
  graphql_operation_type: null,
  graphql_query: null,
  graphql_variables: null,
};

function classifyBy(rules: readonly AccessRule[], method: string, url: string): Classification {
  return createClassifier(rules)({ ...empty, method, url, user_id: 9 });
}

function only(
  kind: Classification['kind'],
  ...resources: Classification['resources']
): Classification {
  return { kind, resources, searchQuery: null };
}

describe('createClassifier', () => {
  it('lets the first matching rule decide, however general it is', () => {
    const general: AccessRule = { path: '/api/v2/tickets/**', kind: 'noise' };
    const special: AccessRule = { path: '/api/v2/tickets/{ticket}', kind: 'view' };
    assert.deepEqual(classifyBy([general, special], 'GET', '/api/v2/tickets/5'), only('noise'));
    assert.deepEqual(
      classifyBy([special, general], 'GET', '/api/v2/tickets/5'),
      only('view', { type: 'ticket', id: '5' }),
    );
    assert.deepEqual(classifyBy([special, general], 'GET', '/api/v2/tickets'), only('noise'));
  });

  it("applies an installation's rules before the built-in ones", () => {
    const own: readonly AccessRule[] = [
      { path: '/api/v2/moon_phases/{moon_phase}/**', kind: 'view' },
      { path: '/api/*/tickets/{ticket}/related', kind: 'noise' },
      { operation: 'lunarCalendar', kind: 'list', resource: 'moon_phase' },
    ];
    const classify = createClassifier([...own, ...accessRules]);
    const get = (url: string): Classification => classify({ ...empty, method: 'GET', url });
    assert.deepEqual(get('/api/v2/tickets/5/related'), only('noise'));
    assert.deepEqual(get('/api/v2/tickets/5'), only('view', { type: 'ticket', id: '5' }));
    assert.deepEqual(
      get('/api/v2/moon_phases/7/users/8.json?{...}'),
      only('view', { type: 'moon_phase', id: '7' }, { type: 'user', id: '8' }),
    );
    assert.deepEqual(
      classify({ ...empty, url: '/graphql', graphql_operation_name: 'lunarCalendar' }),
      only('list', { type: 'moon_phase', id: null }),
    );
    const variables = { graphql_operation_name: 'x', graphql_variables: '{"moonPhaseId":"7"}' };
    assert.deepEqual(
      classify({ ...empty, url: '/graphql', ...variables }),
      only('view', { type: 'moon_phase', id: '7' }),
    );
  });

  it('reads every form of a segment', () => {
    const rules: readonly AccessRule[] = [
      { path: '/a/x|y/{ticket}', kind: 'view' },
      { path: '/a/*/{custom_object:key}', kind: 'list' },
      { path: '/b/{user:me}', kind: 'view' },
      { path: '/c/{user}/{ticket}', kind: 'view', resource: 'ticket' },
      { path: '/d/**', kind: 'list', resource: 'brand' },
    ];
    const tell = (url: string): Classification => classifyBy(rules, 'GET', url);
    assert.deepEqual(tell('/a/x/5'), only('view', { type: 'ticket', id: '5' }));
    assert.deepEqual(tell('/a/y/5'), only('view', { type: 'ticket', id: '5' }));
    assert.deepEqual(tell('/a/z/5'), only('list', { type: 'custom_object', id: '5' }));
    assert.deepEqual(tell('/a/x/car'), only('list', { type: 'custom_object', id: 'car' }));
    assert.deepEqual(tell('/a/x/a@b'), only('unclassified'));
    assert.deepEqual(tell('/b/me'), only('view', { type: 'user', id: '9' }));
    assert.deepEqual(tell('/b/9'), only('unclassified'));
    assert.deepEqual(
      tell('/c/1/2'),
      only('view', { type: 'ticket', id: '2' }, { type: 'user', id: '1' }),
    );
    assert.deepEqual(tell('/d'), only('list', { type: 'brand', id: null }));
    assert.deepEqual(tell('/d/e/f'), only('list', { type: 'brand', id: null }));
  });

  it('treats methods that change something as a write, unless a rule names its methods', () => {
    const rules: readonly AccessRule[] = [
      { path: '/a/preview', methods: ['POST'], kind: 'list', resource: 'ticket' },
      { path: '/a/{ticket}', kind: 'view' },
      { path: '/a/**', kind: 'list', resource: 'ticket' },
    ];
    const list = { type: 'ticket', id: null };
    const five = { type: 'ticket', id: '5' };
    assert.deepEqual(classifyBy(rules, 'POST', '/a/preview'), only('list', list));
    assert.deepEqual(classifyBy(rules, 'PUT', '/a/preview'), only('write', list));
    assert.deepEqual(classifyBy(rules, 'HEAD', '/a/5'), only('view', five));
    assert.deepEqual(classifyBy(rules, 'PATCH', '/a/5'), only('write', five));
    assert.deepEqual(classifyBy(rules, 'BREW', '/a/5'), only('view', five));
    assert.deepEqual(createClassifier(rules)({ ...empty, url: '/a/preview' }), only('list', list));
  });

  it('refuses a rule whose path does not begin with a slash', () => {
    assert.throws(
      () => createClassifier([{ path: 'tickets', kind: 'view' }]),
      refuseInput([
        'The rule for tickets: Use a path that begins with a slash such as /api/v2/tickets/{ticket}.',
      ]),
    );
  });

  it('classifies all rows of a day of the simulator except rows without an address', async () => {
    const { simulator: clock } = createStillTime();
    const simulator = await startSimulator({
      ...clock,
      accessLogRowsPerDay: 3000,
      oddities: true,
    });
    const classify = createClassifier(accessRules);
    const to = new Date(Math.floor(simulator.now() / 86_400_000) * 86_400_000);
    const records = simulator.records('access_logs', new Date(to.getTime() - 86_400_000), to);
    const counts = new Map<string, number>();
    for (const record of records) {
      const { kind } = classify(toRequest(record));
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    await simulator.stop();
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(total > 1000, `${total} rows`);
    assert.deepEqual([...counts.keys()].toSorted(), [...ruleKinds, 'unclassified'].toSorted());
    assert.ok((counts.get('unclassified') ?? 0) < total * 0.05, JSON.stringify([...counts]));
  });

  it('never throws, and never gives an empty id or a resource twice', () => {
    const classify = createClassifier(accessRules);
    fc.assert(
      fc.property(fc.record(dirtyRequest), (request) => {
        const { kind, resources, searchQuery } = classify(request);
        assert.notEqual(searchQuery, '');
        if (kind === 'noise' || kind === 'unclassified') assert.deepEqual(resources, []);
        for (const { type, id } of resources) {
          assert.match(type, /^[a-z][a-z_]*$/);
          assert.ok(id === null || id.length > 0);
        }
        const names = resources.map(({ type, id }) => JSON.stringify([type, id]));
        assert.equal(new Set(names).size, names.length);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('fingerprintRules', () => {
  it('is 64 hexadecimal digits that change with the rules and their order, not with the order of fields', () => {
    const a: AccessRule = { path: '/a', kind: 'view', resource: 'ticket' };
    const b: AccessRule = { operation: 'b' };
    assert.match(fingerprintRules(accessRules), /^[0-9a-f]{64}$/);
    assert.equal(
      fingerprintRules([a]),
      fingerprintRules([{ resource: 'ticket', kind: 'view', path: '/a' }]),
    );
    assert.notEqual(fingerprintRules([a, b]), fingerprintRules([b, a]));
    assert.notEqual(fingerprintRules([a]), fingerprintRules([{ ...a, resource: 'user' }]));
    assert.notEqual(fingerprintRules([]), fingerprintRules([b]));
  });
});

function toRequest(record: Record<string, unknown>): AccessRequest {
  const graphql = (record['graphql'] ?? {}) as Record<string, unknown>;
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    method: text(record['method']),
    url: text(record['url']),
    user_id: typeof record['user_id'] === 'number' ? record['user_id'] : null,
    graphql_operation_name: text(graphql['operation_name']),
    graphql_operation_type: text(graphql['operation_type']),
    graphql_query: text(graphql['query']),
    graphql_variables: text(graphql['variables']),
  };
}

/** Nearly right and completely wrong requests: random combinations of parts of real ones, and any text. */
const words =
  '/ api v2 tickets users me 5 .json {...} [...] { ? & ids= 1,2 query= % %2C %zz %00 + search records custom_objects ' +
  'show_many graphql " \\ : , {"id": "5" ticketId } ] ( ) mutation ticket';
const piece = fc.constantFrom(' ', '\u0000', ...words.split(' '));
const pieces = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''));
const anyText = fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes));
const dirtyText = fc.option(fc.oneof(pieces, anyText));
const dirtyUrl = fc.oneof(
  dirtyText,
  pieces.map((text) => `/api/v2/${text}`),
  fc.constant('/graphql'),
);
const dirtyRequest = {
  method: fc.oneof(fc.constantFrom('GET', 'POST', 'PUT', 'delete'), dirtyText),
  url: dirtyUrl,
  user_id: fc.oneof(fc.integer(), dirtyText),
  graphql_operation_name: fc.oneof(
    fc.constantFrom('ticket', 'getUser', 'updateTickets'),
    dirtyText,
  ),
  graphql_operation_type: dirtyText,
  graphql_query: dirtyText,
  graphql_variables: dirtyText,
};
