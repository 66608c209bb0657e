import { after, before, beforeEach, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { InputError } from '../../src/errors.ts';
import { ask, minutesAgo, NOW, startAtNow, type Reply } from './simulated-account.ts';
import type { Fault, FaultStream } from '../../src/simulator/faults.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const PATHS: Record<Exclude<FaultStream, 'oauth'>, string> = {
  audit_logs: '/api/v2/audit_logs',
  access_logs: '/api/v2/access_logs',
  users: '/api/v2/users',
};
const OVERLIMIT_TEXT = 'Number of allowed API requests per minute exceeded';

describe('faults', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startAtNow({ auditLogRowsPerDay: 3000, accessLogRowsPerDay: 20_000 });
  });
  after(() => simulator.stop());
  beforeEach(() => simulator.clearFaults());

  const window = [
    ['page[size]', 10],
    ['filter[start]', minutesAgo(60)],
    ['filter[end]', minutesAgo(0)],
    ['filter[created_at][]', minutesAgo(60)],
    ['filter[created_at][]', minutesAgo(0)],
  ] as const;
  const read = (
    stream: keyof typeof PATHS,
    ...more: (readonly [string, string])[]
  ): Promise<Reply> => ask(simulator, PATHS[stream], [...window, ...more]);
  /** The answer to a request that the fault strikes; the next one must be good again. */
  const strike = async (
    fault: Fault,
    stream: keyof typeof PATHS = 'audit_logs',
  ): Promise<Reply> => {
    simulator.addFault(fault);
    const struck = await read(stream);
    assert.equal((await read(stream)).status, 200, 'it happens once');
    return struck;
  };

  it('429-retry-after tells the seconds, 0 too', async () => {
    const told = async (fault: Fault): Promise<unknown[]> => {
      const { status, text, headers } = await strike(fault);
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

  it('429-reset-seconds, 429-reset-date and 429-reset-epoch tell the wait in ratelimit-reset only', async () => {
    const told = async (fault: Fault): Promise<unknown[]> => {
      const { status, headers } = await strike(fault, 'access_logs');
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

  it('429-bare tells nothing', async () => {
    const { status, headers, json } = await strike({ kind: '429-bare' }, 'access_logs');
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

  it('500-json speaks the language of the stack', async () => {
    const support = await strike({ kind: '500-json' });
    assert.deepEqual(
      [support.status, support.json],
      [500, { error: 'InternalServerError', description: 'Failed to process request' }],
    );
    const access = await strike({ kind: '500-json' }, 'access_logs');
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
      const reply = await strike({ kind });
      assert.equal(reply.status, status);
      assert.equal(reply.headers.get('content-type'), 'text/html; charset=UTF-8');
      assert.ok(reply.text.includes(sample), kind);
    }
  });

  it('503-json may carry Retry-After', async () => {
    const plain = await strike({ kind: '503-json' });
    assert.deepEqual(
      [plain.status, plain.text, plain.headers.get('retry-after')],
      [503, '{"error":"ServiceUnavailable"}', null],
    );
    assert.equal((await strike({ kind: '503-json', seconds: 3 })).headers.get('retry-after'), '3');
  });

  it('504-text strikes only requests whose page[size] is greater, when it is told so', async () => {
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

  it('connection-reset gives no answer at all', async () => {
    simulator.addFault({ kind: 'connection-reset' });
    await assert.rejects(read('users'), TypeError);
    assert.deepEqual(simulator.requests().at(-1)?.status, 0);
    assert.equal((await read('users')).status, 200);
  });

  it('reset-mid-body breaks off after half of the body', async () => {
    simulator.addFault({ kind: 'reset-mid-body' });
    const response = await fetch(`${simulator.url}${PATHS.audit_logs}?page[size]=10`, {
      headers: { authorization: 'Bearer simulator-ready-token' },
    });
    assert.equal(response.status, 200);
    await assert.rejects(response.text(), TypeError);
    assert.equal((await read('audit_logs')).status, 200);
  });

  it('truncated-json is a complete answer that is not complete JSON', async () => {
    const { status, text } = await strike({ kind: 'truncated-json' });
    assert.equal(status, 200);
    assert.match(text, /^\{"audit_logs":\[\{/);
    assert.throws(() => JSON.parse(text), SyntaxError);
  });

  it('html-200 and empty-200 are answers without JSON', async () => {
    const html = await strike({ kind: 'html-200' });
    assert.equal(html.status, 200);
    assert.match(html.text, /Sign in/);
    const empty = await strike({ kind: 'empty-200' });
    assert.deepEqual([empty.status, empty.text], [200, '']);
  });

  it('401, 403-plan, 403-scope, 403-role and 404-endpoint have the bodies of the contract', async () => {
    const bodyOf = async (
      fault: Fault,
      stream: keyof typeof PATHS = 'audit_logs',
    ): Promise<[number, unknown]> => {
      const { status, json } = await strike(fault, stream);
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
    const { status, headers } = await strike({ kind: 'redirect', location: 'http://127.0.0.2:9' });
    assert.equal(status, 302);
    const location = new URL(headers.get('location') ?? '');
    assert.deepEqual(
      [location.origin, location.pathname],
      ['http://127.0.0.2:9', PATHS.audit_logs],
    );
    assert.equal(location.searchParams.get('page[size]'), '10');
  });

  it('slow answers well, later', async () => {
    simulator.addFault({ kind: 'slow', ms: 120 });
    const began = performance.now();
    assert.equal((await read('audit_logs')).status, 200);
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
    assert.equal((await read('audit_logs')).status, 200, 'the ready token lives');
  });

  it('refuse-cursor refuses a good cursor once, in the words of the stack', async () => {
    for (const [stream, body] of [
      [
        'audit_logs',
        { error: 'InvalidPaginationParameter', description: 'page[after] is not valid' },
      ],
      ['access_logs', { errors: [{ title: 'Malformed query params', detail: 'invalid cursor' }] }],
    ] as const) {
      const cursor = (await read(stream)).json.meta.after_cursor ?? '';
      simulator.addFault({ kind: 'refuse-cursor', stream });
      assert.equal((await read(stream)).status, 200, 'no cursor, no refusal');
      const refused = await read(stream, ['page[after]', cursor]);
      assert.deepEqual([refused.status, refused.json], [400, body]);
      assert.equal((await read(stream, ['page[after]', cursor])).status, 200);
    }
  });

  for (const stream of ['audit_logs', 'access_logs', 'users'] as const) {
    it(`repeat-cursor leads to the same page of ${stream} again`, async () => {
      const first = (await read(stream)).json;
      const cursor = first.meta.after_cursor ?? '';
      const second = (await read(stream, ['page[after]', cursor])).json;
      simulator.addFault({ kind: 'repeat-cursor' });
      const repeated = (await read(stream, ['page[after]', cursor])).json;
      assert.deepEqual(repeated[stream], second[stream]);
      assert.equal(repeated.meta.after_cursor, cursor);
      simulator.addFault({ kind: 'repeat-cursor' });
      const start = (await read(stream)).json.meta.after_cursor ?? '';
      assert.deepEqual((await read(stream, ['page[after]', start])).json[stream], first[stream]);
    });

    it(`empty-page-with-more holds back a page of ${stream} and leads to it by ever new cursors`, async () => {
      const expected = (await read(stream)).json;
      simulator.addFault({ kind: 'empty-page-with-more', times: 3 });
      const cursors: string[] = [];
      for (let i = 0; i < 3; i++) {
        const { json } = await read(
          stream,
          ...(i === 0 ? [] : [['page[after]', cursors.at(-1) ?? ''] as const]),
        );
        assert.deepEqual(json[stream], []);
        assert.equal(json.meta.has_more, true);
        cursors.push(json.meta.after_cursor ?? '');
      }
      assert.equal(new Set(cursors).size, 3);
      const page = (await read(stream, ['page[after]', cursors.at(-1) ?? ''])).json;
      assert.deepEqual(page[stream], expected[stream]);
      assert.equal(page.meta.after_cursor, expected.meta.after_cursor);
    });

    it(`duplicate-in-page repeats a row of ${stream} within the page size and withholds none`, async () => {
      const expected = (await read(stream)).json[stream];
      const { json } = await strike({ kind: 'duplicate-in-page' }, stream);
      assert.deepEqual(json[stream], [...expected.slice(0, 9), expected[8]]);
      const next = (await read(stream, ['page[after]', json.meta.after_cursor ?? ''])).json[stream];
      assert.deepEqual(next[0], expected[9]);
    });
  }

  it('more-without-cursor says has_more and leaves the cursor out', async () => {
    const { json } = await strike({ kind: 'more-without-cursor' });
    assert.deepEqual(
      [json.meta.has_more, json.meta.after_cursor, json.links.next],
      [true, null, null],
    );
    assert.equal(json.audit_logs.length, 10);
  });

  it('unsorted has the rows of the page in another order', async () => {
    const good = (await read('access_logs')).json;
    const { json } = await strike({ kind: 'unsorted' }, 'access_logs');
    assert.deepEqual(json.access_logs, good.access_logs.toReversed());
    assert.equal(json.meta.after_cursor, good.meta.after_cursor);
  });

  it('new-field adds a field that no reference knows', async () => {
    const good = (await read('audit_logs')).json.audit_logs;
    const { json } = await strike({ kind: 'new-field' });
    const field = { trust_level: { score: 0.75, by: ['edge'] } };
    assert.deepEqual(
      json.audit_logs,
      good.map((row) => ({ ...row, ...field })),
    );
  });

  it('changed-type makes strings of numbers, or changes one field as told', async () => {
    const [good] = (await read('access_logs')).json.access_logs;
    const [changed] = (await strike({ kind: 'changed-type' }, 'access_logs')).json.access_logs;
    assert.equal(changed?.['status'], String(good?.['status']));
    assert.equal(changed?.['user_id'], String(good?.['user_id']));
    const [told] = (
      await strike({ kind: 'changed-type', field: 'timestamp', value: null }, 'access_logs')
    ).json.access_logs;
    assert.deepEqual(told, { ...good, timestamp: null });
    const [text] = (await strike({ kind: 'changed-type', field: 'status' }, 'access_logs')).json
      .access_logs;
    assert.deepEqual(text, { ...good, status: String(good?.['status']) });
  });

  it('strikes the stream it is aimed at, after letting requests pass, as often as told', async () => {
    simulator.addFault({ kind: '500-html', stream: 'users', after: 2, times: 2 });
    const statuses: number[] = [];
    for (const stream of [
      'audit_logs',
      'users',
      'users',
      'access_logs',
      'users',
      'users',
      'users',
    ] as const)
      statuses.push((await read(stream)).status);
    assert.deepEqual(statuses, [200, 200, 200, 200, 500, 500, 200]);
  });

  it('strikes only requests with a cursor when told so', async () => {
    simulator.addFault({ kind: '500-html', onlyWithCursor: true });
    const cursor = (await read('audit_logs')).json.meta.after_cursor ?? '';
    assert.equal((await read('audit_logs', ['page[after]', cursor])).status, 500);
  });

  it('strikes the token endpoint too', async () => {
    simulator.addFault({ kind: '401', stream: 'oauth' });
    const { status, text } = await ask(simulator, '/oauth/tokens', [], {
      method: 'POST',
      body: '{}',
    });
    assert.equal(status, 401);
    assert.match(text, /invalid_client/);
  });

  it('happens one per request, in the order they were added', async () => {
    for (const kind of ['500-html', '502-html', '503-html'] as const) simulator.addFault({ kind });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await read('users')).status);
    assert.deepEqual(statuses, [500, 502, 503, 200]);
  });

  it('is gone after clearFaults', async () => {
    simulator.addFault({ kind: '500-html', times: Infinity });
    simulator.clearFaults();
    assert.equal((await read('users')).status, 200);
  });

  it('must make sense', () => {
    assert.throws(
      () => simulator.addFault({ kind: 'redirect', stream: 'users', after: -1, times: 0 }),
      new InputError([
        "A fault's after must be 0 or more.",
        "A fault's times must be 1 or more.",
        "A redirect's location must be an origin such as http://127.0.0.1:8080.",
      ]),
    );
  });
});
