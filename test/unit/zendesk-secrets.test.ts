import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { createSecrets, encodeBasic } from '../../src/zendesk/secrets.ts';

const client = createSecrets({
  kind: 'oauth-client',
  clientId: 'log-puller',
  clientSecret: 'top/secret',
});

describe('the secrets of a text', () => {
  it('are removed wherever they stand, plain or encoded', () => {
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

  it('include the tokens minted last', () => {
    const secrets = createSecrets({ kind: 'oauth-client', clientId: 'a', clientSecret: 'b-b-b' });
    for (const token of ['one-1', 'two-2', 'three-3', 'four-4', 'five-5']) secrets.remember(token);
    assert.equal(
      secrets.scrub('one-1 two-2 three-3 four-4 five-5'),
      'one-1 [removed] [removed] [removed] [removed]',
    );
  });

  it('are removed before a quote is cut, so that no half of one stays', () => {
    const quote = client.quote(`${'x'.repeat(195)} top/secret`);
    assert.equal(quote, `${'x'.repeat(195)} [re…`);
    assert.equal(quote.length, 200);
  });

  it('leave a quote on one line, with the texts of the request removed too', () => {
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
    assert.equal(client.plainError('a text').message, 'unknown failure');
  });
});
