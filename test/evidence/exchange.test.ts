import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createExchange } from '../../src/evidence/anchoring/exchange.ts';
import { createAuthority } from '../support/certificates.ts';
import { startProxy } from '../support/proxy.ts';

const { signal } = new AbortController();
const none = { https: undefined, http: undefined, exceptions: '' };

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

describe('requests to places outside', () => {
  it('take the proxy of the settings, and say so when it refuses', async () => {
    const server = createServer((_, response) => response.end('here'));
    const url = `http://127.0.0.1:${await listen(server)}/there`;
    const proxy = await startProxy({ login: 'user:secret' });
    try {
      const through = (login: string) =>
        createExchange({ ...none, http: `http://${login}@${proxy.address}` });
      const answer = await through('user:secret')('The witness', { method: 'GET', url, signal });
      assert.deepEqual([answer.status, answer.body.toString()], [200, 'here']);
      assert.equal(proxy.passed().length, 1);
      const refused = await through('user:wrong')('The witness', { method: 'GET', url, signal });
      assert.equal(refused.status, 407);
    } finally {
      await proxy.stop();
      server.closeAllConnections();
      server.close();
    }
  });

  it('are not sent to a server whose certificate is not trusted', async () => {
    const { cert, key } = createAuthority('Stranger').issue('localhost', [
      'localhost',
      '127.0.0.1',
    ]);
    let asked = 0;
    const server = createSecureServer({ cert, key }, (_, response) => {
      asked += 1;
      response.end();
    });
    const url = `https://127.0.0.1:${await listen(server)}`;
    try {
      await assert.rejects(createExchange(none)('The bucket', { method: 'GET', url, signal }), {
        code: 'anchor_failed',
        message:
          /^The bucket cannot be reached: no connection \([A-Z_]*(?:CERT|SIGN|VERIFY)[A-Z_]*\)\.$/,
      });
      assert.equal(asked, 0);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('end when the program ends, with its reason', async () => {
    const server = createServer(() => {});
    const url = `http://127.0.0.1:${await listen(server)}`;
    const ending = new AbortController();
    try {
      const asked = createExchange(none)('The witness', {
        method: 'GET',
        url,
        signal: ending.signal,
      });
      ending.abort(new Error('ending'));
      await assert.rejects(asked, /ending/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
