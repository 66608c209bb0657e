/** One attempt of one request, without the decisions about it: against servers that answer as they like. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Proxy } from '../../src/proxy.ts';
import { version } from '../../src/version.ts';
import { AttemptError, type Failure } from '../../src/zendesk/answer.ts';
import { createHttp, type FinishedRequest, type Http } from '../../src/zendesk/http.ts';
import { createSecrets } from '../../src/zendesk/secrets.ts';
import { cert, key } from '../support/self-signed.ts';
import { neverAborted } from './connection.ts';
import { startServer, type Reply } from './scripted-server.ts';

type Reported = Pick<FinishedRequest, 'endpoint' | 'status'>;

/** Sends to an origin, and keeps what was reported. */
function open(
  test: TestContext,
  origin: string,
  more: { proxy?: Proxy; largestBytes?: number; timeoutMs?: number } = {},
): Http & { reported: Reported[] } {
  const reported: Reported[] = [];
  const openedMs = performance.now();
  const http = createHttp({
    origin,
    proxy: more.proxy,
    timeoutMs: more.timeoutMs ?? 60_000,
    largestBytes: more.largestBytes ?? 1_000_000,
    localNow: () => 7,
    secrets: createSecrets({ kind: 'oauth-token', token: 'secret' }),
    onRequest({ endpoint, status, durationMs }) {
      assert.ok(durationMs >= 0 && durationMs <= performance.now() - openedMs);
      reported.push({ endpoint, status });
    },
  });
  test.after(() => http.close());
  return { ...http, reported };
}

async function listen(test: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  test.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function proxyAt(port: number): Proxy {
  const shown = `http://127.0.0.1:${port}`;
  return { url: `${shown}/`, shown, setting: 'HTTP_PROXY' };
}

/** The failure of a request, without its cause. */
async function failureOf(sent: Promise<unknown>): Promise<Partial<Failure>> {
  const error: unknown = await sent.then(
    () => assert.fail('the request was expected to fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AttemptError)) throw error;
  const { failure } = error;
  if (failure.kind !== 'no-answer') return failure;
  const { cause: _, ...rest } = failure;
  return rest;
}

const get = { method: 'GET', path: '/api/v2/audit_logs' } as const;
const emptyPage: Reply = { body: '{}' };
/** Sends the beginning of an answer and ends the connection. */
const cut =
  (status: number, headers: Record<string, string>, begun: string | Buffer): Reply =>
  (response) => {
    response.writeHead(status, headers);
    response.write(begun, () => response.destroy());
  };

describe('a request', () => {
  it('is reported with a short name of what it asks for, without ids', async (test) => {
    const server = await startServer(test, { replies: [emptyPage], tokenReplies: [emptyPage] });
    const http = open(test, server.origin);
    const names = [
      ['/oauth/tokens', 'oauth_tokens'],
      ['/oauth/tokens/7', 'other'],
      ['/api/v2/audit_logs', 'audit_logs'],
      ['/api/v2/audit_logs.json', 'audit_logs'],
      ['/api/v2/users/7/identities', 'users'],
      ['/api/v2/users7', 'other'],
      ['/api/v2/Users', 'other'],
      ['/proxy/api/v2/users', 'other'],
      ['/api/v2/', 'other'],
      [`/api/v2/${'x'.repeat(40)}`, 'x'.repeat(40)],
      [`/api/v2/${'x'.repeat(41)}`, 'other'],
    ] as const;
    for (const [path] of names) await http.send({ method: 'GET', path }, neverAborted);
    assert.deepEqual(
      http.reported,
      names.map(([, endpoint]) => ({ endpoint, status: 200 })),
    );
  });

  it('says who asks, takes only JSON, and repeats and follows nothing', async (test) => {
    const statuses = [200, 302, 500, 503];
    const server = await startServer(test, {
      replies: statuses.map((status) => ({ status, headers: { location: '/elsewhere' } })),
    });
    const http = open(test, server.origin);
    const answers = [];
    for (const _ of statuses) answers.push(await http.send(get, neverAborted));
    assert.deepEqual(
      answers.map(({ status, sentAtMs, receivedAtMs }) => [status, sentAtMs, receivedAtMs]),
      statuses.map((status) => [status, 7, 7]),
    );
    assert.deepEqual(
      server.requests.map(({ path, headers }) => [
        path,
        headers.accept,
        headers['accept-encoding'],
        headers['user-agent'],
      ]),
      statuses.map(() => [get.path, 'application/json', 'gzip', `zendesk-log-sync/${version}`]),
    );
  });

  it('posts JSON, or nothing', async (test) => {
    const server = await startServer(test, { replies: [emptyPage] });
    const http = open(test, server.origin);
    const post = { method: 'POST', path: '/api/v2/x' } as const;
    await http.send({ ...post, json: { a: 1 }, headers: { 'x-a': 'b' } }, neverAborted);
    await http.send(post, neverAborted);
    assert.deepEqual(
      server.requests.map(({ method, body, headers }) => [method, body, headers['x-a']]),
      [
        ['POST', '{"a":1}', 'b'],
        ['POST', '', undefined],
      ],
    );
  });

  it('has the parameters that it is given', async (test) => {
    const server = await startServer(test, { replies: [emptyPage] });
    const query = new URLSearchParams([
      ['a[]', '1 &'],
      ['a[]', '2'],
    ]);
    await open(test, server.origin).send({ ...get, query }, neverAborted);
    assert.deepEqual(server.requests[0]?.query, [...query]);
  });

  it('without an answer ends after its time', async (test) => {
    const server = await startServer(test, { replies: [() => {}] });
    const http = open(test, server.origin, { timeoutMs: 200 });
    assert.deepEqual(await failureOf(http.send(get, neverAborted)), {
      kind: 'no-answer',
      code: 'ETIMEDOUT',
      isUnconnected: false,
    });
  });

  it('to another host is refused, and nothing is sent', async (test) => {
    const server = await startServer(test, { replies: [emptyPage] });
    const http = open(test, server.origin);
    await assert.rejects(http.send({ method: 'GET', path: '//other.example/x' }, neverAborted), {
      message: 'a request may only name a path',
    });
    assert.deepEqual([server.requests, http.reported], [[], []]);
  });

  it('that is aborted ends with the reason, is not reported, and is not even sent if that was before', async (test) => {
    const reason = new Error('the service is stopping');
    const controller = new AbortController();
    const server = await startServer(test, { replies: [() => controller.abort(reason)] });
    const http = open(test, server.origin);
    const isReason = (error: unknown): boolean => error === reason;
    await assert.rejects(http.send(get, controller.signal), isReason);
    await assert.rejects(http.send(get, controller.signal), isReason);
    assert.equal(server.requests.length, 1);
    assert.deepEqual(http.reported, []);
  });

  it('leaves no connection open after the end', async (test) => {
    const server = createServer((_request, response) => response.end('{}'));
    const port = await listen(test, server);
    const http = open(test, `http://127.0.0.1:${port}`);
    await http.send(get, neverAborted);
    const count = promisify(server.getConnections.bind(server));
    assert.equal(await count(), 1);
    const closed = new Promise((resolve) => void server.once('connection', resolve));
    http.close();
    // A later connection is seen after the end of the earlier one.
    await open(test, `http://127.0.0.1:${port}`).send(get, neverAborted);
    await closed;
    assert.equal(await count(), 1);
  });

  it('verifies certificates, whatever the environment says', async (test) => {
    const server = createSecureServer({ key, cert }, (_request, response) => response.end('{}'));
    const port = await listen(test, server);
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    test.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
    const http = open(test, `https://localhost:${port}`);
    assert.deepEqual(await failureOf(http.send(get, neverAborted)), {
      kind: 'no-answer',
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      isUnconnected: false,
    });
    assert.deepEqual(http.reported, [{ endpoint: 'audit_logs', status: undefined }]);
  });
});

describe('an answer', () => {
  const ended = { kind: 'no-answer', code: 'ECONNRESET', isUnconnected: false };

  const page = '{"audit_logs":[]}';
  for (const [words, status, headers, begun] of [
    ['in its body', 200, {}, page],
    ['in the body of an error', 500, {}, page],
    ['while it is unpacked', 200, { 'content-encoding': 'gzip' }, gzipSync(page).subarray(0, 12)],
  ] as const)
    it(`that is cut ${words} is none`, async (test) => {
      const server = await startServer(test, { replies: [cut(status, headers, begun)] });
      const http = open(test, server.origin);
      assert.deepEqual(await failureOf(http.send(get, neverAborted)), ended);
      assert.deepEqual(http.reported, [{ endpoint: 'audit_logs', status }]);
    });

  it('that cannot be unpacked is broken, or an error without text', async (test) => {
    const headers = { 'content-encoding': 'gzip', 'x-request-id': 'ab12' };
    const server = await startServer(test, {
      replies: [200, 299, 300, 500].map((status) => ({ status, headers, body: 'no gzip' })),
    });
    const http = open(test, server.origin);
    for (const status of [200, 299])
      assert.deepEqual(await failureOf(http.send(get, neverAborted)), {
        kind: 'broken-answer',
        status,
        requestId: 'ab12',
        fault: 'cannot be decompressed',
        wasCut: true,
      });
    for (const expected of [300, 500]) {
      const { status, body, requestId } = await http.send(get, neverAborted);
      assert.deepEqual([status, body.length, requestId], [expected, 0, 'ab12']);
    }
  });

  it('is as large as the request and the settings allow', async (test) => {
    const headers = { 'x-request-id': 'ab12' };
    const body = ' '.repeat(100);
    const server = await startServer(test, { replies: [{ headers, body }] });
    const fault = (bytes: number): object => ({
      kind: 'broken-answer',
      status: 200,
      requestId: 'ab12',
      fault: `is larger than ${bytes} bytes`,
      wasCut: true,
    });
    const http = open(test, server.origin, { largestBytes: 100 });
    assert.equal((await http.send(get, neverAborted)).body.length, 100);
    assert.equal((await http.send({ ...get, largestBytes: 200 }, neverAborted)).body.length, 100);
    assert.deepEqual(
      await failureOf(http.send({ ...get, largestBytes: 99 }, neverAborted)),
      fault(99),
    );
    const small = open(test, server.origin, { largestBytes: 99 });
    assert.deepEqual(
      await failureOf(small.send({ ...get, largestBytes: 200 }, neverAborted)),
      fault(99),
    );
  });
});

describe('a proxy', () => {
  const notFound = 'http://zendesk.invalid';

  it('that asks for a login refuses; the same answer without a proxy is one of the server', async (test) => {
    const left = Promise.withResolvers<void>();
    const asks: Reply = (response) => {
      response.on('close', left.resolve);
      response.writeHead(407);
      response.write('{');
    };
    const server = await startServer(test, { replies: [{ status: 407 }, asks] });
    const direct = await open(test, server.origin).send(get, neverAborted);
    assert.equal(direct.status, 407);
    const proxy = proxyAt(Number(new URL(server.origin).port));
    const http = open(test, notFound, { proxy });
    assert.deepEqual(await failureOf(http.send(get, neverAborted)), {
      kind: 'no-answer',
      code: 'ERR_PROXY_TUNNEL',
      proxy: { proxy, fault: 'refused', status: 407 },
    });
    assert.deepEqual(http.reported, [{ endpoint: 'audit_logs', status: 407 }]);
    await left.promise;
  });

  it('that gives no other status than that of the server is one that only passes it on', async (test) => {
    const server = await startServer(test, { replies: [{ status: 403 }] });
    const proxy = proxyAt(Number(new URL(server.origin).port));
    assert.equal((await open(test, notFound, { proxy }).send(get, neverAborted)).status, 403);
  });

  it('that refuses a tunnel says so with its status', async (test) => {
    const server = createServer();
    server.on('connect', (_request, socket) => {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
    });
    const proxy = proxyAt(await listen(test, server));
    const http = open(test, 'https://zendesk.invalid', { proxy });
    assert.deepEqual(await failureOf(http.send(get, neverAborted)), {
      kind: 'no-answer',
      code: 'ERR_PROXY_TUNNEL',
      proxy: { proxy, fault: 'refused', status: 403 },
    });
  });

  it('that cannot be reached, or not be found, is the reason; one that ends the connection was on the way', async (test) => {
    const gone = createServer();
    const port = await listen(test, gone);
    await new Promise((resolve) => void gone.close(resolve));
    const closed = proxyAt(port);
    const unknown = { ...closed, url: 'http://proxy.invalid:3128/' };
    const server = createServer((request) => request.socket.destroy());
    const dropping = proxyAt(await listen(test, server));
    const faults = [];
    for (const proxy of [closed, unknown, dropping]) {
      const failure = await failureOf(open(test, notFound, { proxy }).send(get, neverAborted));
      assert.ok(failure.kind === 'no-answer');
      faults.push([failure.code, failure.proxy?.fault, failure.isUnconnected]);
    }
    assert.deepEqual(faults, [
      ['ECONNREFUSED', 'unreachable', undefined],
      [faults[1]?.[0], 'unreachable', undefined],
      ['ECONNRESET', 'on-the-way', undefined],
    ]);
  });
});
