import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditRequest, connect, neverAborted, refusalOf } from './connection.ts';
import { auditPage, startServer, type Reply } from './scripted-server.ts';

const date = 'Fri, 20 Nov 2026 12:00:00 GMT';

function tooMany(headers: Record<string, string>, body: string | object = ''): Reply {
  return { status: 429, headers: { date, ...headers }, body };
}

describe('a 429', () => {
  const table: [string, Reply, number, string][] = [
    [
      'as text with retry-after',
      tooMany({ 'retry-after': '37' }, 'Number of allowed API requests per minute exceeded'),
      37_000,
      'with retry-after',
    ],
    [
      'as JSON with a reset in seconds',
      tooMany({ 'ratelimit-reset': '4' }, { error: 'APIRateLimitExceeded', description: 'x' }),
      4_000,
      'with ratelimit-reset',
    ],
    [
      'of the access log service with a reset as a time',
      tooMany(
        { 'ratelimit-reset': '2026-11-20T12:00:45Z' },
        {
          errors: [
            {
              title: 'Too many requests',
              detail: 'Use RateLimit-Reset header to backoff on retries',
            },
          ],
        },
      ),
      45_000,
      'with ratelimit-reset',
    ],
    ['without a header', tooMany({}), 60_000, 'without saying until when'],
    [
      'with a header that nobody can read',
      tooMany({ 'retry-after': 'NaN', 'ratelimit-reset': 'soon' }),
      60_000,
      'without saying until when',
    ],
  ];
  for (const [name, reply, waitMs, told] of table)
    it(`pauses the group and comes back through the budget: ${name}`, async (test) => {
      const server = await startServer(test, { replies: [reply, auditPage([1])] });
      const { zendesk, takes, pauses } = connect(test, server.origin);
      await zendesk.readPage(auditRequest({ group: accessLogs.budget }), neverAborted);
      const reason = `Zendesk answered 429 ${told}`;
      assert.deepEqual(pauses, [{ group: 'access_logs', waitMs, reason }]);
      assert.equal(takes.length, 2);
      assert.equal(server.requests.length, 2);
    });

  it('does not use up an attempt', async (test) => {
    const limited = tooMany({ 'retry-after': '1' });
    const failed: Reply = { status: 500 };
    const server = await startServer(test, {
      replies: [
        failed,
        limited,
        limited,
        failed,
        failed,
        limited,
        failed,
        failed,
        limited,
        limited,
        auditPage([1]),
      ],
    });
    const { zendesk, pauses } = connect(test, server.origin);
    const page = await zendesk.readPage(auditRequest(), neverAborted);
    assert.equal(page.records.length, 1);
    assert.equal(pauses.length, 5);
  });

  it('fails when it comes twenty times in a row', async (test) => {
    const server = await startServer(test, {
      replies: [tooMany({ 'retry-after': '1' }, 'slow down')],
    });
    const { zendesk, pauses } = connect(test, server.origin);
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.code, 'rate_limited');
    assert.equal(error.status, 429);
    assert.equal(
      error.message,
      'Zendesk answered 429 to /api/v2/audit_logs 20 times in a row, each time after the pause that it asked for.',
    );
    assert.equal(server.requests.length, 20);
    assert.equal(pauses.length, 19);
  });

  it('is counted from 1 again after another kind of answer', async (test) => {
    const limited = Array.from({ length: 19 }, () => tooMany({ 'retry-after': '1' }));
    const server = await startServer(test, {
      replies: [...limited, { status: 500 }, ...limited, auditPage([1])],
    });
    const { zendesk, pauses } = connect(test, server.origin);
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.equal(pauses.length, 38);
  });

  it('does not pause when its error comes from the budget', async (test) => {
    const server = await startServer(test, { replies: [tooMany({})] });
    const lost = new Error('the database is gone');
    const { zendesk } = connect(test, server.origin, {
      budget: {
        take: async () => undefined,
        pause: async () => {
          throw lost;
        },
      },
    });
    await assert.rejects(zendesk.readPage(auditRequest(), neverAborted), lost);
    assert.equal(server.requests.length, 1);
  });
});

describe('the account-wide limit', () => {
  const page = { audit_logs: [], meta: { has_more: false } };

  function limited(remaining: number): Reply {
    return {
      headers: {
        'x-rate-limit': '700',
        'ratelimit-limit': '700',
        'x-rate-limit-remaining': String(remaining),
        'ratelimit-remaining': String(remaining),
        'ratelimit-reset': '4',
      },
      body: page,
    };
  }

  it('pauses our requests until the reset when less than a fifth is left', async (test) => {
    const server = await startServer(test, { replies: [limited(139)] });
    const { zendesk, pauses } = connect(test, server.origin);
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(pauses, [
      { group: 'support', waitMs: 4_000, reason: "139 of the account's 700 requests are left" },
    ]);
  });

  it('does not pause while a fifth is left', async (test) => {
    const server = await startServer(test, { replies: [limited(140)] });
    const { zendesk, pauses } = connect(test, server.origin);
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(pauses, []);
  });

  it('does not affect the access log service', async (test) => {
    const server = await startServer(test, { replies: [limited(0)] });
    const { zendesk, pauses } = connect(test, server.origin);
    await zendesk.readPage(auditRequest({ group: accessLogs.budget }), neverAborted);
    assert.deepEqual(pauses, []);
  });

  it('is reported with every answer that contains it', async (test) => {
    const server = await startServer(test, { replies: [{ status: 500 }, limited(700)] });
    const answers: unknown[] = [];
    const { zendesk } = connect(test, server.origin, {
      onAnswer: (answer) => void answers.push(answer),
    });
    await zendesk.readPage(auditRequest(), neverAborted);
    assert.deepEqual(answers, [{ limit: undefined }, { limit: 700 }]);
  });
});
