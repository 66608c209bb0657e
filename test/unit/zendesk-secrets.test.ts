import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  createSecrets,
  encodeBasic,
  renewsTokens,
  type Secrets,
} from '../../src/zendesk/secrets.ts';

const client = createSecrets({
  kind: 'oauth-client',
  clientId: 'log-puller',
  clientSecret: 'top/secret',
});

describe('the secrets of a text', () => {
  it('are removed everywhere, plain or encoded', () => {
    assert.equal(
      client.scrub('a top/secret, b=top%2Fsecret, log-puller'),
      'a [removed], b=[removed], log-puller',
    );
    const legacy = createSecrets({
      kind: 'api-token',
      email: 'jane@acme.example',
      token: 'abc123',
    });
    assert.equal(
      legacy.scrub(`abc123 Basic ${encodeBasic('jane@acme.example', 'abc123')}`),
      '[removed] Basic [removed]',
    );
    const ready = createSecrets({ kind: 'oauth-token', token: 'abc123' });
    assert.equal(ready.scrub('Bearer abc123'), 'Bearer [removed]');
  });

  it('are those of HTTP Basic in the form for API tokens of Zendesk', () => {
    assert.equal(
      encodeBasic('jane@acme.example', 'abc123'),
      'amFuZUBhY21lLmV4YW1wbGUvdG9rZW46YWJjMTIz',
    );
  });

  it('are removed completely if one contains another', () => {
    assert.equal(client.scrub('a top/secret-2', ['top/secret-2']), 'a [removed]');
  });

  it('include the password of the proxy, plain, encoded and with its user, but no empty one', () => {
    const behind = (url: string): Secrets =>
      createSecrets(
        { kind: 'oauth-token', token: 'abc123' },
        { url, shown: 'proxy:3128', setting: 'HTTPS_PROXY' },
      );
    assert.equal(
      behind('http://jane:p%40ss%2F1@proxy:3128').scrub(
        `jane p@ss/1 p%40ss%2F1 ${Buffer.from('jane:p@ss/1').toString('base64')} proxy:3128`,
      ),
      'jane [removed] [removed] [removed] proxy:3128',
    );
    assert.equal(
      behind('http://jane@proxy:3128').scrub(`jane ${Buffer.from('jane:').toString('base64')}`),
      'jane amFuZTo=',
    );
  });

  it('include the first refresh token of a login, if there is one', () => {
    const login = {
      kind: 'oauth-refresh',
      clientId: 'log-puller',
      clientSecret: 'se/cret',
    } as const;
    const said = 'log-puller se/cret se%2Fcret first-1';
    const cleaned = 'log-puller [removed] [removed]';
    assert.equal(
      createSecrets({ ...login, firstToken: 'first-1' }).scrub(said),
      `${cleaned} [removed]`,
    );
    for (const firstToken of [undefined, ''])
      assert.equal(createSecrets({ ...login, firstToken }).scrub(said), `${cleaned} first-1`);
  });

  it('include the tokens minted last', () => {
    const secrets = createSecrets({ kind: 'oauth-client', clientId: 'a', clientSecret: 'b-b-b' });
    const tokens = Array.from({ length: 9 }, (_, place) => `token-${place}`);
    for (const token of tokens) secrets.remember(token);
    assert.equal(secrets.scrub(tokens.join(' ')), `token-0${' [removed]'.repeat(8)}`);
  });

  it('are removed before a quote is cut, so that no part of one stays', () => {
    const quote = client.quote(`${'x'.repeat(195)} top/secret`);
    assert.equal(quote, `${'x'.repeat(195)} [re…`);
    assert.equal(quote.length, 200);
    assert.equal(client.quote('x'.repeat(200)), 'x'.repeat(200));
  });

  it('leave a quote on one line, also without the texts of the request', () => {
    assert.equal(
      client.quote(' page[after]\r\n\u001B[31m \u202Eeyabc\u0000is bad\n', ['eyabc']),
      'page[after] [31m  [removed] is bad',
    );
  });

  it('do not leak through the error of a library', () => {
    const original = Object.assign(new Error('GET https://a.example/x?page=1 top/secret failed'), {
      name: 'RequestError',
      code: 'ECONNRESET',
      options: { headers: { authorization: 'Bearer top/secret' } },
    });
    const plain = client.plainError(original);
    assert.equal(plain.name, 'RequestError');
    assert.equal(plain.message, 'GET https://a.example/x [removed] failed');
    assert.equal(Reflect.get(plain, 'code'), 'ECONNRESET');
    assert.doesNotMatch(inspect(plain, { depth: 20, showHidden: true }), /top\/secret|page=1/);
    const unknown = client.plainError('a text');
    assert.equal(unknown.message, 'unknown failure');
    assert.ok(!('code' in unknown));
  });
});

describe('credentials', () => {
  it('renew their tokens if those are minted or refreshed', () => {
    const kinds = ['oauth-client', 'oauth-refresh', 'oauth-token', 'api-token'] as const;
    assert.deepEqual(
      kinds.map((kind) => renewsTokens({ kind })),
      [true, true, false, false],
    );
  });
});
