import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { shortenKey } from '../../src/streams/key-text.ts';
import {
  address,
  bigint,
  boolean,
  cleanText,
  createFieldReader,
  keyText,
  moment,
  readBigintId,
  readRecord,
  readTextId,
  readTime,
  smallint,
  text,
  within,
} from '../../src/streams/fields.ts';
import { preserve } from '../../src/streams/preserved.ts';
import { parseJson } from '../../src/zendesk/body.ts';

/** A value parsed from the JSON of an answer. */
const parsed = (json: string): unknown =>
  (parseJson(Buffer.from(`{"value":${json}}`)) as { value: unknown }).value;

const read = createFieldReader(
  {
    text,
    key: keyText,
    big: bigint,
    small: smallint,
    address,
    flag: boolean,
    at: moment,
    first: within(['outer', 'first'], text),
    second: within(['outer', 'second'], smallint),
  },
  ['id'],
);
const nothing = {
  id: null,
  text: null,
  key: null,
  big: null,
  small: null,
  address: null,
  flag: null,
  at: null,
  first: null,
  second: null,
  extra: null,
};

/** The columns that a record fills, and the content of `extra`, as in JSON. */
function fill(json: string): Record<string, unknown> {
  const row = read(readRecord(parsed(json), 'logs'));
  assert.deepEqual(Object.keys(row), Object.keys(nothing));
  return Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, name === 'extra' ? JSON.stringify(value) : value]),
  );
}

describe('the fields of a record', () => {
  it('fill the columns that they fit; missing or null fields leave them empty', () => {
    assert.deepEqual(read({}), nothing);
    assert.deepEqual(
      fill('{"id":1,"text":null,"big":null,"outer":null}'),
      {},
      'the key is read apart',
    );
    assert.deepEqual(read({ text: undefined }), nothing);
    assert.deepEqual(
      fill(
        '{"text":"","key":"k","big":-9,"small":0,"address":"::1","flag":false,"at":"2026-11-20T08:15:03Z","outer":{"first":"a","second":2}}',
      ),
      {
        text: '',
        key: 'k',
        big: -9,
        small: 0,
        address: '::1',
        flag: false,
        at: '2026-11-20T08:15:03Z',
        first: 'a',
        second: 2,
      },
    );
  });

  const fitting: [field: string, json: string, value: unknown][] = [
    ['big', '9007199254740991', 9_007_199_254_740_991],
    ['big', '9223372036854775807', '9223372036854775807'],
    ['big', '-9223372036854775808', '-9223372036854775808'],
    ['big', '"9223372036854775807"', '9223372036854775807'],
    ['big', '"0"', '0'],
    ['small', '32767', 32_767],
    ['small', '-32768', -32_768],
    ['small', '"404"', 404],
    ['address', '"203.0.113.9"', '203.0.113.9'],
    ['flag', 'true', true],
    ['at', '"2026-11-20 08:15Z"', '2026-11-20T08:15:00Z'],
  ];
  for (const [field, json, value] of fitting)
    it(`fit: ${json} as ${field}`, () =>
      assert.deepEqual(fill(`{"${field}":${json}}`), { [field]: value }));

  const odd: [field: string, json: string][] = [
    ['text', '7'],
    ['text', '{"a":1}'],
    ['key', '7'],
    ['big', '9223372036854775808'],
    ['big', '-9223372036854775809'],
    ['big', '"99999999999999999999"'],
    ['big', '1.5'],
    ['big', '"1.5"'],
    ['big', '"-0"'],
    ['big', '"x1"'],
    ['big', 'true'],
    ['big', '[5]'],
    ['small', '32768'],
    ['small', '-32769'],
    ['small', '"32768"'],
    ['small', '1.5'],
    ['small', '"007"'],
    ['small', '""'],
    ['small', 'false'],
    ['small', '["404"]'],
    ['address', '"fe80::1%eth0"'],
    ['address', '["203.0.113.9"]'],
    ['flag', '"true"'],
    ['flag', '1'],
    ['at', '"2026-11-20"'],
    ['outer', '[1]'],
    ['outer', '12345678901234567890'],
    ['unknown', '12345678901234567890'],
  ];
  for (const [field, json] of odd)
    it(`go to extra unchanged: ${json} as ${field}`, () => {
      assert.deepEqual(fill(`{"${field}":${json}}`), { extra: `{"${field}":${json}}` });
    });

  it('go to extra with the name of the field around them', () => {
    assert.deepEqual(
      fill('{"outer":{"first":7,"second":"x","third":[1],"a\\u0000":1},"z":{"first":1}}'),
      {
        extra:
          '{"outer.first":7,"outer.second":"x","outer.third":[1],"outer.a\uFFFD":1,"z":{"first":1}}',
      },
    );
  });

  it('fill a column with the part that fits, and go to extra too', () => {
    const long = 'a'.repeat(1001);
    assert.deepEqual(fill(`{"key":"${long}"}`), {
      key: shortenKey(long),
      extra: `{"key":"${long}"}`,
    });
    assert.deepEqual(fill(String.raw`{"text":"a\u0000b","key":"\ud800"}`), {
      text: 'a\uFFFDb',
      key: '\uFFFD',
      extra: JSON.stringify({
        text: { json: String.raw`"a\u0000b"` },
        key: { json: String.raw`"\ud800"` },
      }),
    });
  });
});

describe('a record', () => {
  it('is an object, or is refused', () => {
    assert.deepEqual(readRecord({ a: 1 }, 'logs'), { a: 1 });
    for (const value of [null, 7, 'a', [{ a: 1 }], parsed('12345678901234567890')])
      assert.throws(() => readRecord(value, 'logs'), {
        message: 'Zendesk sent a record in logs that is not an object.',
      });
    assert.throws(() => readRecord(undefined, 'logs'), {
      message: 'Zendesk sent a record in logs that is not valid JSON.',
    });
  });

  it('has a number, or a number as text, as its id if the column is a bigint', () => {
    for (const [json, id] of [
      ['1', '1'],
      ['-1', '-1'],
      ['"17"', '17'],
      ['9223372036854775807', '9223372036854775807'],
    ] as const)
      assert.equal(readBigintId(parsed(json), 'logs'), id);
    for (const json of [
      '1.5',
      '"x"',
      'null',
      '{}',
      '9223372036854775808',
      'true',
      '["17"]',
      '""',
      '1e400',
    ])
      assert.throws(() => readBigintId(parsed(json), 'logs'), { code: 'record_unreadable' }, json);
  });

  it('has any text or number as its id if the column is text', () => {
    for (const [json, id] of [
      ['1', '1'],
      ['12345678901234567890', '12345678901234567890'],
      ['"Ä b"', 'Ä b'],
      [`"${'x'.repeat(1001)}"`, shortenKey('x'.repeat(1001))],
      [`0.${'1'.repeat(1001)}`, shortenKey(`0.${'1'.repeat(1001)}`)],
    ] as const)
      assert.equal(readTextId(parsed(json), 'logs'), id);
    for (const json of ['""', String.raw`"a\u0000"`, String.raw`"\ud800"`, 'null', '[]', 'true'])
      assert.throws(() => readTextId(parsed(json), 'logs'), { code: 'record_unreadable' }, json);
  });
});

describe('a record without a usable time', () => {
  it('is named by its id, unless that may be content', () => {
    for (const [id, name] of [
      ['01M7-a.b:c_d', 'Record 01M7-a.b:c_d'],
      ['x'.repeat(64), `Record ${'x'.repeat(64)}`],
      ['x'.repeat(65), 'A record with an unusual id'],
      ['Ann Lee', 'A record with an unusual id'],
      ['ann@', 'A record with an unusual id'],
      ['@ann', 'A record with an unusual id'],
    ] as const)
      assert.throws(() => readTime(null, 'timestamp', id), {
        message: `${name} has no usable timestamp.`,
      });
  });
});

describe('text in an index', () => {
  it('stays unchanged up to a thousand bytes', () => {
    for (const fitting of ['', 'a'.repeat(1000), 'é'.repeat(500), '€'.repeat(333)])
      assert.equal(shortenKey(fitting), fitting);
  });

  it('is shortened to two hundred characters and a hash of the whole', () => {
    for (const [long, character] of [
      ['a'.repeat(1001), 'a'],
      ['é'.repeat(501), 'é'],
      ['😀'.repeat(251), '😀'],
    ] as const) {
      const hash = createHash('sha256').update(long).digest('hex');
      assert.equal(shortenKey(long), `${character.repeat(200)}… ${hash}`);
    }
  });
});

describe('text that Postgres cannot hold', () => {
  it('gets U+FFFD instead of the unsupported characters', () => {
    assert.equal(cleanText('a\0b\0\ud800c'), 'a\uFFFDb\uFFFD\uFFFDc');
    assert.equal(cleanText('a😀'), 'a😀');
  });
});

describe('a value for jsonb', () => {
  const nested = (depth: number, inner = '1'): string =>
    `${'[{"a":'.repeat(depth / 2)}${inner}${'}]'.repeat(depth / 2)}`;
  const text200 = `"${'['.repeat(300)}\\"${'{'.repeat(300)}"`;
  const kept = [
    '1',
    '-1',
    '0.5',
    '1e22',
    '1e999',
    '"-0"',
    '"1e9999 is much"',
    '[10,-0.5]',
    '{"a":"\\\\ud800"}',
    nested(100),
    nested(98, text200),
    `[${Array.from({ length: 200 }, () => '[{}]').join(',')}]`,
  ];
  for (const json of kept)
    it(`is kept unchanged: ${json.slice(0, 60)}`, () => {
      const value = parsed(json);
      assert.equal(preserve(value), value);
    });

  const wrapped = [
    '-0',
    '[-0]',
    '[1,-0.0]',
    '{"a":-0}',
    '{"a":[-0e5,1]}',
    '1e1000',
    '[2E+1000]',
    '1e-1000',
    String.raw`"a\u0000"`,
    String.raw`{"\u0000":1}`,
    String.raw`"\ud800"`,
    String.raw`"\udfff"`,
    String.raw`"\\\\\ud800"`,
    String.raw`{"\"":1e1000}`,
    nested(102),
    nested(102, text200),
    `{"a":[${nested(100)}]}`,
  ];
  for (const json of wrapped)
    it(`is kept as its text: ${json.slice(0, 60)}`, () =>
      assert.deepEqual(preserve(parsed(json)), { json }));
});
