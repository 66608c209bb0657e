import { after, before, beforeEach, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { ask } from './simulated-account.ts';
import { read, startBusyAccount } from './faulty-account.ts';
import { SimulatorError, type Simulator } from '../../src/simulator/simulator.ts';

describe('a fault of the simulator', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startBusyAccount();
  });
  after(() => simulator.stop());
  beforeEach(() => simulator.clearFaults());

  it('affects its target stream, after letting requests pass, as often as configured', async () => {
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
      statuses.push((await read(simulator, stream)).status);
    assert.deepEqual(statuses, [200, 200, 200, 200, 500, 500, 200]);
  });

  it('affects only requests with a cursor if configured', async () => {
    simulator.addFault({ kind: '500-html', onlyWithCursor: true });
    const cursor = (await read(simulator, 'audit_logs')).json.meta.after_cursor ?? '';
    assert.equal((await read(simulator, 'audit_logs', ['page[after]', cursor])).status, 500);
  });

  it('affects the token endpoint too', async () => {
    simulator.addFault({ kind: '401', stream: 'oauth' });
    const { status, text } = await ask(simulator, '/oauth/tokens', [], {
      method: 'POST',
      body: '{}',
    });
    assert.equal(status, 401);
    assert.match(text, /invalid_client/);
  });

  it('happens once per request, in the order they were added', async () => {
    for (const kind of ['500-html', '502-html', '503-html'] as const) simulator.addFault({ kind });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await read(simulator, 'users')).status);
    assert.deepEqual(statuses, [500, 502, 503, 200]);
  });

  it('is gone after clearFaults', async () => {
    simulator.addFault({ kind: '500-html', times: Infinity });
    simulator.clearFaults();
    assert.equal((await read(simulator, 'users')).status, 200);
  });

  it('is refused when it is invalid', () => {
    assert.throws(
      () => simulator.addFault({ kind: 'redirect', stream: 'users', after: -1, times: 0 }),
      new SimulatorError([
        "A fault's after must be 0 or more.",
        "A fault's times must be 1 or more.",
        "A redirect's location must be an origin such as http://127.0.0.1:8080.",
      ]),
    );
  });
});
