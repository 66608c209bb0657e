import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { auditRequest, connect, neverAborted, refusalOf } from './connection.ts';

/** Of no use but here: signed by itself for localhost and 127.0.0.1. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9vORRBEc3QWNiEdQ
4wYtwq8E+RNXAePxRxqkpZbtuFWhRANCAATo2Dz4B4Q0n04idB/f2Dfij2TIQ500
G2lvtjleYRvF7H29m0NyT2tPqn+AMaZWijqCRnibl14joiGazy96X+rM
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUYDtwgQKjkNOtR1GKAqIECVgY9FEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDIzMzA1NVoYDzIxMjYxMDI3
MjMzMDU1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATo2Dz4B4Q0n04idB/f2Dfij2TIQ500G2lvtjleYRvF7H29m0NyT2tP
qn+AMaZWijqCRnibl14joiGazy96X+rMo28wbTAdBgNVHQ4EFgQUvwlpwvxH83AC
d5ufif6exRdRUPQwHwYDVR0jBBgwFoAUvwlpwvxH83ACd5ufif6exRdRUPQwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAKDBqBhq7KXazw8BNPca79pAXXy2EdT/yU7PRmLL4ElvAiEA
wm/sINZmkaG7wDbCRuROibuyzZ4E2WjrzxEleE6UDss=
-----END CERTIFICATE-----`;

describe('TLS', () => {
  it('is verified: a server with a certificate of its own never sees a request', async (test) => {
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
    assert.equal(error.kind, 'failed');
    assert.equal(
      error.message,
      `The certificate of ${origin} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT), so nothing was sent; check ZENDESK_BASE_URL, or trust its issuer with NODE_EXTRA_CA_CERTS.`,
    );
    assert.equal(requests, 0);
    assert.equal(takes.length, 1);
  });
});
