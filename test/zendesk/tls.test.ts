import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { cert, key } from '../support/self-signed.ts';
import { auditRequest, connect, neverAborted, refusalOf } from './connection.ts';

describe('TLS', () => {
  it('is verified: a server with a self-signed certificate never gets a request', async (test) => {
    let requests = 0;
    const server = createServer({ key, cert }, (_request, response) => {
      requests += 1;
      response.end('{"audit_logs":[],"meta":{"has_more":false}}');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    test.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const origin = `https://localhost:${port}`;
    const { zendesk, takes } = connect(test, origin);
    const error = await refusalOf(zendesk.readPage(auditRequest(), neverAborted));
    assert.equal(error.code, 'certificate_untrusted');
    assert.equal(
      error.message,
      `The certificate of ${origin} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT), so nothing was sent; check ZENDESK_BASE_URL, or trust its issuer with NODE_EXTRA_CA_CERTS.`,
    );
    assert.equal(requests, 0);
    assert.equal(takes.length, 1);
  });
});
