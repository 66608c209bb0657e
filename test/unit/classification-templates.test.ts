/** How requests are named in reports that anybody may read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AccessRequest } from '../../src/classification/classification.ts';
import { describeRequest } from '../../src/classification/templates.ts';

const empty: AccessRequest = {
  method: null,
  url: null,
  user_id: null,
  graphql_operation_name: null,
  graphql_operation_type: null,
  graphql_query: null,
  graphql_variables: null,
};

function describeRest(method: string | null, url: string | null): string {
  return describeRequest({ ...empty, method, url });
}

function describeGraphql(name: string | null, type: string | null): string {
  return describeRequest({
    ...empty,
    method: 'POST',
    url: '/graphql',
    graphql_operation_name: name,
    graphql_operation_type: type,
    graphql_query: 'query q { user(email: "jane@acme.example") { id...',
    graphql_variables: '{"id":"417"}',
  });
}

describe('describeRequest', () => {
  it('keeps the words of a path and replaces everything else', () => {
    const told = [
      '/api/v2/foo/417/bar.json?query=credit card',
      '/api/v2beta/foo/01GQ5VN3ZZ4XQH7F9Z4YK8T1QC/{...}',
      '/api/v2/foo/8a1c3b52-6e0f-4d2a-9c11-0f3b7d5e9a24',
      '/api/v2/users/jane@acme.example',
      '/api/v2/users/jane%40acme.example/tickets',
      '/api/v2/foo/Jane Roe/bar',
      '/hc/en-us/articles/360-How-to-pay',
      '/api/v2/custom_objects/patients/records/7',
      '/attachments/token/abcdefghijkl/?name=passport.png',
      'https://jane:secret@acme.zendesk.com/api/v2/foo/5',
      '/api/v2/foo/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
    ].map((url) => describeRest('GET', url));
    assert.deepEqual(told, [
      'GET /api/v2/foo/{id}/bar',
      'GET /api/v2beta/foo/{id}',
      'GET /api/v2/foo/{id}',
      'GET /api/v2/users/{id}',
      'GET /api/v2/users/{id}/tickets',
      'GET /api/v2/foo/{id}/bar',
      'GET /hc/{id}/articles/{id}',
      'GET /api/v2/custom_objects/{id}/records/{id}',
      'GET /attachments/token/{id}',
      'GET /api/v2/foo/{id}',
      'GET /api/v2/foo/{id}',
    ]);
  });

  it('shows no more than twelve segments', () => {
    assert.equal(describeRest('GET', '/a'.repeat(13)), `GET ${'/a'.repeat(12)}/…`);
    assert.equal(describeRest('GET', '/a'.repeat(12)), `GET ${'/a'.repeat(12)}`);
  });

  it('names the operation of a GraphQL request', () => {
    assert.equal(describeGraphql('lunarCalendar', 'QUERY'), 'graphql QUERY lunarCalendar');
    assert.equal(describeGraphql('set_moon', 'mutation'), 'graphql MUTATION set_moon');
    assert.equal(describeGraphql('ticket417', 'QUERY'), 'graphql QUERY {name}');
    assert.equal(describeGraphql('jane@acme.example', 'credit card'), 'graphql ? {name}');
    assert.equal(describeGraphql(null, null), 'graphql ? (no name)');
    assert.equal(
      describeRequest({ ...empty, graphql_operation_name: 'lunarCalendar' }),
      'graphql ? lunarCalendar',
    );
  });

  it('handles missing and strange parts', () => {
    assert.equal(describeRest(null, null), '? (no url)');
    assert.equal(describeRest('GET', ''), 'GET (no url)');
    assert.equal(describeRest('get', '/'), 'GET /');
    assert.equal(describeRest('credit card', '/api'), '? /api');
  });

  it('never shows a digit, a capital letter or a symbol of the original', () => {
    const dirty = fc.oneof(
      fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes)),
      fc.webPath(),
      fc.string().map((name) => `/api/v2/users/${name}@acme.example/tickets`),
      fc.bigInt({ min: 0n, max: 10n ** 19n }).map((id) => `/api/v2/tickets/${id}/comments`),
      fc.string().map((text) => `/api/v2/search.json?query=${text}`),
    );
    fc.assert(
      fc.property(dirty, fc.option(dirty), (url, name) => {
        const path =
          /^GET (?:\(no url\)|\/|(?:\/(?:[a-z][a-z_]*|v[1-9](?:beta|alpha)?|\{id\}))+(?:\/…)?)$/;
        const template = describeRest('GET', url);
        assert.match(template, template.startsWith('graphql') ? /^graphql \? \(no name\)$/ : path);
        assert.match(
          describeGraphql(name, url),
          /^graphql (?:\?|QUERY|MUTATION|SUBSCRIPTION) (?:[A-Za-z_]+|\{name\}|\(no name\))$/,
        );
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        assert.equal(
          describeRest('GET', `/api/v2/search.json?query=${text}`),
          'GET /api/v2/search',
        );
      }),
    );
  });
});
