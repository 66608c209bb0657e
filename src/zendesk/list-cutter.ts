/**
 * Cuts the list of an answer into its elements, byte by byte, without parsing them: for a record whose original is needed,
 * or a record that makes the whole answer invalid JSON.
 */

/** The elements of a list, unchanged, and the answer with an empty list in its place. */
type CutList = { readonly elements: readonly Buffer[]; readonly envelope: Buffer };

const bytes = { quote: 0x22, backslash: 0x5c, comma: 0x2c } as const;
const openings: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closings: ReadonlySet<number> = new Set([0x5d, 0x7d]);
const blanks: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const listOpening = 0x5b;
const listClosing = 0x5d;

/**
 * Cuts the list of that name out of the outermost object. Undefined if there is none, if there are two, or if the brackets
 * do not match.
 */
export function cutList(body: Buffer, name: string): CutList | undefined {
  const wanted = JSON.stringify(name);
  let found: CutList | undefined;
  let depth = 0;
  let text = '';
  let at = 0;
  while (at < body.length) {
    const byte = body[at] ?? 0;
    if (byte === bytes.quote) {
      const end = findStringEnd(body, at);
      if (depth === 1) text = body.toString('latin1', at, end);
      at = end;
      continue;
    }
    if (byte === bytes.comma) text = '';
    // Without a comma in between, the last text is the name of what opens here.
    if (depth === 1 && byte === listOpening && text === wanted) {
      const list = cutElements(body, at + 1);
      if (list === undefined || found !== undefined) return undefined;
      const envelope = Buffer.concat([body.subarray(0, at + 1), body.subarray(list.end)]);
      found = { elements: list.elements, envelope };
      at = list.end + 1;
      continue;
    }
    if (openings.has(byte)) depth += 1;
    if (closings.has(byte)) depth -= 1;
    at += 1;
  }
  return depth === 0 ? found : undefined;
}

/** The elements from the position after the opening bracket on, and the position of the closing bracket. */
function cutElements(
  body: Buffer,
  start: number,
): { elements: readonly Buffer[]; end: number } | undefined {
  const elements: Buffer[] = [];
  let depth = 0;
  let from = start;
  let at = start;
  while (at < body.length) {
    const byte = body[at] ?? 0;
    if (byte === bytes.quote) {
      at = findStringEnd(body, at);
      continue;
    }
    const isEnd = depth === 0 && byte === listClosing;
    if (isEnd || (depth === 0 && byte === bytes.comma)) {
      const element = trim(body, from, at);
      if (element.length > 0 || elements.length > 0 || !isEnd) elements.push(element);
      if (isEnd) return { elements, end: at };
      from = at + 1;
    }
    if (openings.has(byte)) depth += 1;
    if (closings.has(byte)) depth -= 1;
    at += 1;
  }
  return undefined;
}

/** The position after the string that starts at `opening`; the end of the body when it does not end. */
function findStringEnd(body: Buffer, opening: number): number {
  let at = opening + 1;
  while (at < body.length && body[at] !== bytes.quote) at += body[at] === bytes.backslash ? 2 : 1;
  return at + 1;
}

function trim(body: Buffer, from: number, until: number): Buffer {
  let [start, end] = [from, until];
  while (start < end && blanks.has(body[start] ?? 0)) start += 1;
  while (end > start && blanks.has(body[end - 1] ?? 0)) end -= 1;
  return body.subarray(start, end);
}
