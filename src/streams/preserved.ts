/** Values for jsonb, which cannot hold all JSON. Pure. */

/** A value that jsonb can hold: unchanged, or as `{"json": "…"}` around its JSON text if Postgres cannot hold it. */
export function preserve(value: unknown): unknown {
  const json = JSON.stringify(value);
  // Within texts, what looks like a number or a bracket is not one: a hash may contain 3e1415.
  const rest = json.replaceAll(texts, '""');
  return oddCharacter.test(json) || oddNumber.test(rest) || isDeep(rest) ? { json } : value;
}

const texts = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/** U+0000 and halves of surrogate pairs, which `JSON.stringify` writes like this; after another backslash it is text. */
const oddCharacter = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Numbers that numeric cannot hold: a zero with a sign, and unlimited powers of ten. */
const oddNumber = /(?:^|[:,[])-0(?:\.0*)?(?:[eE][+-]?\d+)?(?:[,}\]]|$)|\d[eE][+-]?\d{4,}/;

/** Far below Postgres's limit; nobody searches deeper. */
const deepestNesting = 100;

function isDeep(rest: string): boolean {
  let depth = 0;
  for (const character of rest) {
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > deepestNesting) return true;
  }
  return false;
}
