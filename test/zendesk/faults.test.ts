import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../src/errors.ts';
import { auditRequest, connect, neverAborted, refusalOf } from './connection.ts';
import { findFreePort } from '../support/free-port.ts';
import { auditPage, startServer, type Reply } from './scripted-server.ts';

const edgePage = `<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n<script>(function(){window['__CF$cv$params']={r:'x'}})();</script></body>\r\n</html>`;

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function cutBody(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"audit_logs":[{"id":1}', () => response.socket?.resetAndDestroy());
}

function cutChunks(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"audit_logs":[],"meta":{"has_more":false}}', () => response.socket?.destroy());
}

describe('a temporary fault', () => {
  const table: [string, Reply][] = [
    ['a connection reset before the answer', reset],
    ['a connection reset in mid-body', cutBody],
    ['a body that ends before its last chunk, although its JSON is complete', cutChunks],
    ['500 with JSON', { status: 500, body: { error: 'InternalError' } }],
    [
      '500 of the access log service',
      {
        status: 500,
        body: {
          errors: [{ title: 'Internal Service Error', detail: 'Failed to process request' }],
        },
      },
    ],
    ['502 with the page of a proxy', { status: 502, body: edgePage }],
    ['503 with JSON', { status: 503, body: { error: 'ServiceUnavailable' } }],
    ['503 with HTML', { status: 503, body: '<html></html>' }],
    ['504 with text', { status: 504, body: 'upstream request timeout' }],
    ['200 with HTML', { body: edgePage }],
    ['200 with cut JSON', { body: '{"audit_logs":[{"id":1},{"id"' }],
    ['200 without a body', {}],
    ['200 with a list', { body: [] }],
    ['200 without the list of records', { body: { users: [], meta: { has_more: false } } }],
    [
      '200 with an object instead of the list',
      { body: { audit_logs: {}, meta: { has_more: false } } },
    ],
    ['200 without meta', { body: { audit_logs: [] } }],
    ['200 with has_more without a cursor', { body: { audit_logs: [], meta: { has_more: true } } }],
    ['200 with the cursor that was sent', auditPage([1], 'sent')],
    ['200 in an unknown encoding', { headers: { 'content-encoding': 'zip' }, body: 'x' }],
    ['200 with broken gzip', { headers: { 'content-encoding': 'gzip' }, body: 'no gzip' }],
    ['204', { status: 204 }],
  ];
  for (const [name, fault] of table)
    it(`is tried again: ${name}`, async (test) => {
      const server = await startServer(test, { replies: [fault, fault, auditPage([7])] });
      const { zendesk, takes, pauses } = connect(test, server.origin);
      const page = await zendesk.readPage(auditRequest({ cursor: 'sent' }), neverAborted);
      assert.deepEqual(page.records, [{ id: 7 }]);
      assert.equal(server.requests.length, 3);
      assert.equal(takes.length, 3);
      assert.deepEqual(pauses, []);
    });

  it('is logged with the reason and the wait, without a row or a query', async (test) => {
    const server = await startServer(test, {
      replies: [{ status: 503, body: { error: 'ServiceUnavailable' } }, reset, auditPage([7])],
    });
    const { zendesk, logged } = connect(test, server.origin);
    await zendesk.readPage(auditRequest(), neverAborted);
    const message = 'request to Zendesk failed, trying again';
    const common = { account: 'acme', path: '/api/v2/audit_logs', next: 'back-off' };
    const waits = logged.map(({ details }) => details['waitMs']);
    assert.ok(waits.every((waitMs) => typeof waitMs === 'number' && waitMs <= 3));
    const untils = logged.map(({ details }) => details['until']);
    for (const until of untils) assert.match(String(until), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(logged, [
      {
        details: {
          ...common,
          reason: 'status 503 "ServiceUnavailable"',
          attempt: 1,
          waitMs: waits[0],
          until: untils[0],
        },
        message,
      },
      {
        details: {
          ...common,
          reason: 'no complete answer (ECONNRESET)',
          attempt: 2,
          waitMs: waits[1],
          until: untils[1],
        },
        message,
      },
    ]);
  });
});

describe('a lasting fault', () => {
  const table: [string, Reply, string, number | undefined][] = [
    ['a reset connection', reset, 'no complete answer (ECONNRESET)', undefined],
    ['502', { status: 502, body: edgePage }, 'status 502 "502 Bad Gateway"', 502],
    ['cut JSON', { body: '{"audit_logs":[{"id":1' }, 'the answer is not complete JSON', 200],
    [
      'a repeated cursor',
      auditPage([1], 'sent'),
      'the answer repeats the cursor that was sent',
      200,
    ],
  ];
  for (const [name, fault, words, status] of table)
    it(`fails after six attempts: ${name}`, async (test) => {
      const server = await startServer(test, { replies: [fault] });
      const { zendesk, takes } = connect(test, server.origin);
      const error = await refusalOf(
        zendesk.readPage(auditRequest({ cursor: 'sent' }), neverAborted),
      );
      assert.equal(error.code, 'no_usable_answer');
      assert.equal(error.status, status);
      assert.equal(
        error.message,
        `No usable answer from Zendesk to /api/v2/audit_logs after 6 attempts; the last one: ${words}.`,
      );
      assert.equal(server.requests.length, 6);
      assert.equal(takes.length, 6);
    });

  it('fails when nothing listens, with the code of the system', async (test) => {
    const { zendesk } = connect(test, 'http://127.0.0.1:1');
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.match(
      error.message,
      /after 6 attempts; the last one: no complete answer \(ECONNREFUSED\); check the network, and that http:\/\/127\.0\.0\.1:1 is the address of the account\.$/,
    );
    assert.ok(error.cause instanceof Error);
    assert.equal(Reflect.get(error.cause, 'code'), 'ECONNREFUSED');
  });

  it('is tried only once if the request before found no server, and as often as usual once a server answers', async (test) => {
    const port = await findFreePort();
    const { zendesk, takes } = connect(test, `http://127.0.0.1:${port}`);
    const attempts: number[] = [];
    const ask = async (): Promise<void> => {
      const before = takes.length;
      await zendesk.readPage(auditRequest(), neverAborted).catch(() => {});
      attempts.push(takes.length - before);
    };
    await ask();
    await ask();
    const server = await startServer(test, { replies: [{ status: 500 }], port });
    await ask();
    server.stop();
    await ask();
    await ask();
    assert.deepEqual(attempts, [6, 1, 6, 6, 1]);
  });

  it('fails when no answer comes in time', async (test) => {
    const server = await startServer(test, { replies: [() => undefined] });
    const { zendesk } = connect(test, server.origin, { requestTimeoutMs: 5 });
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.match(error.message, /the last one: no complete answer \(ETIMEDOUT\)\.$/);
  });
});

describe('an answer that may be too large or too slow', () => {
  const overloaded: Reply = { status: 504, body: 'upstream request timeout' };
  const endless = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const fill = (): void => {
      while (response.writable && response.write('{"audit_logs":['.padEnd(65_536, ' ')));
    };
    response.on('drain', fill);
    fill();
  };
  const bomb: Reply = {
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(10_000_000, ' ')),
  };
  const drip = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(timer));
  };
  const faults: [string, Reply, RegExp][] = [
    ['500', { status: 500 }, /status 500/],
    ['502', { status: 502, body: edgePage }, /status 502/],
    ['504', overloaded, /status 504/],
    ['a connection that breaks off', reset, /no complete answer/],
    ['a cut body', cutBody, /no complete answer/],
    ['cut JSON', { body: '{"audit_logs":[{"id":1' }, /is not complete JSON/],
    ['a body without end', endless, /the answer is larger than 1 MB\.$/],
    ['a body that unpacks to far more', bomb, /the answer is larger than 1 MB\.$/],
    ['a body that drips without end', drip, /no complete answer \(ETIMEDOUT\)\.$/],
    [
      'an error without end',
      (response) => {
        response.statusCode = 502;
        response.write(Buffer.alloc(2_000_000, '<'));
      },
      /the answer is larger than 1 MB\.$/,
    ],
  ];
  for (const [name, fault, words] of faults)
    it(`is requested with smaller and smaller pages, down to a single record: ${name}`, async (test) => {
      const server = await startServer(test, { replies: [fault] });
      const sizes: number[] = [];
      const { zendesk } = connect(test, server.origin, {
        largestAnswerBytes: 1024 * 1024,
        ...(fault === drip ? { requestTimeoutMs: 50 } : {}),
      });
      const error = await refusalOf(
        zendesk.readPage(
          auditRequest({ pageSize: 2500, onShrink: (size) => void sizes.push(size) }),
          neverAborted,
        ),
      );
      assert.equal(error.code, 'no_usable_answer');
      assert.match(error.message, words);
      assert.deepEqual(sizes, [1250, 312, 39, 2, 1]);
    });

  for (const [name, fault] of [
    ['503', { status: 503 }],
    ['a page of HTML', { body: edgePage }],
    ['429', { status: 429, headers: { 'retry-after': '0' } }],
    ['403 of a proxy', { status: 403, body: edgePage }],
  ] as const)
    it(`is not ${name}`, async (test) => {
      const server = await startServer(test, { replies: [fault, auditPage([1])] });
      const { zendesk } = connect(test, server.origin);
      assert.equal((await zendesk.readPage(auditRequest(), neverAborted)).pageSize, 100);
    });

  it('is cut off early if little is expected: a token, an object', async (test) => {
    const server = await startServer(test, { replies: [endless], tokenReplies: [endless] });
    const { zendesk } = connect(test, server.origin, {
      credentials: { kind: 'oauth-client', clientId: 'id', clientSecret: 'secret' },
    });
    const minting = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.match(minting.message, /\/oauth\/tokens after 6 attempts; .* is larger than 1 MB\.$/);
    const ready = connect(test, server.origin).zendesk;
    const error = await refusalOf(
      ready.readObject({ ...auditRequest(), path: '/api/v2/users/show_many' }, neverAborted),
    );
    assert.match(error.message, /the answer is larger than 16 MB\.$/);
  });

  it('asks for less in the following attempts, and the page contains its size', async (test) => {
    const server = await startServer(test, {
      replies: [overloaded, overloaded, { status: 500 }, auditPage([1], 'next')],
    });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest({ pageSize: 25 }), neverAborted);
    assert.equal(page.pageSize, 1);
    assert.deepEqual(
      server.requests.map(({ query }) => query.find(([name]) => name === 'page[size]')?.[1]),
      ['25', '12', '3', '1'],
    );
  });

  it('never asks for less than one record', async (test) => {
    const server = await startServer(test, { replies: [overloaded, overloaded, auditPage([1])] });
    const { zendesk } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest({ pageSize: 2 }), neverAborted);
    assert.equal(page.pageSize, 1);
  });
});

describe('a refusal', () => {
  const forbidden = {
    error: { title: 'Forbidden', message: 'You do not have access to this page.' },
  };
  /** Status, body, code without and with a cursor, sentence, and how often each is asked. */
  const table: [number, string | object, ErrorCode, ErrorCode, RegExp, number, number][] = [
    [
      400,
      { error: 'InvalidPaginationParameter', description: 'page[after] is not valid' },
      'request_rejected',
      'cursor_refused',
      /\(400\).* Zendesk said: "InvalidPaginationParameter: page\[after\] is not valid"\.$/,
      1,
      1,
    ],
    [
      400,
      { errors: [{ code: 'InvalidPaginationDepth', title: 'Too deep', detail: '10,000' }] },
      'request_rejected',
      'cursor_refused',
      /Zendesk said: "InvalidPaginationDepth: Too deep: 10,000"\.$/,
      1,
      1,
    ],
    [
      400,
      { errors: [{ title: 'Malformed query params', detail: 'max allowed page size is 2500' }] },
      'request_rejected',
      'cursor_refused',
      /Zendesk said: "Malformed query params: max allowed page size is 2500"\.$/,
      1,
      1,
    ],
    [
      401,
      { error: "Couldn't authenticate you" },
      'unauthorized',
      'unauthorized',
      /^Zendesk refuses ZENDESK_OAUTH_TOKEN \(401\).* Zendesk said: "Couldn't authenticate you"\.$/,
      1,
      1,
    ],
    [
      401,
      { error: 'invalid_token', error_description: 'The access token expired' },
      'unauthorized',
      'unauthorized',
      /Zendesk said: "invalid_token: The access token expired"\.$/,
      1,
      1,
    ],
    [
      401,
      {
        errors: [{ title: 'Authentication failed', detail: 'Please use valid credentials' }],
      },
      'unauthorized',
      'unauthorized',
      /Zendesk said: "Authentication failed: Please use valid credentials"\.$/,
      1,
      1,
    ],
    [
      403,
      forbidden,
      'plan_missing',
      'plan_missing',
      /Enterprise.* Zendesk said: "Forbidden: You do/,
      3,
      3,
    ],
    [
      403,
      {
        error: 'Forbidden',
        description: 'You are missing the following required scopes: read',
      },
      'scope_missing',
      'scope_missing',
      /the token lacks the scope read;/,
      3,
      3,
    ],
    [
      403,
      {
        errors: [
          { title: 'Authorization failed', detail: 'You must have administrator privileges' },
        ],
      },
      'role_missing',
      'role_missing',
      /only the role admin can read it;/,
      3,
      3,
    ],
    [
      404,
      { error: 'RecordNotFound', description: 'Not found' },
      'record_unknown',
      'cursor_refused',
      /the record does not exist\. Zendesk said: "RecordNotFound: Not found"\.$/,
      1,
      1,
    ],
    [
      404,
      { error: 'InvalidEndpoint', description: 'Not found' },
      'endpoint_unknown',
      'cursor_refused',
      /this account does not have the endpoint;/,
      3,
      1,
    ],
    [
      422,
      {
        error: 'RecordInvalid',
        description: 'Record validation errors',
        details: { field: [{ description: 'is bad' }] },
      },
      'request_rejected',
      'cursor_refused',
      /^Zendesk rejected the request for \/api\/v2\/audit_logs \(422\), and repeating it cannot help\. Zendesk said: "RecordInvalid: Record validation errors"\.$/,
      1,
      1,
    ],
    [
      418,
      { error: 'Teapot' },
      'request_rejected',
      'request_rejected',
      /\(418\), and repeating it cannot help\. Zendesk said: "Teapot"\.$/,
      1,
      1,
    ],
    [
      403,
      edgePage,
      'no_usable_answer',
      'no_usable_answer',
      /after 6 attempts; the last one: status 403 "502 Bad Gateway", which is not in the format of Zendesk's own errors; check whether a proxy or a firewall/,
      6,
      6,
    ],
    [
      404,
      edgePage,
      'address_unknown',
      'cursor_refused',
      /status 404 "502 Bad Gateway", which/,
      6,
      6,
    ],
    [401, '', 'no_usable_answer', 'no_usable_answer', /status 401, which is not in the form/, 6, 6],
    [403, { message: 'no' }, 'no_usable_answer', 'no_usable_answer', /status 403, which/, 6, 6],
    [
      423,
      { error: 'Locked' },
      'no_usable_answer',
      'no_usable_answer',
      /after 6 attempts; the last one: status 423 "Locked"\.$/,
      6,
      6,
    ],
  ];
  for (const [status, body, code, codeWithCursor, message, times, timesWithCursor] of table)
    it(`is tried ${times} times, ${timesWithCursor} with a cursor: ${status} ${JSON.stringify(body)}`, async (test) => {
      const server = await startServer(test, {
        replies: [{ status, body, headers: { 'x-request-id': 'abc-123' } }],
      });
      const { zendesk } = connect(test, server.origin);
      const first = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
      assert.equal(first.code, code);
      assert.equal(first.status, status);
      assert.equal(first.requestId, 'abc-123');
      assert.match(first.message, message);
      const resumed = await refusalOf(
        zendesk.readPage(auditRequest({ cursor: 'old' }), neverAborted),
      );
      assert.equal(resumed.code, codeWithCursor);
      assert.equal(server.requests.length, times + timesWithCursor);
    });

  it('of a cursor says that the span starts again', async (test) => {
    const server = await startServer(test, { replies: [{ status: 400 }] });
    const { zendesk } = connect(test, server.origin);
    const error = await refusalOf(zendesk.readPage(auditRequest({ cursor: 'old' }), neverAborted));
    assert.equal(
      error.message,
      'Zendesk does not accept the cursor for /api/v2/audit_logs (400), so the time range must be read again from its start.',
    );
  });
});

describe('a redirect', () => {
  const table: [string, string | undefined, string][] = [
    ['to another origin', 'https://elsewhere.example/login?token=1', 'https://elsewhere.example'],
    ['to nowhere', undefined, 'an unreadable address'],
    ['to nonsense', 'http://', 'an unreadable address'],
  ];
  for (const [name, location, shown] of table)
    it(`is refused: ${name}`, async (test) => {
      const server = await startServer(test, {
        replies: [{ status: 302, headers: location === undefined ? {} : { location } }],
      });
      const { zendesk } = connect(test, server.origin);
      const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
      assert.equal(error.code, 'redirected');
      assert.equal(
        error.message,
        `${server.origin} answered /api/v2/audit_logs with a redirect to ${shown} (302), which the program does not follow, because the credentials go to the configured origin only; check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL.`,
      );
      assert.equal(server.requests.length, 6);
    });

  it('never reaches the other origin, even if the method is kept', async (test) => {
    const other = await startServer(test, { replies: [auditPage([1])] });
    const server = await startServer(test, {
      replies: [{ status: 308, headers: { location: `${other.origin}/api/v2/audit_logs` } }],
    });
    const { zendesk } = connect(test, server.origin);
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.status, 308);
    assert.equal(other.requests.length, 0);
  });
});
