import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  adviseOnRefusal,
  describeSilence,
  explainProxyFault,
  type Silence,
} from '../../src/zendesk/proxy-fault.ts';

const proxy = {
  url: 'http://proxy.example:3128/',
  shown: 'proxy.example:3128',
  setting: 'HTTPS_PROXY',
} as const;
const cause = Object.assign(new Error('no'), { name: 'TimeoutError' });
const silence = (
  fault?: 'refused' | 'unreachable' | 'on-the-way',
  more: { code?: string; status?: number } = {},
): Silence => ({
  kind: 'no-answer',
  code: more.code,
  cause,
  ...(fault === undefined ? {} : { proxy: { proxy, fault, ...more } }),
});

describe('a request without an answer', () => {
  it('is described by the code of its error, or the name if it has none', () => {
    assert.equal(
      describeSilence(silence(undefined, { code: 'ECONNRESET' })),
      'no complete answer (ECONNRESET)',
    );
    assert.equal(describeSilence(silence()), 'no complete answer (TimeoutError)');
  });

  it('names the proxy, and what it did', () => {
    const name = 'the proxy proxy.example:3128';
    assert.equal(
      describeSilence(silence('refused', { status: 403 })),
      `${name} refused to connect (status 403)`,
    );
    assert.equal(
      describeSilence(silence('unreachable', { code: 'ECONNREFUSED' })),
      `${name} cannot be reached (ECONNREFUSED)`,
    );
    assert.equal(
      describeSilence(silence('on-the-way', { code: 'ECONNRESET' })),
      `no complete answer (ECONNRESET) through ${name}`,
    );
  });

  it('is not the fault of a proxy that is not used, or that has passed the request on', () => {
    assert.equal(explainProxyFault(silence()), undefined);
    assert.equal(explainProxyFault(silence('on-the-way')), undefined);
  });

  it('is the fault of a proxy that cannot be reached, or that refuses', () => {
    assert.deepEqual(explainProxyFault(silence('unreachable', { code: 'ENOTFOUND' })), {
      code: 'proxy_unreachable',
      found: 'The proxy proxy.example:3128 cannot be reached (ENOTFOUND), so Zendesk was not asked',
      wayOut: 'check HTTPS_PROXY; what needs no proxy belongs into NO_PROXY',
    });
    assert.deepEqual(explainProxyFault(silence('refused', { status: 403 })), {
      code: 'proxy_refused',
      found:
        'The proxy proxy.example:3128 refuses to connect to Zendesk (status 403), so Zendesk was not asked',
      wayOut: 'ask whoever runs the proxy to allow this host, or put it into NO_PROXY',
    });
  });

  it('is fixed by adding a login to the setting of a proxy that requires one, or by checking the existing one', () => {
    assert.equal(
      adviseOnRefusal(proxy, 407),
      'it asks for a login: write user and password into HTTPS_PROXY, as in http://user:password@proxy:3128',
    );
    assert.equal(
      adviseOnRefusal({ ...proxy, url: 'http://jane:secret@proxy.example:3128/' }, 407),
      'it does not accept the user and password in HTTPS_PROXY by HTTP Basic: check them',
    );
    assert.equal(
      adviseOnRefusal(proxy, undefined),
      'ask whoever runs the proxy to allow this host, or put it into NO_PROXY',
    );
  });
});
