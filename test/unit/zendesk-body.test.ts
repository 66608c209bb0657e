import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPlainText } from '../../src/zendesk/exact-numbers.ts';
import { hasOddNumber, parseJson } from '../../src/zendesk/body.ts';

function parse(text: string): unknown {
  return parseJson(Buffer.from(text));
}

describe('parseJson', () => {
  it('keeps every digit of integers beyond 2^53, as written', () => {
    const text =
      '{"a":9007199254740991,"b":9007199254740993,"c":-12345678901234567890,"d":[18446744073709551616]}';
    assert.equal(JSON.stringify(parse(text)), text);
  });

  it('keeps numbers that JavaScript cannot hold as written, and parses all others', () => {
    const written = [
      '1e400',
      '-0',
      '-0.0',
      '0.1234567890123456789',
      '123456789012345678901234567890',
    ];
    for (const number of [...written, '1e-400', '1e23'])
      assert.equal(JSON.stringify(parse(`{"a":[${number}]}`)), `{"a":[${number}]}`);
    for (const number of [
      '0',
      '1e3',
      '2.50',
      '0.1',
      '0.1234567890123456',
      '1.5E-7',
      '1.5e3',
      '1.001e4',
      '1.5e-3',
      '0.00000015',
      '-1500e-2',
      '0.0',
      '0e5',
      '100000000000000',
    ])
      assert.deepEqual(parse(`{"a":${number}}`), { a: Number(number) });
  });

  it('leaves strings unchanged', () => {
    assert.deepEqual(parse('{"a":0.1234567890123456,"b":"9007199254740993","c":":-0,1e400"}'), {
      a: 0.1234567890123456,
      b: '9007199254740993',
      c: ':-0,1e400',
    });
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

describe('hasOddNumber', () => {
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
    ['{"a', false],
    ['1234567890123456', true],
  ];
  for (const [text, expected] of table)
    it(`says ${expected} of ${text}`, () => assert.equal(hasOddNumber(text), expected));
});

describe('readPlainText', () => {
  it('returns texts unchanged, numbers as written, and nothing for anything else', () => {
    const json = '["a","",7,1.5,12345678901234567890,1e400,true,null,{},["a"]]';
    assert.deepEqual((parse(json) as unknown[]).map(readPlainText), [
      'a',
      '',
      '7',
      '1.5',
      '12345678901234567890',
      '1e400',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    assert.equal(readPlainText(undefined), undefined);
  });
});
