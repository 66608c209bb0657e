import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { hasLongNumber, parseJson, unpackBody } from '../../src/zendesk/body.ts';

function parse(text: string): unknown {
  return parseJson(Buffer.from(text));
}

describe('parseJson', () => {
  it('keeps every digit of integers beyond 2^53, as strings', () => {
    assert.deepEqual(
      parse(
        '{"a":9007199254740991,"b":9007199254740993,"c":-12345678901234567890,"d":[1e3,18446744073709551616]}',
      ),
      {
        a: 9_007_199_254_740_991,
        b: '9007199254740993',
        c: '-12345678901234567890',
        d: [1_000, '18446744073709551616'],
      },
    );
  });

  it('leaves long fractions and strings as they are', () => {
    assert.deepEqual(
      parse('{"a":0.1234567890123456,"b":"9007199254740993","c":9007199254740993}'),
      { a: 0.1234567890123456, b: '9007199254740993', c: '9007199254740993' },
    );
  });

  it('reads a text that starts with a byte order mark, and replaces invalid bytes', () => {
    assert.deepEqual(parse('\uFEFF{"a":1}'), { a: 1 });
    assert.deepEqual(
      parseJson(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')])),
      { a: '\uFFFD' },
    );
  });

  it('refuses a text that was cut', () => {
    assert.throws(() => parse('{"audit_logs":[{"id":1}'), SyntaxError);
    assert.throws(() => parse(''), SyntaxError);
  });
});

describe('hasLongNumber', () => {
  const table: [string, boolean][] = [
    ['{"id":1234567890123456}', true],
    ['{"id":123456789012345}', false],
    ['{"id":"1234567890123456"}', false],
    [String.raw`{"a":"\"variables\":1234567890123456","b":1}`, false],
    [String.raw`{"a":"ends with a backslash\\","b":1234567890123456}`, true],
    [String.raw`{"a":"\"","b":1234567890123456}`, true],
    [String.raw`{"a":"\\\"","b":1234567890123456}`, true],
    ['{"a":"1234567890123456","b":-12345678901234567}', true],
    ['{"a":"1234567890123456', false],
  ];
  for (const [text, expected] of table)
    it(`says ${expected} of ${text}`, () => assert.equal(hasLongNumber(text), expected));
});

describe('unpackBody', () => {
  const text = '{"access_logs":[]}'.repeat(5_000);
  const plain = Buffer.from(text);
  const table: [string | undefined, Buffer][] = [
    [undefined, plain],
    ['', plain],
    ['identity', plain],
    ['gzip', gzipSync(plain)],
    ['GZIP', gzipSync(plain)],
    ['x-gzip', gzipSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['deflate', deflateSync(plain)],
    ['deflate', deflateRawSync(plain)],
  ];
  for (const [encoding, packed] of table)
    it(`unpacks ${encoding ?? 'no encoding'} of ${packed.length} bytes`, async () =>
      assert.equal((await unpackBody(packed, encoding, 1_000_000)).toString(), text));

  it('refuses cut data and encodings that it does not know', async () => {
    await assert.rejects(unpackBody(gzipSync(plain).subarray(0, 50), 'gzip', 1_000_000), {
      code: 'Z_BUF_ERROR',
    });
    await assert.rejects(
      unpackBody(plain, 'compress', 1_000_000),
      new Error('the answer has an unknown content-encoding'),
    );
  });
});
