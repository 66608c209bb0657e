import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Credentials } from '../../src/zendesk/secrets.ts';
import { auditRequest, connect, neverAborted, refusalOf } from './connection.ts';
import { auditPage, startServer, tokenReply, type Reply } from './scripted-server.ts';

const credentials: Credentials = {
  kind: 'oauth-client',
  clientId: 'log-puller',
  clientSecret: 'top/secret',
};
const expired: Reply = {
  status: 401,
  body: { error: 'invalid_token', error_description: 'The access token expired' },
};

describe('OAuth client credentials', () => {
  it('mint one token, with JSON, and use it for all requests', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [tokenReply('one')],
    });
    const { zendesk, takes, logged } = connect(test, server.origin, { credentials });
    await zendesk.readPage(auditRequest(), neverAborted);
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(logged, []);
    assert.equal(server.tokenRequests.length, 1);
    const asked = server.tokenRequests[0];
    assert.equal(asked?.method, 'POST');
    assert.equal(asked.headers['content-type'], 'application/json');
    assert.equal(asked.headers.authorization, undefined);
    assert.deepEqual(JSON.parse(asked.body), {
      grant_type: 'client_credentials',
      client_id: 'log-puller',
      client_secret: 'top/secret',
      scope: 'read',
      expires_in: 7200,
    });
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ['Bearer one', 'Bearer one'],
    );
    assert.equal(takes.length, 2);
  });

  it('mint once however many requests wait', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [tokenReply('one')],
    });
    const { zendesk } = connect(test, server.origin, { credentials });
    await Promise.all(
      Array.from({ length: 5 }, () => zendesk.readPage(auditRequest(), neverAborted)),
    );
    assert.equal(server.tokenRequests.length, 1);
    assert.equal(server.requests.length, 5);
  });

  it('renew a token a minute before it ends', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [tokenReply('one', { expires_in: 300 }), tokenReply('two')],
    });
    let nowMs = Date.now();
    const { zendesk } = connect(test, server.origin, { credentials, localNow: () => nowMs });
    await zendesk.readPage(auditRequest(), neverAborted);
    nowMs += 239_999;
    await zendesk.readPage(auditRequest(), neverAborted);
    nowMs += 1;
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ['Bearer one', 'Bearer one', 'Bearer two'],
    );
  });

  it('renew a token that ends while the budget makes the request wait', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [tokenReply('one', { expires_in: 300 }), tokenReply('two')],
    });
    let nowMs = Date.now();
    const { zendesk } = connect(test, server.origin, {
      credentials,
      localNow: () => nowMs,
      budget: { take: async () => void (nowMs += 300_000), pause: async () => undefined },
    });
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.equal(server.requests[0]?.headers.authorization, 'Bearer two');
  });

  it('mint a new token once when it is refused in the middle of a run, and try again', async (test) => {
    const server = await startServer(test, {
      replies: [expired, auditPage([1])],
      tokenReplies: [tokenReply('one'), tokenReply('two')],
    });
    const { zendesk, takes } = connect(test, server.origin, { credentials });
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ['Bearer one', 'Bearer two'],
    );
    assert.equal(takes.length, 2);
  });

  it('mint once for several requests that were refused with the same token', async (test) => {
    const held: (() => void)[] = [];
    const server = await startServer(test, {
      replies: [
        // The three refusals are sent together, after all three requests have arrived with the first token.
        ...Array.from({ length: 3 }, (): Reply => (response) => {
          held.push(() => response.writeHead(401).end('{"error":"invalid_token"}'));
          if (held.length === 3) for (const send of held) send();
        }),
        auditPage([1]),
      ],
      tokenReplies: [tokenReply('one'), tokenReply('two'), tokenReply('three')],
    });
    const { zendesk } = connect(test, server.origin, { credentials });
    await Promise.all(
      Array.from({ length: 3 }, () => zendesk.readPage(auditRequest(), neverAborted)),
    );
    assert.equal(server.tokenRequests.length, 2);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ['Bearer one', 'Bearer one', 'Bearer one', 'Bearer two', 'Bearer two', 'Bearer two'],
    );
  });

  it('mint again when the server issues the refused text again, but only once', async (test) => {
    const server = await startServer(test, {
      replies: [expired],
      tokenReplies: [tokenReply('one')],
    });
    const { zendesk } = connect(test, server.origin, { credentials });
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.code, 'unauthorized');
    assert.equal(
      error.message,
      'Zendesk refuses the access token (401), even a new one; check that the OAuth client is confidential and that its user is an active admin (Admin Center > Apps and integrations > APIs > OAuth clients). Zendesk said: "invalid_token: The access token expired".',
    );
    assert.equal(server.requests.length, 2);
    assert.equal(server.tokenRequests.length, 2);
  });

  it('are refused with a narrower scope than requested, before any other request', async (test) => {
    const server = await startServer(test, {
      tokenReplies: [tokenReply('one', { scope: 'users:read' })],
    });
    const { zendesk, takes } = connect(test, server.origin, {
      credentials,
      scope: 'auditlogs:read users:read',
    });
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.code, 'scope_not_granted');
    assert.equal(
      error.message,
      'Zendesk granted the scope users:read instead of auditlogs:read users:read, so auditlogs:read is missing; allow it for the OAuth client (Admin Center > Apps and integrations > APIs > OAuth clients) or change ZENDESK_OAUTH_SCOPE.',
    );
    assert.equal(server.requests.length, 0);
    assert.equal(takes.length, 0);
  });

  it('warn once about a broader scope than requested', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1]), expired, auditPage([1])],
      tokenReplies: [tokenReply('one', { scope: 'read write' })],
    });
    const { zendesk, logged } = connect(test, server.origin, { credentials });
    await zendesk.readPage(auditRequest(), neverAborted);
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.equal(server.tokenRequests.length, 2);
    assert.deepEqual(
      logged.filter(({ message }) => message.includes('scope')),
      [
        {
          details: { account: 'acme' },
          message:
            'Zendesk granted more than the requested scope read: write. Limit the allowed scopes of the OAuth client.',
        },
      ],
    );
  });

  it("are refused with Zendesk's code when the token endpoint does not accept them", async (test) => {
    const server = await startServer(test, {
      tokenReplies: [
        {
          status: 401,
          body: {
            error: 'invalid_client',
            error_description: 'Client top/secret authentication failed',
          },
        },
      ],
    });
    const { zendesk } = connect(test, server.origin, { credentials });
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.code, 'client_refused');
    assert.equal(error.status, 401);
    assert.equal(
      error.message,
      'Zendesk refuses the OAuth client (401); check ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET, and that the client is confidential (Admin Center > Apps and integrations > APIs > OAuth clients). Zendesk said: "invalid_client: Client [removed] authentication failed".',
    );
    assert.equal(server.tokenRequests.length, 1);
  });

  it('ask again after a refusal when the next request comes', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [{ status: 400, body: { error: 'invalid_scope' } }, tokenReply('one')],
    });
    const { zendesk } = connect(test, server.origin, { credentials });
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.match(
      error.message,
      /^Zendesk does not grant the scope read to the OAuth client \(400\);/,
    );
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.equal(server.requests.length, 1);
  });

  it('survive faults of the token endpoint without using the budget', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [
        { status: 503, body: '<html></html>' },
        { status: 403, body: '<html></html>' },
        (response) => void response.socket?.resetAndDestroy(),
        { body: '<html></html>' },
        { status: 201, body: { token_type: 'bearer' } },
        tokenReply('one'),
      ],
    });
    const { zendesk, takes, pauses } = connect(test, server.origin, { credentials });
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.equal(server.tokenRequests.length, 6);
    assert.equal(takes.length, 1);
    assert.deepEqual(pauses, []);
  });

  it('are reported while there is no token yet', async (test) => {
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [{ status: 503, body: 'down' }, tokenReply('one')],
    });
    const { zendesk, logged } = connect(test, server.origin, { credentials, localNow: () => 0 });
    await zendesk.readPage(auditRequest(), neverAborted);
    const [line] = logged;
    assert.equal(logged.length, 1);
    assert.equal(line?.message, 'no access token from Zendesk yet, trying again');
    const { waitMs, until, ...told } = line.details;
    assert.deepEqual(told, {
      account: 'acme',
      path: '/oauth/tokens',
      reason: 'status 503 "down"',
      attempt: 1,
      next: 'back-off',
    });
    assert.equal(until, new Date(Number(waitMs)).toISOString());
  });

  it('wait as long as the token endpoint says, without a pause for others', async (test) => {
    const askedAtMs: number[] = [];
    const later: Reply = (response) => {
      askedAtMs.push(performance.now());
      response.writeHead(429, { 'retry-after': '1' }).end();
    };
    const granted: Reply = (response) => {
      askedAtMs.push(performance.now());
      response.writeHead(201).end('{"access_token":"one","scope":"read"}');
    };
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [later, granted],
    });
    const { zendesk, pauses } = connect(test, server.origin, { credentials });
    await zendesk.readPage(auditRequest(), neverAborted);
    const [first = 0, second = 0] = askedAtMs;
    assert.ok(second - first >= 990, `${second - first} ms`);
    assert.deepEqual(pauses, []);
  });

  it('report each grant, and learn from its clock', async (test) => {
    const date = 'Fri, 20 Nov 2026 13:00:00 GMT';
    const answer = { audit_logs: [], meta: { has_more: false } };
    const server = await startServer(test, {
      replies: [
        { status: 401, headers: { date }, body: { error: 'invalid_token' } },
        { headers: { date }, body: answer },
      ],
      tokenReplies: [
        { headers: { date }, body: { access_token: 'one', scope: 'read top/secret' } },
        { headers: { date }, body: { access_token: 'two', expires_in: 300 } },
      ],
    });
    const grants: unknown[] = [];
    const { zendesk } = connect(test, server.origin, {
      credentials,
      localNow: () => Date.parse('2026-11-20T12:00:00Z'),
      onGrant: (grant) => void grants.push(grant),
    });
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(grants, [
      { scope: 'read [removed]', expiresInMs: 1_800_000 },
      { scope: undefined, expiresInMs: 300_000 },
    ]);
    assert.equal(zendesk.clock().agreedMs, 3_600_000);
  });

  it('fail when the token endpoint stays down', async (test) => {
    const server = await startServer(test, { tokenReplies: [{ status: 500 }] });
    const { zendesk } = connect(test, server.origin, { credentials });
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.code, 'no_usable_answer');
    assert.equal(
      error.message,
      'No usable answer from Zendesk to /oauth/tokens after 6 attempts; the last one: status 500.',
    );
  });

  it('are not sent after a redirect of the token endpoint', async (test) => {
    const other = await startServer(test, { tokenReplies: [tokenReply('stolen')] });
    const server = await startServer(test, {
      tokenReplies: [{ status: 307, headers: { location: `${other.origin}/oauth/tokens` } }],
    });
    const { zendesk } = connect(test, server.origin, { credentials });
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.code, 'redirected');
    assert.equal(other.tokenRequests.length, 0);
  });
});

describe('other credentials', () => {
  const table: [Credentials, string, RegExp][] = [
    [
      { kind: 'oauth-token', token: 'ready' },
      'Bearer ready',
      /^Zendesk refuses ZENDESK_OAUTH_TOKEN \(401\)/,
    ],
    [
      { kind: 'api-token', email: 'jane@acme.example', token: 'abc123' },
      `Basic ${Buffer.from('jane@acme.example/token:abc123').toString('base64')}`,
      /^Zendesk refuses ZENDESK_USER_EMAIL with ZENDESK_API_TOKEN \(401\)/,
    ],
  ];
  for (const [given, header, message] of table)
    it(`are sent unchanged and cannot be renewed: ${given.kind}`, async (test) => {
      const server = await startServer(test, {
        replies: [{ status: 401, body: { error: "Couldn't authenticate you" } }],
      });
      const { zendesk } = connect(test, server.origin, { credentials: given });
      const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
      assert.equal(error.code, 'unauthorized');
      assert.match(error.message, message);
      assert.equal(server.requests.length, 1);
      assert.equal(server.requests[0]?.headers.authorization, header);
      assert.equal(server.tokenRequests.length, 0);
    });
});
