import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import assert from 'node:assert/strict';
import { ask, NOW, withSimulator } from './simulated-account.ts';
import {
  createSlidingLimit,
  createWindowLimit,
  type ResetForm,
} from '../../src/simulator/http/limits.ts';

const AUDIT = '/api/v2/audit_logs';
const ACCESS = '/api/v2/access_logs';
const ONE = [['page[size]', 1]] as const;

// A minute of the limits is one of the machine's clock, also while that of the simulator is stopped.
beforeEach(() => {
  const now = Math.floor(performance.now());
  mock.method(performance, 'now', () => now);
});
afterEach(() => mock.restoreAll());

describe('the limit of the Support stack', () => {
  it('sends limit, remaining and whole seconds until the reset, each under both names, and nothing else', async () => {
    await withSimulator({ limits: true }, async (simulator) => {
      await ask(simulator, AUDIT, ONE);
      const { headers } = await ask(simulator, AUDIT, ONE);
      const told = [...headers].filter(([name]) => name.includes('limit'));
      assert.deepEqual(Object.fromEntries(told), {
        'x-rate-limit': '700',
        'ratelimit-limit': '700',
        'x-rate-limit-remaining': '698',
        'ratelimit-remaining': '698',
        'ratelimit-reset': '60',
      });
    });
  });

  it('is shared by audit logs and users of the account', async () => {
    await withSimulator({ limits: true, supportRequestsPerMinute: 5 }, async (simulator) => {
      const remaining: (string | null)[] = [];
      for (const path of [AUDIT, '/api/v2/users', '/api/v2/users/show_many', '/api/v2/users/me'])
        remaining.push((await ask(simulator, path, ONE)).headers.get('ratelimit-remaining'));
      assert.deepEqual(remaining, ['4', '3', '2', '1']);
    });
  });

  it('answers 429 with Retry-After in seconds and a body that is not JSON', async () => {
    await withSimulator({ limits: true, supportRequestsPerMinute: 2 }, async (simulator) => {
      await ask(simulator, AUDIT, ONE);
      await ask(simulator, AUDIT, ONE);
      const { status, headers, text } = await ask(simulator, AUDIT, ONE);
      assert.equal(status, 429);
      assert.equal(headers.get('retry-after'), '60');
      assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
      assert.equal(text, 'Number of allowed API requests per minute exceeded');
    });
  });

  it('is a window of a minute that begins with its first request', () => {
    const limit = createWindowLimit(2, 60_000);
    const admissions = [1000, 2000, 60_999, 61_000].map((at) => limit.admit(at));
    assert.deepEqual(admissions, [
      { admitted: true, remaining: 1, resetsInMs: 60_000 },
      { admitted: true, remaining: 0, resetsInMs: 59_000 },
      { admitted: false, remaining: 0, resetsInMs: 1 },
      { admitted: true, remaining: 1, resetsInMs: 60_000 },
    ]);
  });
});

describe('the limit of access logs', () => {
  it('is 50 requests a minute, including pagination and refused queries', async () => {
    await withSimulator({ limits: true }, async (simulator) => {
      const statuses: number[] = [];
      for (let i = 0; i < 51; i++)
        statuses.push((await ask(simulator, ACCESS, [['page[size]', i === 0 ? 2501 : 1]])).status);
      assert.deepEqual(statuses, [400, ...Array.from({ length: 49 }, () => 200), 429]);
    });
  });

  it('is separate from the account limit', async () => {
    await withSimulator(
      { limits: true, accessLogsRequestsPerMinute: 1, supportRequestsPerMinute: 1 },
      async (simulator) => {
        assert.equal((await ask(simulator, ACCESS, ONE)).status, 200);
        assert.equal((await ask(simulator, AUDIT, ONE)).status, 200);
        assert.equal((await ask(simulator, ACCESS, ONE)).status, 429);
        assert.equal((await ask(simulator, AUDIT, ONE)).status, 429);
      },
    );
  });

  it('puts no rate limit headers on success', async () => {
    await withSimulator({ limits: true }, async (simulator) => {
      const { headers } = await ask(simulator, ACCESS, ONE);
      assert.deepEqual(
        [...headers].filter(([name]) => /limit|retry/.test(name)),
        [],
      );
    });
  });

  it('answers 429 without Retry-After, with ratelimit-reset as a date-time, in its own envelope', async () => {
    await withSimulator({ limits: true, accessLogsRequestsPerMinute: 1 }, async (simulator) => {
      await ask(simulator, ACCESS, ONE);
      const { status, headers, json } = await ask<unknown>(simulator, ACCESS, ONE);
      assert.equal(status, 429);
      assert.equal(headers.get('retry-after'), null);
      const reset = headers.get('ratelimit-reset') ?? '';
      assert.match(reset, /^2026-11-19T15:\d\d:\d\dZ$/);
      assert.ok(Date.parse(reset) > NOW && Date.parse(reset) <= NOW + 60_000);
      const [title, detail] = [
        'Too many requests',
        'Use RateLimit-Reset header to backoff on retries',
      ];
      assert.deepEqual(json, { errors: [{ title, detail }] });
    });
  });

  it('may send the reset in other forms, or not at all', async () => {
    const tell = async (form: ResetForm): Promise<string | null> => {
      let told: string | null = null;
      const settings = { limits: true, accessLogsRequestsPerMinute: 1, accessLogsResetForm: form };
      await withSimulator(settings, async (simulator) => {
        await ask(simulator, ACCESS, ONE);
        told = (await ask(simulator, ACCESS, ONE)).headers.get('ratelimit-reset');
      });
      return told;
    };
    assert.match((await tell('http-date')) ?? '', /^Thu, 19 Nov 2026 15:0[01]:\d\d GMT$/);
    assert.match((await tell('epoch')) ?? '', /^1795100\d{3}$/);
    assert.match((await tell('seconds')) ?? '', /^60$/);
    assert.equal(await tell('none'), null);
  });

  it('holds in any 60 seconds, wherever they begin; refused requests do not count', () => {
    const limit = createSlidingLimit(2, 60_000);
    const admissions = [0, 50_000, 59_999, 60_000, 109_999, 110_000].map((at) => limit.admit(at));
    assert.deepEqual(
      admissions.map(({ admitted }) => admitted),
      [true, true, false, true, false, true],
    );
    assert.equal(admissions[2]?.resetsInMs, 1);
    assert.equal(admissions[4]?.resetsInMs, 1);
  });
});

describe('without limits', () => {
  it('nothing is ever refused, and the remaining number never shrinks', async () => {
    await withSimulator(
      { supportRequestsPerMinute: 1, accessLogsRequestsPerMinute: 1 },
      async (simulator) => {
        for (const path of [AUDIT, AUDIT, ACCESS, ACCESS])
          assert.equal((await ask(simulator, path, ONE)).status, 200);
        assert.equal((await ask(simulator, AUDIT, ONE)).headers.get('ratelimit-remaining'), '1');
      },
    );
  });
});
