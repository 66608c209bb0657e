import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addRecords, restoreRecord } from '../../src/reports/shared/record-fields.ts';
import { collect } from '../support/collect.ts';

describe('a record as Zendesk sent it', () => {
  const restore = (fields: object, extra: object | null): string | null =>
    restoreRecord(JSON.stringify([fields, extra]));

  it('is its columns, with what did not fit them in the right places', () => {
    assert.equal(restore({ id: 1, url: null }, null), '{"id":1,"url":null}');
    assert.equal(
      restore({ id: 1, actor_id: null }, { actor_id: 'x', more: [1], ['__proto__']: 2 }),
      '{"id":1,"actor_id":"x","more":[1],"__proto__":2}',
    );
    assert.equal(
      restore(
        { graphql: { query: 'q', variables: null } },
        { 'graphql.variables': { id: 1 }, 'graphql.a.b': 2 },
      ),
      '{"graphql":{"query":"q","variables":{"id":1},"a.b":2}}',
    );
    assert.equal(restore({ graphql: null }, { 'graphql.query': 5 }), '{"graphql":{"query":5}}');
    assert.equal(restoreRecord(null), null);
  });

  it('has numbers as written, and what jsonb cannot hold', () => {
    assert.equal(
      restoreRecord('[{"id":12345678901234567890},null]'),
      '{"id":12345678901234567890}',
    );
    const text = String.raw`{"label":"a\u0000b"}`;
    assert.equal(restore({ label: 'a\uFFFDb' }, { label: { json: String.raw`"a\u0000b"` } }), text);
    assert.equal(restore({ x: null }, { x: { json: 5 } }), '{"x":{"json":5}}');
  });

  it('is the complete record if that is stored, on one line', () => {
    assert.equal(
      restore({ id: 1 }, { $original: { text: '{"id": 1,\n "id": 2}' } }),
      '{"id": 1,  "id": 2}',
    );
    assert.equal(restore({ id: 1 }, { $original: { base64: '/w==' } }), '{"base64":"/w=="}');
  });

  it('is given once, although it is in several successive rows', async () => {
    async function* rows() {
      for (const id of ['a', 'a', 'b', 'a'])
        yield { first_at: new Date(0), access_log_id: id, record: `[{"id":"${id}"},null]` };
    }
    assert.deepEqual(await collect(addRecords(rows(), 'raw', () => ({}))), [
      { record: '{"id":"a"}' },
      { record: '{"id":"b"}' },
      { record: '{"id":"a"}' },
    ]);
  });
});
