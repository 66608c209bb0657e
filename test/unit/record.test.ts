import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { readUser } from '../../src/streams/users.ts';

const auditRecord = {
  url: 'https://acme.zendesk.com/api/v2/audit_logs/54337476015999.json',
  id: 54337476015999,
  action_label: 'Updated',
  actor_id: -1,
  source_id: 23639740139999,
  source_type: 'account_setting',
  source_label: 'Security: Session expiration',
  action: 'update',
  change_description: 'Changed from 10 minutes to 30 minutes',
  ip_address: null,
  created_at: '2026-11-20T08:34:33Z',
  actor_name: 'Zendesk',
};

const accessRecord = {
  id: '01M7W0BXW1PWS5B33SS5QHYZVK',
  ip_address: '2001:db8::9',
  method: 'POST',
  status: 200,
  timestamp: '2026-11-20T08:15:03Z',
  url: '/graphql',
  user_id: 364425201999,
  graphql: {
    operation_name: 'ticket',
    operation_type: 'QUERY',
    query: 'query ticket…',
    variables: '{"id":"199"}',
  },
};

describe('reading an audit record', () => {
  it('keeps a number with leading zeros, and does not mistake an id for another', () => {
    const { row } = auditLogs.read({ ...auditRecord, source_id: '007' });
    assert.deepEqual(
      [row['source_id'], { ...(row['extra'] as object) }],
      [null, { source_id: '007' }],
    );
    assert.throws(() => auditLogs.read({ ...auditRecord, id: '0077' }), {
      code: 'record_unreadable',
    });
  });

  it('puts every documented field into its column and leaves extra null', () => {
    const { id, timeMs, row } = auditLogs.read(auditRecord);
    const { id: _, ...columns } = auditRecord;
    assert.equal(id, '54337476015999');
    assert.equal(timeMs, Date.parse('2026-11-20T08:34:33Z'));
    assert.deepEqual(row, { id: '54337476015999', ...columns, extra: null });
  });

  it('asks for one second more at both ends of a span, oldest first', () => {
    assert.deepEqual(auditLogs.source.spanParameters({ from: 1_800_000_000, to: 1_800_003_600 }), [
      ['sort', 'created_at'],
      ['filter[created_at][]', '2027-01-15T07:59:59Z'],
      ['filter[created_at][]', '2027-01-15T09:00:01Z'],
    ]);
  });
});

describe('reading an access record', () => {
  it('puts the parts of the graphql object into its columns', () => {
    const { row } = accessLogs.read(accessRecord);
    assert.equal(row['graphql_operation_name'], 'ticket');
    assert.equal(row['graphql_variables'], '{"id":"199"}');
    assert.equal(row['extra'], null);
  });

  it('accepts numbers as text, and keeps what is not a number in extra', () => {
    const { row } = accessLogs.read({
      ...accessRecord,
      user_id: '364425201999',
      status: 'OK',
      bytes_sent: 1.5,
    });
    assert.equal(row['user_id'], '364425201999');
    assert.equal(row['status'], null);
    assert.equal(row['bytes_sent'], null);
    assert.deepEqual({ ...(row['extra'] as object) }, { status: 'OK', bytes_sent: 1.5 });
  });

  it('keeps invalid addresses, including empty ones, in extra', () => {
    for (const address of ['unknown', '', '10.0.0.1/8', 'fe80::1%eth0', '1.2.3']) {
      const { row } = accessLogs.read({ ...accessRecord, ip_address: address });
      assert.equal(row['ip_address'], null);
      assert.deepEqual({ ...(row['extra'] as object) }, { ip_address: address });
    }
  });

  it('keeps the original of text that Postgres cannot hold as JSON text in extra', () => {
    const { row } = accessLogs.read({ ...accessRecord, url: 'a\0b', client: 'half \ud800' });
    assert.equal(row['url'], 'a\uFFFDb');
    assert.equal(row['client'], 'half \uFFFD');
    assert.deepEqual(
      { ...(row['extra'] as object) },
      { url: { json: '"a\\u0000b"' }, client: { json: '"half \\ud800"' } },
    );
  });

  it('keeps unknown fields, also inside graphql, and those with dangerous names', () => {
    const record: unknown = JSON.parse(
      JSON.stringify({ ...accessRecord, graphql: { ...accessRecord.graphql, cost: 3 } }).replace(
        '{"id"',
        '{"__proto__":{"x":1},"nul\\u0000":["a"],"id"',
      ),
    );
    const { row } = accessLogs.read(record);
    assert.equal(
      JSON.stringify(row['extra']),
      '{"__proto__":{"x":1},"nul\uFFFD":["a"],"graphql.cost":3}',
    );
  });

  it('keeps a graphql field that is not an object, and values of the wrong type, in extra', () => {
    const { row } = accessLogs.read({ ...accessRecord, graphql: 'none', method: 7 });
    assert.equal(row['graphql_query'], null);
    assert.equal(row['method'], null);
    assert.deepEqual({ ...(row['extra'] as object) }, { graphql: 'none', method: 7 });
  });

  it('refuses a record without a usable id or time, and names the field but not its content', () => {
    assert.throws(() => accessLogs.read({ ...accessRecord, id: null }), {
      code: 'record_unreadable',
      message: 'Zendesk sent a record in access_logs without a usable id.',
    });
    assert.throws(() => accessLogs.read({ ...accessRecord, timestamp: 'yesterday, says Ann' }), {
      code: 'record_unreadable',
      message: 'Record 01M7W0BXW1PWS5B33SS5QHYZVK has no usable timestamp.',
    });
    assert.throws(() => auditLogs.read('text'), { code: 'record_unreadable' });
  });

  it('requests neither an order nor only the rows without GraphQL', () => {
    assert.deepEqual(accessLogs.source.spanParameters({ from: 1_800_000_000, to: 1_800_003_600 }), [
      ['filter[start]', '2027-01-15T07:59:59Z'],
      ['filter[end]', '2027-01-15T09:00:01Z'],
    ]);
  });
});

describe('reading a user', () => {
  it('counts agents and admins that are not deleted as team members', () => {
    const user = { id: 1, name: 'Joe', email: 'joe@acme.example', active: true };
    assert.equal(readUser({ ...user, role: 'agent' }).team_member, true);
    assert.equal(readUser({ ...user, role: 'admin' }).team_member, true);
    assert.equal(readUser({ ...user, role: 'end-user' }).team_member, false);
    assert.equal(readUser({ ...user, role: 'agent', active: false }).team_member, false);
  });
});
