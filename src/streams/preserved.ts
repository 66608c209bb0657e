/** Values for jsonb, which cannot hold all JSON. Pure. */

/** A value as jsonb can hold it: as it is, or as `{"json": "…"}` around its JSON text when Postgres could not. */
export function preserve(value: unknown): unknown {
  const json = JSON.stringify(value);
  const isOdd = /\\u(0000|d[89a-f])/.test(json) || oddNumber.test(json) || isDeep(json);
  return isOdd ? { json } : value;
}

/** Numbers that numeric does not hold: a zero with a sign, and powers of ten without end. */
const oddNumber = /(?:^|[:,[])-0(?:\.0*)?(?:[eE][+-]?\d+)?(?:[,}\]]|$)|\d[eE][+-]?\d{4,}/;

/** Far below what Postgres reads; nobody looks for anything deeper. */
const deepestNesting = 100;

function isDeep(json: string): boolean {
  if (json.length <= 2 * deepestNesting) return false;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (isText && character === '\\') at += 1;
    else if (character === '"') isText = !isText;
    else if (isText) continue;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > deepestNesting) return true;
  }
  return false;
}
