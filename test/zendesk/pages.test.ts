import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { users } from '../../src/streams/users.ts';
import { auditRequest, connect, neverAborted } from './connection.ts';
import { auditPage, startServer } from './scripted-server.ts';

const parameters = [
  ['sort', 'created_at'],
  ['filter[created_at][]', '2026-11-20T08:00:00Z'],
  ['filter[created_at][]', '2026-11-20T09:00:00Z'],
];

describe('a page', () => {
  it('is requested with our own parameters, the size, and every parameter again with the cursor', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1, 2], 'ey+/='), auditPage([3])],
    });
    const { zendesk } = connect(test, server.origin);
    const first = await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(first.records, [{ id: 1 }, { id: 2 }]);
    assert.equal(first.nextCursor, 'ey+/=');
    assert.equal(first.pageSize, 100);
    const last = await zendesk.readPage(auditRequest({ cursor: 'ey+/=' }), neverAborted);
    assert.deepEqual(last.records, [{ id: 3 }]);
    assert.deepEqual([first.isSaidLast, last.isSaidLast], [false, true]);
    assert.deepEqual(
      server.requests.map(({ method, path, query }) => ({ method, path, query })),
      [
        {
          method: 'GET',
          path: '/api/v2/audit_logs',
          query: [...parameters, ['page[size]', '100']],
        },
        {
          method: 'GET',
          path: '/api/v2/audit_logs',
          query: [...parameters, ['page[size]', '100'], ['page[after]', 'ey+/=']],
        },
      ],
    );
  });

  it('is requested as JSON, with name and version, over one connection', async (test) => {
    const ports = new Set<number | undefined>();
    const server = await startServer(test, {
      replies: [
        (response) => {
          ports.add(response.socket?.remotePort);
          response.end(
            JSON.stringify({ audit_logs: [], meta: { has_more: false, after_cursor: null } }),
          );
        },
      ],
    });
    const { zendesk } = connect(test, server.origin);
    await zendesk.readPage(auditRequest(), neverAborted);
    await zendesk.readPage(auditRequest(), neverAborted);
    const headers = server.requests[0]?.headers;
    assert.equal(headers?.accept, 'application/json');
    assert.equal(headers['accept-encoding'], 'gzip');
    assert.equal(headers.authorization, 'Bearer fixed-token');
    assert.match(headers['user-agent'] ?? '', /^zendesk-log-sync\/\d+\.\d+\.\d+$/);
    assert.equal(ports.size, 1);
  });

  it('is requested only after the budget granted it', async (test) => {
    const server = await startServer(test, { replies: [auditPage([1])] });
    const { promise, resolve } = Promise.withResolvers<void>();
    const seenAtTake: number[] = [];
    const { zendesk } = connect(test, server.origin, {
      budget: {
        async take() {
          await promise;
          seenAtTake.push(server.requests.length);
        },
        pause: async () => undefined,
      },
    });
    const page = zendesk.readPage(auditRequest(), neverAborted);
    resolve();
    await page;
    assert.deepEqual(seenAtTake, [0]);
    assert.equal(server.requests.length, 1);
  });

  it('passes group and priority to the budget', async (test) => {
    const server = await startServer(test, { replies: [auditPage([1])] });
    const { zendesk, takes } = connect(test, server.origin);
    await zendesk.readPage(auditRequest({ group: accessLogs.budget, priority: 7 }), neverAborted);
    assert.deepEqual(takes, [{ group: 'access_logs', priority: 7 }]);
  });

  it('may be compressed, and has its length and the id of its request', async (test) => {
    const json = JSON.stringify({
      audit_logs: [{ id: 1, text: 'ü'.repeat(1_000) }],
      meta: { has_more: false },
    });
    const server = await startServer(test, {
      replies: [
        {
          headers: { 'content-encoding': 'gzip', 'x-request-id': 'abc-123' },
          body: gzipSync(json),
        },
      ],
    });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest(), neverAborted);
    assert.equal(page.bytes, Buffer.byteLength(json));
    assert.equal(page.requestId, 'abc-123');
    assert.equal(page.records.length, 1);
  });

  it('keeps the digits of large ids', async (test) => {
    const server = await startServer(test, {
      replies: [{ body: '{"audit_logs":[{"id":9007199254740993}],"meta":{"has_more":false}}' }],
    });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest(), neverAborted);
    assert.equal(JSON.stringify(page.records), '[{"id":9007199254740993}]');
  });

  it('cannot go to another host through a path that looks like one', async (test) => {
    const server = await startServer(test, { replies: [auditPage([1])] });
    const { zendesk } = connect(test, server.origin);
    await assert.rejects(
      zendesk.readPage(auditRequest({ path: '//other.example/api' }), neverAborted),
      new Error('a request may only name a path'),
    );
    assert.equal(server.requests.length, 0);
  });
});

describe('a single object', () => {
  it('is read with its own parameters and no paging', async (test) => {
    const server = await startServer(test, { replies: [{ body: { users: [{ id: 1 }] } }] });
    const { zendesk } = connect(test, server.origin);
    const json = await zendesk.readObject(
      {
        group: users.budget,
        priority: 1,
        needs: users.needs,
        path: '/api/v2/users/show_many',
        parameters: [
          ['ids', '1,2,3'],
          ['include_deleted', 'true'],
        ],
      },
      neverAborted,
    );
    assert.deepEqual(json, { users: [{ id: 1 }] });
    assert.deepEqual(server.requests[0]?.query, [
      ['ids', '1,2,3'],
      ['include_deleted', 'true'],
    ]);
  });
});

describe('the clock of a client', () => {
  const localMs = Date.parse('2026-11-20T12:00:00Z');
  const body = { audit_logs: [], meta: { has_more: false } };

  it('learns from the Date header, and each page says when it was requested by the local clock', async (test) => {
    const server = await startServer(test, {
      replies: [{ headers: { date: 'Fri, 20 Nov 2026 13:00:00 GMT' }, body }],
    });
    const { zendesk } = connect(test, server.origin, { localNow: () => localMs });
    const { sentAtMs, receivedAtMs, ageMs } = await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual([sentAtMs, receivedAtMs, ageMs], [localMs, localMs, 0]);
    assert.deepEqual(zendesk.clock(), {
      agreedMs: undefined,
      doubt: { skewMs: 3_600_000, answers: 1 },
    });
  });

  it('learns from answers that are refusals too, and ignores a few seconds', async (test) => {
    const server = await startServer(test, {
      replies: [
        { status: 500, headers: { date: 'Fri, 20 Nov 2026 12:00:04 GMT' } },
        { headers: { date: 'Fri, 20 Nov 2026 12:00:04 GMT' }, body },
      ],
    });
    const { zendesk } = connect(test, server.origin, { localNow: () => localMs });
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(zendesk.clock().doubt, { skewMs: 0, answers: 2 });
  });

  it('knows how old a page from a cache is', async (test) => {
    const headers = { date: 'Fri, 20 Nov 2026 11:00:00 GMT', age: '3600' };
    const server = await startServer(test, { replies: [{ headers, body }] });
    const { zendesk } = connect(test, server.origin, { localNow: () => localMs });
    assert.equal((await zendesk.readPage(auditRequest(), neverAborted)).ageMs, 3_600_000);
    assert.equal(zendesk.clock().doubt?.skewMs, 0);
  });
});
