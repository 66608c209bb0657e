import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import type { Credentials } from '../../src/zendesk/secrets.ts';
import { auditRequest, connect, neverAborted, refusalOf } from './connection.ts';
import { auditPage, startServer, tokenReply, type Reply, type Script } from './scripted-server.ts';

const clientSecret = 'kr7+client/secret';
const accessToken = 'kr7-access-token';
const apiToken = 'kr7-api-token';
const cursor = 'eyJrcjciOiJjdXJzb3IifQ==';
const client: Credentials = { kind: 'oauth-client', clientId: 'log-puller', clientSecret };
const legacy: Credentials = { kind: 'api-token', email: 'jane@acme.example', token: apiToken };
const ready: Credentials = { kind: 'oauth-token', token: accessToken };
const basic = Buffer.from(`jane@acme.example/token:${apiToken}`).toString('base64');
const start = '2026-11-20T08:00:00Z';

/** Each kind of credentials with everything that the errors of its client must not show. */
const cases = [
  {
    credentials: client,
    secrets: [clientSecret, encodeURIComponent(clientSecret), accessToken],
  },
  { credentials: ready, secrets: [accessToken] },
  { credentials: legacy, secrets: [apiToken, basic] },
];
const queryTexts = [cursor, encodeURIComponent(cursor), start, encodeURIComponent(start)];
const granted = [tokenReply(accessToken)];
const reset: Reply = (response) => void response.socket?.resetAndDestroy();

/** The content of the error and the log lines, including hidden properties and causes. */
async function collectTraces(
  test: TestContext,
  credentials: Credentials,
  script: Script,
): Promise<string> {
  const server = await startServer(test, script);
  const { zendesk, logged } = connect(test, server.origin, { credentials });
  const error = await refusalOf(zendesk.readPage(auditRequest({ cursor }), neverAborted));
  return inspect([error, logged], {
    depth: 20,
    showHidden: true,
    maxStringLength: null,
    maxArrayLength: null,
  });
}

function assertAbsent(traces: string, texts: readonly string[]): void {
  assert.deepEqual(
    texts.filter((text) => traces.includes(text)),
    [],
  );
  assert.doesNotMatch(traces, /authorization: |page%5B|page\[after\]=/i);
}

describe('no secret and no query text', () => {
  for (const { credentials, secrets } of cases) {
    const { kind } = credentials;
    const echo = `${[...secrets, ...queryTexts].join(' ')} \u0007`;
    const table: [string, Reply][] = [
      ['a rejected request', { status: 422, body: echo }],
      ['a refused cursor', { status: 400, body: { error: echo } }],
      ['refused credentials', { status: 401, body: { error: echo } }],
      [
        'a stream that is not available',
        {
          status: 403,
          body: {
            error: 'Forbidden',
            description: `You are missing the following required scopes: ${secrets.at(-1)} ${echo}`,
          },
        },
      ],
      ['an answer 500', { status: 500, body: { error: { title: echo } } }],
      [
        'a request id that echoes a secret',
        { status: 500, headers: { 'x-request-id': secrets.at(-1) ?? '' } },
      ],
      [
        'a request id that holds a secret',
        { status: 422, headers: { 'x-request-id': `abc.${secrets.at(-1)}` }, body: { error: 'x' } },
      ],
      [
        'a redirect to a host that is named after a secret',
        { status: 302, headers: { location: `https://${secrets.at(-1)}.example/` } },
      ],
      ['a reset connection', reset],
      ['an answer that is no JSON', { body: echo }],
      [
        'a redirect',
        { status: 302, headers: { location: `https://u:${secrets[0]}@a.example/${cursor}` } },
      ],
    ];
    for (const [name, reply] of table)
      it(`is in what ${name} leaves behind with ${kind}`, async (test) => {
        const script = { replies: [reply], tokenReplies: granted };
        const traces = await collectTraces(test, credentials, script);
        assertAbsent(traces, [...secrets, ...queryTexts]);
      });
  }

  const tokenTable: [string, Reply][] = [
    [
      'a refused client',
      { status: 401, body: { error: 'x', error_description: `bad ${clientSecret}` } },
    ],
    ['a reset connection', reset],
    ['a cut answer', { body: `{"access_token":"${accessToken}"` }],
    [
      'a scope too narrow',
      { body: { access_token: accessToken, scope: `${accessToken} ${clientSecret}` } },
    ],
  ];
  for (const [name, reply] of tokenTable)
    it(`is in what ${name} of the token endpoint leaves behind`, async (test) => {
      const traces = await collectTraces(test, client, { tokenReplies: [reply] });
      assertAbsent(traces, [clientSecret, encodeURIComponent(clientSecret), accessToken]);
    });
});

describe('no content of a row', () => {
  it('is in what a page leaves behind that was cut in the middle of a row', async (test) => {
    const traces = await collectTraces(test, ready, {
      replies: [{ body: '{"audit_logs":[{"change_description":"from Alice' }],
    });
    assertAbsent(traces, ['Alice', 'change_description']);
  });
});

describe('the id of a request', () => {
  const table: [string, boolean][] = [
    ['8f14e45f-ceea-467f-a0e6-1b2c3d4e5f60', true],
    ['8f1a2b3c4d5e6f70-AMS', false],
    ['req-4711', true],
    ['abc-123', true],
    ['0123456789abcdef0123456789abcdef', true],
    ['0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', false],
    ['deadbeef', false],
    ['Bearer deadbeef', false],
    ['https://acme.example/x', false],
  ];
  for (const [id, passes] of table)
    it(`${passes ? 'is shown' : 'is not shown'} when it is ${id}`, async (test) => {
      const server = await startServer(test, {
        replies: [{ status: 422, headers: { 'x-request-id': id }, body: { error: 'x' } }],
      });
      const { zendesk } = connect(test, server.origin, {
        credentials: { kind: 'oauth-token', token: 'deadbeef' },
      });
      const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
      assert.equal(error.requestId, passes ? id : undefined);
    });
});

describe('a value of a parameter', () => {
  it('is not quoted, unless it is a word of less than six characters', async (test) => {
    const server = await startServer(test, {
      replies: [{ status: 500, body: 'agent or agents' }, auditPage([1])],
    });
    const { zendesk, logged } = connect(test, server.origin);
    const parameters = [
      ['role[]', 'agent'],
      ['role[]', 'agents'],
    ] as const;
    await zendesk.readPage(auditRequest({ parameters }), neverAborted);
    assert.deepEqual(
      logged.map(({ details }) => details['reason']),
      ['status 500 "agent or [removed]"'],
    );
  });
});
