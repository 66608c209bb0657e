import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseProxy, readProxyUrl, type Proxies } from '../../src/proxy.ts';

const proxies: Proxies = {
  https: 'http://me:pw@proxy.acme.example:3128/',
  http: 'http://plain.acme.example/',
  exceptions: '',
};

const isDirect = (exceptions: string, address: string): boolean =>
  chooseProxy({ ...proxies, exceptions }, address) === undefined;

describe('the proxy of an address', () => {
  it('depends on its scheme, and is shown without its login', () => {
    assert.deepEqual(chooseProxy(proxies, 'https://acme.zendesk.com'), {
      url: 'http://me:pw@proxy.acme.example:3128/',
      shown: 'http://proxy.acme.example:3128',
      setting: 'HTTPS_PROXY',
    });
    assert.equal(chooseProxy(proxies, 'http://collector:4318/v1')?.setting, 'HTTP_PROXY');
    assert.equal(chooseProxy({ ...proxies, http: undefined }, 'http://collector:4318'), undefined);
  });

  it('is not used if NO_PROXY names the host, a domain above it, its network, or everything', () => {
    const cases: [string, string, boolean][] = [
      ['acme.zendesk.com', 'https://acme.zendesk.com', true],
      ['other.example, .ZENDESK.com', 'https://acme.zendesk.com', true],
      ['*.zendesk.com', 'https://acme.zendesk.com', true],
      ['zendesk.com', 'https://acme.zendesk.com', true],
      ['desk.com', 'https://acme.zendesk.com', false],
      ['acme.zendesk.com:443', 'https://acme.zendesk.com', true],
      ['acme.zendesk.com:8443', 'https://acme.zendesk.com', false],
      ['*', 'https://acme.zendesk.com', true],
      ['.', 'https://acme.zendesk.com', false],
      ['10.0.0.0/8', 'http://10.1.2.3:4318', true],
      ['10.0.0.0/8', 'http://11.1.2.3:4318', false],
      ['10.1.2.3', 'http://10.1.2.3:4318', true],
      ['10.0.0.0/99', 'http://10.1.2.3:4318', false],
      ['fd00::/8', 'http://[fd00::1]:4318', true],
      ['fd00::1', 'http://[fd00::1]:4318', true],
      ['[fd00::1]:4318', 'http://[fd00::1]:4318', true],
      ['10.0.0.0/8', 'http://[fd00::1]:4318', false],
    ];
    assert.deepEqual(
      cases.filter(([exceptions, address, direct]) => isDirect(exceptions, address) !== direct),
      [],
    );
  });

  it('is not used for this machine, unless the proxy is on it too', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'acme.localhost'])
      assert.ok(isDirect('', `http://${host}:8080`), host);
    const own = { ...proxies, http: 'http://127.0.0.1:3128/' };
    assert.equal(chooseProxy(own, 'http://localhost:8080')?.shown, 'http://127.0.0.1:3128');
  });
});

describe('the address of a proxy', () => {
  it('is http without a scheme, and may have a login with escaped characters', () => {
    assert.equal(readProxyUrl('proxy.acme.example:3128'), 'http://proxy.acme.example:3128/');
    assert.equal(readProxyUrl('me:p%40ss@proxy:3128'), 'http://me:p%40ss@proxy:3128/');
    assert.equal(readProxyUrl('https://proxy.acme.example'), 'https://proxy.acme.example/');
  });

  it('is refused with another scheme, a path, an invalid port, or invalid escapes', () => {
    for (const text of [
      'socks5://proxy:1080',
      'http://proxy:3128/path',
      'http://proxy:99999',
      'http://me:100%@proxy:3128',
      'http://',
      'http://pro xy',
    ])
      assert.equal(readProxyUrl(text), undefined, text);
  });
});
