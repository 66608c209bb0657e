import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answer } from '../../src/zendesk/answer.ts';
import { parseJson } from '../../src/zendesk/body.ts';
import { isFaithful } from '../../src/zendesk/faithful.ts';
import { cutList } from '../../src/zendesk/list-cutter.ts';
import { findLossy, parseRecord } from '../../src/zendesk/lossy-records.ts';

/** The elements of the list `logs` and the rest of an answer, as texts. */
function cut(text: string): { elements: string[]; envelope: string } | undefined {
  const found = cutList(Buffer.from(text), 'logs');
  return found && { elements: found.elements.map(String), envelope: String(found.envelope) };
}

describe('cutting the list out of an answer', () => {
  it('returns its elements without surrounding spaces, and the answer with an empty list', () => {
    assert.deepEqual(cut('{"meta":{"more":true}, "logs": [ {"id":1},\r\n\t{"id": 2 } , 3 ]}\n'), {
      elements: ['{"id":1}', '{"id": 2 }', '3'],
      envelope: '{"meta":{"more":true}, "logs": []}\n',
    });
    assert.deepEqual(cut('{"logs":[1],"next":[2]}'), {
      elements: ['1'],
      envelope: '{"logs":[],"next":[2]}',
    });
  });

  it('is not misled by brackets, commas and quotes within texts, lists and objects', () => {
    const elements = [
      String.raw`{"a":"]},[\"{","b":[1,[2,3]],"c":{"d":[]}}`,
      String.raw`"ends with a backslash\\"`,
      '[[],{}]',
    ];
    assert.deepEqual(cut(`{"a":"[\\"logs\\":[","logs":[${elements.join(',')}],"z":"]"}`), {
      elements,
      envelope: '{"a":"[\\"logs\\":[","logs":[],"z":"]"}',
    });
  });

  it('returns what is not JSON unchanged, also if it is empty', () => {
    assert.deepEqual(cut('{"logs":[{"id":01},nul,,{]}')?.elements, undefined);
    assert.deepEqual(cut('{"logs":[{"id":01},nul,,{}]}')?.elements, ['{"id":01}', 'nul', '', '{}']);
    assert.deepEqual(cut('{"logs":[1,]}')?.elements, ['1', '']);
    assert.deepEqual(cut('{"logs":[,1]}')?.elements, ['', '1']);
    assert.deepEqual(cut('{"logs":[ \n ]}')?.elements, []);
  });

  it('takes only the list of that name in the outermost object', () => {
    for (const other of [
      '{"log":[1]}',
      '{"meta":{"logs":[1]}}',
      '[{"logs":[1]}]',
      '["logs",[1]]',
      '{"kind":"logs","other":[1]}',
      '{"logs":1,"other":[1]}',
      '{"logs":{"a":[1]}}',
      '{"logs":"x","logs ":[1]}',
      '"logs":[1]',
      '',
    ])
      assert.equal(cut(other), undefined, other);
    assert.deepEqual(cut('{"logs":null,"other":[0],"logs":[1]}')?.elements, ['1']);
  });

  it('returns nothing if there are two such lists, or if the brackets do not match', () => {
    for (const odd of [
      '{"logs":[1],"logs":[2]}',
      '{"logs":[1]',
      '{"logs":[1],"a":{}',
      '{"logs":[1]}}',
      '{"logs":[{"id":1}',
      '{"logs":["1]}',
      '{"logs":[{"id":1]}',
    ])
      assert.equal(cut(odd), undefined, odd);
  });
});

/** Whether parsed JSON has everything of a text. */
const isWhole = (text: string | Buffer): boolean => {
  const body = Buffer.from(text);
  return isFaithful(body, parseJson(body));
};

describe('parsed JSON', () => {
  it('is complete for a text with different names in each object', () => {
    for (const text of [
      '{}',
      '[]',
      '1',
      'null',
      '"a:b"',
      '"a"',
      '{"a":null,"b":{"a":1,"c":[]}}',
      '[{"a":[{"a":1}]},{"a":2},null,"x"]',
      '{"a" \t\r\n:1}',
      String.raw`{"\"a\":":"b\\","c\\":"\":"}`,
      '{"a":12345678901234567890,"b":[-0,1e400]}',
      '{"é":"ü"}',
    ])
      assert.equal(isWhole(text), true, text);
  });

  it('is lossy if a name appears twice in an object', () => {
    for (const text of [
      '{"a":1,"a":1}',
      '{"a":1,"a" :2}',
      '{"x":[{"a":{"b":1,"b":2}}]}',
      String.raw`{"a":1,"\u0061":2}`,
      '[[{"a":1,"a":null}]]',
      String.raw`{"\\":1,"\\":2}`,
    ])
      assert.equal(isWhole(text), false, text);
  });

  it('is lossy if a byte is not UTF-8', () => {
    assert.equal(
      isWhole(Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff, 0x22, 0x7d)])),
      false,
    );
  });

  it('is lossy for a text that ends within a string', () => {
    for (const text of ['{"a":"b', '{"a":"b\\\\', '{"a'])
      assert.equal(isFaithful(Buffer.from(text), { a: 'b', c: 1 }), false);
  });

  it('is not trusted if it is nested too deep to be counted', () => {
    const deep = 200_000;
    let nested: unknown = {};
    for (let depth = 0; depth < deep; depth += 1) nested = [nested];
    assert.equal(
      isFaithful(Buffer.from(`${'['.repeat(deep)}{}${']'.repeat(deep)}`), nested),
      false,
    );
  });
});

describe('records for which parsing loses something', () => {
  const find = (elements: readonly string[], originals = elements): number[] => {
    const body = Buffer.from(`{"logs":[${elements.join(',')}]}`);
    const records = elements.map((element) => parseRecord(Buffer.from(element)));
    const answer = { status: 200, requestId: 'abc', body } as Answer;
    const contents = originals.map((element) => Buffer.from(element));
    return [...findLossy(answer, { logs: records }, records, () => contents)];
  };

  it('are returned by position', () => {
    assert.deepEqual(find(['{"a":1}', '{"a":1,"a":2}', '{"b":1}', '{"c":{"d":1,"d":2}}']), [1, 3]);
    assert.deepEqual(find(['{"a":1}', '{"b":2}']), []);
  });

  it('are not searched for if nothing was lost', () => {
    const body = Buffer.from('{"logs":[{"a":1}]}');
    const answer = { status: 200, requestId: 'abc', body } as Answer;
    const lossy = findLossy(answer, { logs: [{ a: 1 }] }, [{ a: 1 }], () => assert.fail('was cut'));
    assert.deepEqual([...lossy], []);
  });

  it('leave out those that are not JSON, which are reported anyway', () => {
    assert.deepEqual(find(['{"a":01}', '{"a":1,"a":2}']), [1]);
  });

  it('cannot be returned if the answer is not cut into the same number', () => {
    assert.throws(() => find(['{"a":1,"a":2}'], []), {
      failure: {
        kind: 'broken-answer',
        fault: 'cannot be cut into its records',
        requestId: 'abc',
        status: 200,
        wasCut: false,
      },
    });
  });
});
