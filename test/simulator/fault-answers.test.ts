import { after, before, beforeEach, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { ask, NOW, type Reply } from './simulated-account.ts';
import { PATHS, read, startBusyAccount, strike, type ListStream } from './faulty-account.ts';
import type { Fault, Simulator } from '../../src/simulator/simulator.ts';

const OVERLIMIT_TEXT = 'Number of allowed API requests per minute exceeded';

describe('faults that replace an answer', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startBusyAccount();
  });
  after(() => simulator.stop());
  beforeEach(() => simulator.clearFaults());

  it('429-retry-after sends the seconds, also 0', async () => {
    const told = async (fault: Fault): Promise<unknown[]> => {
      const { status, text, headers } = await strike(simulator, fault);
      return [status, text, headers.get('retry-after'), headers.get('ratelimit-reset')];
    };
    assert.deepEqual(await told({ kind: '429-retry-after' }), [429, OVERLIMIT_TEXT, '1', null]);
    assert.deepEqual(await told({ kind: '429-retry-after', seconds: 37 }), [
      429,
      OVERLIMIT_TEXT,
      '37',
      null,
    ]);
    assert.deepEqual(await told({ kind: '429-retry-after', seconds: 0 }), [
      429,
      OVERLIMIT_TEXT,
      '0',
      null,
    ]);
  });

  it('429-reset-seconds, 429-reset-date and 429-reset-epoch send the wait in ratelimit-reset only', async () => {
    const told = async (fault: Fault): Promise<unknown[]> => {
      const { status, headers } = await strike(simulator, fault, 'access_logs');
      return [status, headers.get('ratelimit-reset'), headers.get('retry-after')];
    };
    assert.deepEqual(await told({ kind: '429-reset-seconds', seconds: 4 }), [429, '4', null]);
    assert.deepEqual(await told({ kind: '429-reset-date', seconds: 4 }), [
      429,
      '2026-11-19T15:00:04Z',
      null,
    ]);
    assert.deepEqual(await told({ kind: '429-reset-epoch', seconds: 4 }), [
      429,
      String(NOW / 1000 + 4),
      null,
    ]);
  });

  it('429-bare sends no header', async () => {
    const { status, headers, json } = await strike(simulator, { kind: '429-bare' }, 'access_logs');
    assert.equal(status, 429);
    assert.deepEqual(
      [...headers].filter(([name]) => /limit|retry/.test(name)),
      [],
    );
    assert.deepEqual(json, {
      errors: [
        { title: 'Too many requests', detail: 'Use RateLimit-Reset header to backoff on retries' },
      ],
    });
  });

  it('500-json has the form of the stack that answers', async () => {
    const support = await strike(simulator, { kind: '500-json' });
    assert.deepEqual(
      [support.status, support.json],
      [500, { error: 'InternalServerError', description: 'Failed to process request' }],
    );
    const access = await strike(simulator, { kind: '500-json' }, 'access_logs');
    assert.deepEqual(
      [access.status, access.json],
      [500, { errors: [{ title: 'Internal Service Error', detail: 'Failed to process request' }] }],
    );
  });

  it('500-html, 502-html and 503-html are pages of HTML', async () => {
    for (const [kind, status, sample] of [
      ['500-html', 500, 'something went wrong'],
      ['502-html', 502, '__CF$cv$params'],
      ['503-html', 503, 'maintenance'],
    ] as const) {
      const reply = await strike(simulator, { kind });
      assert.equal(reply.status, status);
      assert.equal(reply.headers.get('content-type'), 'text/html; charset=UTF-8');
      assert.ok(reply.text.includes(sample), kind);
    }
  });

  it('503-json may have Retry-After', async () => {
    const plain = await strike(simulator, { kind: '503-json' });
    assert.deepEqual(
      [plain.status, plain.text, plain.headers.get('retry-after')],
      [503, '{"error":"ServiceUnavailable"}', null],
    );
    assert.equal(
      (await strike(simulator, { kind: '503-json', seconds: 3 })).headers.get('retry-after'),
      '3',
    );
  });

  it('504-text affects only requests whose page[size] is greater, if configured', async () => {
    simulator.addFault({ kind: '504-text', pageSizeOver: 50, times: Infinity });
    const statuses = [100, 51, 50, 25].map(
      async (size) => (await ask(simulator, PATHS.audit_logs, [['page[size]', size]])).status,
    );
    assert.deepEqual(await Promise.all(statuses), [504, 504, 200, 200]);
    const { text, headers } = await ask(simulator, PATHS.access_logs);
    assert.deepEqual(
      [text, headers.get('content-type')],
      ['upstream request timeout', 'text/plain; charset=utf-8'],
    );
  });

  it('connection-reset gives no answer', async () => {
    simulator.addFault({ kind: 'connection-reset' });
    await assert.rejects(read(simulator, 'users'), TypeError);
    assert.deepEqual(simulator.requests().at(-1)?.status, 0);
    assert.equal((await read(simulator, 'users')).status, 200);
  });

  it('reset-mid-body stops after half of the body', async () => {
    simulator.addFault({ kind: 'reset-mid-body' });
    const response = await fetch(`${simulator.url}${PATHS.audit_logs}?page[size]=10`, {
      headers: { authorization: 'Bearer simulator-ready-token' },
    });
    assert.equal(response.status, 200);
    await assert.rejects(response.text(), TypeError);
    assert.equal((await read(simulator, 'audit_logs')).status, 200);
  });

  it('truncated-json is a complete answer that is not complete JSON', async () => {
    const { status, text } = await strike(simulator, { kind: 'truncated-json' });
    assert.equal(status, 200);
    assert.match(text, /^\{"audit_logs":\[\{/);
    assert.throws(() => JSON.parse(text), SyntaxError);
  });

  it('html-200 and empty-200 are answers without JSON', async () => {
    const html = await strike(simulator, { kind: 'html-200' });
    assert.equal(html.status, 200);
    assert.match(html.text, /Sign in/);
    const empty = await strike(simulator, { kind: 'empty-200' });
    assert.deepEqual([empty.status, empty.text], [200, '']);
  });

  it('401, 403-plan, 403-scope, 403-role and 404-endpoint have the bodies of contract 0.5 and 4.4', async () => {
    const bodyOf = async (
      fault: Fault,
      stream: ListStream = 'audit_logs',
    ): Promise<[number, unknown]> => {
      const { status, json } = await strike(simulator, fault, stream);
      return [status, json];
    };
    assert.deepEqual(await bodyOf({ kind: '401' }), [401, { error: "Couldn't authenticate you" }]);
    const failed = {
      errors: [{ title: 'Authentication failed', detail: 'Please use valid credentials' }],
    };
    assert.deepEqual(await bodyOf({ kind: '401' }, 'access_logs'), [401, failed]);
    const message =
      'You do not have access to this page. Please contact the account owner of this help desk for further help.';
    assert.deepEqual(await bodyOf({ kind: '403-plan' }), [
      403,
      { error: { title: 'Forbidden', message } },
    ]);
    const description = 'You are missing the following required scopes: read';
    assert.deepEqual(await bodyOf({ kind: '403-scope' }), [
      403,
      { error: 'Forbidden', description },
    ]);
    const role = {
      errors: [{ title: 'Authorization failed', detail: 'You must have administrator privileges' }],
    };
    assert.deepEqual(await bodyOf({ kind: '403-role' }, 'access_logs'), [403, role]);
    assert.deepEqual(await bodyOf({ kind: '404-endpoint' }), [
      404,
      { error: 'InvalidEndpoint', description: 'Not found' },
    ]);
  });

  it('redirect leads to the same path on another origin', async () => {
    const { status, headers } = await strike(simulator, {
      kind: 'redirect',
      location: 'http://127.0.0.2:9',
    });
    assert.equal(status, 302);
    const location = new URL(headers.get('location') ?? '');
    assert.deepEqual(
      [location.origin, location.pathname],
      ['http://127.0.0.2:9', PATHS.audit_logs],
    );
    assert.equal(location.searchParams.get('page[size]'), '10');
  });

  it('endless, bomb and drip send more than a client should keep, and slower than it should wait', async () => {
    const begin = async (fault: Fault): Promise<{ bytes: number; done: boolean }> => {
      simulator.addFault({ ...fault, stream: 'users' });
      const response = await fetch(`${simulator.url}${PATHS.users}`, {
        headers: { authorization: 'Bearer simulator-ready-token' },
      });
      assert.equal(response.status, 200);
      const reader = (response.body ?? assert.fail('there is a body')).getReader();
      let [bytes, done] = [0, false];
      for (let reads = 0; reads < 40 && !done; reads++) {
        const part = await reader.read();
        bytes += part.value?.length ?? 0;
        ({ done } = part);
      }
      await reader.cancel();
      return { bytes, done };
    };
    const endless = await begin({ kind: 'endless' });
    const bomb = await begin({ kind: 'bomb' });
    const drip = await begin({ kind: 'drip', ms: 1 });
    assert.ok(endless.bytes > 100_000 && bomb.bytes > 100_000, `${endless.bytes}, ${bomb.bytes}`);
    assert.ok(drip.bytes < 1000, `${drip.bytes}`);
    assert.deepEqual([endless.done, bomb.done, drip.done], [false, false, false]);
  });

  it('slow gives a good answer after the configured time', async () => {
    simulator.addFault({ kind: 'slow', ms: 120 });
    const began = performance.now();
    assert.equal((await read(simulator, 'audit_logs')).status, 200);
    assert.ok(performance.now() - began >= 119);
  });

  it('token-expired answers 401 invalid_token once, and the minted tokens really die', async () => {
    const body = JSON.stringify({
      grant_type: 'client_credentials',
      client_id: 'log-puller',
      client_secret: 'simulator-client-secret',
      scope: 'read',
    });
    const mint = async (): Promise<RequestInit> => {
      const { json } = await ask<{ access_token: string }>(simulator, '/oauth/tokens', [], {
        method: 'POST',
        body,
      });
      return { headers: { authorization: `Bearer ${json.access_token}` } };
    };
    const old = await mint();
    simulator.addFault({ kind: 'token-expired', stream: 'audit_logs' });
    const call = (init: RequestInit): Promise<Reply> =>
      ask(simulator, PATHS.audit_logs, [['page[size]', 1]], init);
    assert.match((await call(old)).text, /"error":"invalid_token"/);
    assert.equal((await call(old)).status, 401, 'the old token is dead');
    assert.equal((await call(await mint())).status, 200);
    assert.equal((await read(simulator, 'audit_logs')).status, 200, 'the ready token lives');
  });
});
