import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { users } from '../../src/streams/users.ts';
import { auditRequest, connect, neverAborted, refusalOf } from './connection.ts';
import { startServer, type Reply } from './scripted-server.ts';

const pageOf = (...records: readonly string[]): Reply => ({
  body: `{"audit_logs": [ ${records.join(' ,\n')} ], "meta": {"has_more": false}}`,
});
const broken = pageOf('{"id":1}', '{"id":nul}', '{"id": 3}');
const whole = pageOf('{"id":1}', '{"id": 2}');

describe('a page with a record that is not JSON', () => {
  it('is requested once more, and cut into its records if that record is there again', async (test) => {
    const server = await startServer(test, { replies: [broken, broken] });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(page.records, [{ id: 1 }, undefined, { id: 3 }]);
    assert.deepEqual(page.originals().map(String), ['{"id":1}', '{"id":nul}', '{"id": 3}']);
    assert.deepEqual([page.lossy.size, page.nextCursor], [0, undefined]);
    assert.equal(server.requests.length, 2);
  });

  it('is like any other if it is valid the next time', async (test) => {
    const server = await startServer(test, { replies: [broken, whole] });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(page.records, [{ id: 1 }, { id: 2 }]);
    assert.deepEqual(page.originals().map(String), ['{"id":1}', '{"id": 2}']);
  });

  it('is not cut after an error answer', async (test) => {
    const server = await startServer(test, { replies: [{ status: 500 }, broken, whole] });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(page.records, [{ id: 1 }, { id: 2 }]);
    assert.equal(server.requests.length, 3);
  });

  it('is not a page if the brackets do not match', async (test) => {
    const cut: Reply = { body: '{"audit_logs":[{"id":1},{"id"' };
    const server = await startServer(test, { replies: [cut] });
    const { zendesk } = connect(test, server.origin);
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.code, 'no_usable_answer');
    assert.match(error.message, /the answer is not complete JSON/);
  });
});

describe('the unchanged records of a page', () => {
  it('are returned if parsing loses something', async (test) => {
    const server = await startServer(test, {
      replies: [pageOf('{"id":1}', '{"id":2,"a":1,"a":2}')],
    });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual([...page.lossy], [1]);
    assert.deepEqual(page.originals().map(String), ['{"id":1}', '{"id":2,"a":1,"a":2}']);
  });

  it('are empty if they cannot be separated', async (test) => {
    const body = String.raw`{"audit\u005flogs":[{"id":1}],"meta":{"has_more":false}}`;
    const server = await startServer(test, { replies: [{ body }] });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual([page.records, page.originals()], [[{ id: 1 }], []]);
  });
});

describe('an answer that should be an object', () => {
  it('is not a page if it is a list', async (test) => {
    const server = await startServer(test, { replies: [{ body: [1] }] });
    const { zendesk } = connect(test, server.origin);
    const path = '/api/v2/users/show_many';
    const asked = { group: users.budget, priority: 1, needs: users.needs, path, parameters: [] };
    const error = await refusalOf(zendesk.readObject(asked, neverAborted));
    assert.equal(
      error.message,
      `No usable answer from Zendesk to ${path} after 6 attempts; the last one: the answer is not a JSON object.`,
    );
  });
});
