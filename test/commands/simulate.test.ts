import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { withDatabase } from '../support/database.ts';
import { runProgram, startProgram } from '../support/program.ts';

const size = [
  '--agents',
  '5',
  '--access-log-days',
  '3',
  '--access-logs-per-day',
  '50',
  '--audit-log-days',
  '5',
];

describe('simulate', { concurrency: 2 }, () => {
  it('serves an account and prints the settings that pull it, until a signal', async () => {
    const simulator = startProgram(['simulate', '--port', '0', '--no-limits', ...size]);
    await simulator.waitFor(/^ {2}npm start -- sync$/m);
    const text = simulator.written();
    assert.match(
      text,
      /^The simulated Zendesk account "acme" answers at http:\/\/127\.0\.0\.1:\d+ until Ctrl-C\.\n/,
    );
    const exports = [...text.matchAll(/^ {2}export (.*)$/gm)].flatMap(([, line = '']) =>
      line.split(' '),
    );
    const settings = Object.fromEntries(exports.map((pair) => pair.split('=', 2)));
    assert.deepEqual(Object.keys(settings), [
      'ZENDESK_SUBDOMAIN',
      'ZENDESK_BASE_URL',
      'ZENDESK_CLIENT_ID',
      'ZENDESK_CLIENT_SECRET',
    ]);
    await withDatabase(async (url) => {
      const { status, stdout } = await runProgram(['sync', '--json'], {
        ...settings,
        DATABASE_URL: url,
      });
      assert.equal(status, 0, stdout);
    });
    simulator.kill('SIGTERM');
    const { status, signal } = await simulator.ended;
    assert.deepEqual({ status, signal }, { status: 0, signal: null });
  });

  it('listens on the port of --port, and says so when another program has it', async () => {
    const taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const { port } = taken.address() as AddressInfo;
    const { status, stdout, stderr } = await runProgram(['simulate', '--port', String(port)]);
    taken.close();
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 2,
        stdout: '',
        stderr: `Port ${port} is already in use. Choose another one with --port.\n`,
      },
    );
  });

  it('refuses flags that it cannot simulate, with every problem at once', async () => {
    const { status, stderr } = await runProgram([
      'simulate',
      '--agents',
      '0',
      '--access-log-days',
      '91',
    ]);
    assert.deepEqual(
      { status, stderr },
      {
        status: 2,
        stderr:
          '--agents must be a whole number from 1 to 10000.\n--access-log-days must be from 0 to 90.\n',
      },
    );
  });
});
