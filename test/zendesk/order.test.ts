import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { supportBudget } from '../../src/streams/support-budget.ts';
import { connect, neverAborted, refusalOf } from './connection.ts';
import { startServer, type Reply } from './scripted-server.ts';

const order = {
  group: supportBudget,
  priority: 3,
  needs: auditLogs.needs,
  path: '/api/v2/audit_logs/export',
  parameters: [
    ['filter[action][]', 'create'],
    ['filter[action][]', 'destroy'],
  ],
  limit: 'audit-logs-export',
} as const;
const own = (remaining: number, resets: number): Record<string, string> => ({
  'Zendesk-RateLimit-audit-logs-export': `total=1; remaining=${remaining}; resets=${resets}`,
});
const refusal = 'Rate limit for Audit log CSV Export exceeded. Please wait 1 minute and try again.';

describe('an order', () => {
  const answered: [string, Reply, { accepted: boolean; nextInMs: number | undefined }][] = [
    [
      'accepted, with the time until the next one',
      { status: 202, headers: own(0, 41), body: 'null' },
      { accepted: true, nextInMs: 41_000 },
    ],
    [
      'accepted, with another one left',
      { status: 202, headers: own(1, 41) },
      { accepted: true, nextInMs: undefined },
    ],
    ['accepted without a header', { status: 202 }, { accepted: true, nextInMs: undefined }],
    [
      'refused by its own limit, as its header says',
      { status: 429, headers: { ...own(0, 17), 'retry-after': '60' }, body: refusal },
      { accepted: false, nextInMs: 17_000 },
    ],
    [
      'refused by its own limit, as the text alone says',
      { status: 429, headers: { 'retry-after': '23' }, body: refusal },
      { accepted: false, nextInMs: 23_000 },
    ],
    [
      'refused by its own limit, as JSON',
      { status: 429, headers: { 'retry-after': '60' }, body: { error: 'TooManyRequests' } },
      { accepted: false, nextInMs: 60_000 },
    ],
    [
      'refused by its own limit without any time',
      { status: 429, body: refusal },
      { accepted: false, nextInMs: 60_000 },
    ],
  ];
  for (const [name, reply, expected] of answered)
    it(`is sent once and answered: ${name}`, async (test) => {
      const server = await startServer(test, { replies: [reply] });
      const { zendesk, takes, pauses } = connect(test, server.origin);
      assert.deepEqual(await zendesk.placeOrder(order, neverAborted), expected);
      assert.deepEqual(
        server.requests.map(({ method, path, query, body }) => ({ method, path, query, body })),
        [{ method: 'POST', path: order.path, query: order.parameters, body: '' }],
      );
      assert.deepEqual(takes, [{ group: 'support', priority: 3 }]);
      assert.deepEqual(pauses, [], 'its limit concerns nobody else');
    });

  const words = 'Number of allowed API requests per minute exceeded';
  for (const [name, body, headers] of [
    ['as text', words, {}],
    ['as JSON', { error: 'APIRateLimitExceeded', description: words }, {}],
    ['as its headers say', { error: 'TooManyRequests' }, { 'ratelimit-remaining': '0' }],
  ] as const)
    it(`ends with a sentence at the limit of the account, and does not pause others: ${name}`, async (test) => {
      const limited: Reply = { status: 429, headers: { 'retry-after': '37', ...headers }, body };
      const server = await startServer(test, { replies: [limited, { status: 202 }] });
      const { zendesk, pauses } = connect(test, server.origin);
      const error = await refusalOf(zendesk.placeOrder(order, neverAborted));
      assert.deepEqual([error.code, server.requests.length, pauses], ['rate_limited', 1, []]);
      assert.equal(
        error.message,
        'Zendesk answered 429 to /api/v2/audit_logs/export: the limit for this minute is used up, so nothing was done; try again in a minute.',
      );
    });

  it('is not sent again when it may have been accepted', async (test) => {
    const lost: Reply = (response) => void response.destroy();
    for (const reply of [{ status: 503 }, lost]) {
      const server = await startServer(test, { replies: [reply, { status: 202 }] });
      const { zendesk } = connect(test, server.origin);
      const error = await refusalOf(zendesk.placeOrder(order, neverAborted));
      assert.equal(error.code, 'no_usable_answer');
      assert.match(
        error.message,
        /^No usable answer from Zendesk to \/api\/v2\/audit_logs\/export after 1 attempt; /,
      );
      assert.equal(server.requests.length, 1);
    }
  });

  it('is refused with a message if it is not allowed', async (test) => {
    const server = await startServer(test, {
      replies: [{ status: 403, body: { error: 'Forbidden', description: 'missing scopes' } }],
    });
    const { zendesk } = connect(test, server.origin);
    const error = await refusalOf(zendesk.placeOrder(order, neverAborted));
    assert.deepEqual([error.code, error.status, server.requests.length], ['plan_missing', 403, 1]);
  });
});
