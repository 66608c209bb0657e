import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  assertSameList,
  ask,
  NOW,
  startAtNow,
  withSimulator,
  type Json,
} from './simulated-account.ts';
import { SimulatorError, startSimulator } from '../../src/simulator/simulator.ts';

const AUDIT = '/api/v2/audit_logs';

function readLines(text: string): unknown[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe('the simulator', () => {
  it('lists every option that is out of bounds', async () => {
    await assert.rejects(
      startSimulator({
        agents: 0,
        accessLogDays: 91,
        late: { share: 2, delaySeconds: 1 },
        burst: { stream: 'audit_logs', at: 'soon', count: 5 },
      }),
      new SimulatorError([
        'agents must be a whole number from 1 to 10000.',
        'accessLogDays must be from 0 to 90.',
        'burst.at must be a Date or ISO 8601.',
        'late.share must be from 0 to 1.',
      ]),
    );
  });

  it('says so when its port is taken', async () => {
    await withSimulator({}, async ({ port }) => {
      await assert.rejects(startSimulator({ port }), { code: 'EADDRINUSE' });
    });
  });

  it('remembers the last requests, with the kind of their credentials and their fault', async () => {
    await withSimulator({ requestLogSize: 3 }, async (simulator) => {
      simulator.addFault({ kind: '500-html', stream: 'users' });
      await ask(simulator, AUDIT, [['page[size]', 1]]);
      await ask(simulator, '/api/v2/access_logs', [['page[size]', 2501]]);
      await ask(simulator, '/api/v2/users');
      await ask(simulator, '/nowhere', [], { headers: {} });
      const told = simulator
        .requests()
        .map(({ method, path, query, stream, status, authorization, fault }) => ({
          method,
          path,
          query,
          stream,
          status,
          authorization,
          fault,
        }));
      const usual = { method: 'GET', authorization: 'bearer', fault: null };
      assert.deepEqual(told, [
        {
          ...usual,
          path: '/api/v2/access_logs',
          query: 'page%5Bsize%5D=2501',
          stream: 'access_logs',
          status: 400,
        },
        {
          ...usual,
          path: '/api/v2/users',
          query: '',
          stream: 'users',
          status: 500,
          fault: '500-html',
        },
        {
          ...usual,
          path: '/nowhere',
          query: '',
          stream: 'other',
          status: 404,
          authorization: 'none',
        },
      ]);
      assert.deepEqual(simulator.counts().byStatus, { 200: 1, 400: 1, 404: 1, 500: 1 });
      for (const { at, startedAt, endedAt } of simulator.requests())
        assert.ok(at <= startedAt && startedAt <= (endedAt ?? 0));
    });
  });

  it('lets each answer take as long as configured', async () => {
    await withSimulator({ answerMs: 200 }, async (simulator) => {
      const began = performance.now();
      await ask(simulator, AUDIT, [['page[size]', 1]]);
      assert.ok(performance.now() - began >= 199);
      const many = Array.from({ length: 20 }, () => ask(simulator, AUDIT, [['page[size]', 1]]));
      assert.ok((await Promise.all(many)).every(({ status }) => status === 200));
      const [, first, ...others] = simulator.requests();
      assert.ok(
        others.some(({ startedAt }) => startedAt < (first?.endedAt ?? 0)),
        'they wait side by side',
      );
    });
  });

  it('sends the time of its own clock in the Date header', async () => {
    const simulator = await startSimulator({ clockOffsetMs: -3_600_000 });
    const beganMs = Date.now();
    try {
      const { headers } = await ask(simulator, AUDIT, [['page[size]', 1]]);
      const shown = Date.parse(headers.get('date') ?? '') + 3_600_000;
      assert.ok(shown > beganMs - 1000 && shown <= Date.now(), `${shown}`);
    } finally {
      await simulator.stop();
    }
  });

  it('stops at once, in the middle of answers', async () => {
    const simulator = await startAtNow({ answerMs: 60_000 });
    const hanging = ask(simulator, AUDIT, [['page[size]', 1]]);
    const cut = assert.rejects(hanging, TypeError);
    while (simulator.requests().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await simulator.stop();
    await cut;
    await assert.rejects(ask(simulator, AUDIT), TypeError);
  });

  it('answers 404 InvalidEndpoint for unknown paths and methods', async () => {
    await withSimulator({}, async (simulator) => {
      const wrong = await ask<Json>(simulator, '/api/v2/tickets');
      assert.deepEqual(
        [wrong.status, wrong.json],
        [404, { error: 'InvalidEndpoint', description: 'Not found' }],
      );
      assert.equal((await ask(simulator, AUDIT, [], { method: 'POST' })).status, 404);
    });
  });
});

describe('the simulator over HTTP', () => {
  it('streams the truth as NDJSON, one full record a line', async () => {
    await withSimulator({ late: { share: 0.5, delaySeconds: 600 } }, async (simulator) => {
      const [from, to] = [new Date(NOW - 7_200_000), new Date(NOW)];
      for (const stream of ['audit_logs', 'access_logs'] as const) {
        const span = [
          ['stream', stream],
          ['from', from.toISOString()],
          ['to', to.toISOString()],
        ] as const;
        const shown = await ask(simulator, '/simulator/truth', span);
        assert.equal(shown.headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
        assertSameList(readLines(shown.text), [...simulator.records(stream, from, to)]);
        const all = await ask(simulator, '/simulator/truth', [
          ...span,
          ['includeInvisible', 'true'],
        ]);
        assertSameList(readLines(all.text), [
          ...simulator.records(stream, from, to, { includeInvisible: true }),
        ]);
      }
      assert.equal((await ask(simulator, '/simulator/truth', [['stream', 'users']])).status, 400);
    });
  });

  it('shows requests and counts, without those to its own control routes', async () => {
    await withSimulator({}, async (simulator) => {
      await ask(simulator, AUDIT, [['page[size]', 1]]);
      const requests = await ask<unknown>(simulator, '/simulator/requests');
      assert.deepEqual(requests.json, simulator.requests());
      assert.equal(simulator.requests().length, 1);
      const counts = await ask<unknown>(simulator, '/simulator/counts');
      assert.deepEqual(counts.json, {
        total: 1,
        byStatus: { 200: 1 },
        byStream: { audit_logs: { 200: 1 } },
      });
    });
  });

  it('accepts faults, one or several, permanent with times null, and removes them', async () => {
    await withSimulator({}, async (simulator) => {
      const post = (body: string): Promise<{ status: number; text: string }> =>
        ask(simulator, '/simulator/faults', [], { method: 'POST', body });
      const status = async (): Promise<number> =>
        (await ask(simulator, AUDIT, [['page[size]', 1]])).status;
      assert.equal((await post('{"kind":"500-html"}')).status, 201);
      assert.deepEqual([await status(), await status()], [500, 200]);
      await post('[{"kind":"502-html"},{"kind":"503-html","times":null}]');
      assert.deepEqual([await status(), await status(), await status()], [502, 503, 503]);
      await ask(simulator, '/simulator/faults', [], { method: 'DELETE' });
      assert.equal(await status(), 200);
      const wrong = await post('{"kind":"earthquake"}');
      assert.deepEqual(
        [wrong.status, wrong.text],
        [400, '{"problems":["There is no fault kind \\"earthquake\\"."]}'],
      );
      assert.equal((await post('not json')).status, 400);
    });
  });
});
