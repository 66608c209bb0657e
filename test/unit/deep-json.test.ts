import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../src/evidence/canonical-json.ts';

/** So many lists around a text. */
function wrap(text: string, depth: number): string {
  return `${'['.repeat(depth)}${text}${']'.repeat(depth)}`;
}

const depth = 20_000;

describe('canonical JSON of a value that is nested too deeply for recursion', () => {
  it('is that of the value alone, in as many lists', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        assert.equal(canonicalJson(wrap(text, depth)), wrap(canonicalJson(text), depth));
      }),
      { numRuns: 40 },
    );
  });

  it('has numbers, strings and keys in their one form too', () => {
    const text =
      ' { "b" : [1.50, -0, 1e2, 12345678901234567890.5, true, false, null ], "a":"x\\u0041\\n\\\\\\"", "10":{}, "9":[], "a":"last \\u2028", "__proto__":1 } ';
    const alone = canonicalJson(text);
    assert.equal(alone.includes('"a":"last'), true);
    assert.equal(canonicalJson(wrap(text, depth)), wrap(alone, depth));
  });

  it('is refused when the text is none', () => {
    assert.throws(() => canonicalJson(wrap('[', depth)), SyntaxError);
    assert.throws(() => canonicalJson(`${wrap('1', depth)}2`), SyntaxError);
  });
});
