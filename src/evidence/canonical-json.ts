/** JSON in one form: the same value gives the same bytes, however it was written and whichever version of Postgres keeps it. Pure. */
import { isWrittenNumber, writeNumber } from '../zendesk/exact-numbers.ts';

/**
 * A JSON text in its canonical form: no white space; the members of an object in the order of the UTF-16 code units of
 * their keys, each once, the last one counts; strings as `JSON.stringify` writes them (RFC 8785, section 3.2.2.2); numbers
 * as `writeNumber` does, because jsonb keeps more digits than RFC 8785 allows; of safe integers both write the same.
 */
export function canonicalJson(text: string): string {
  try {
    return render(JSON.parse(text, normalize));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return renderDeep(text);
  }
}

function normalize(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? writeNumber(context?.source ?? String(value)) : value;
}

function render(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isWrittenNumber(value)) return value.rawJSON;
  if (Array.isArray(value)) return `[${value.map(render).join(',')}]`;
  // Not an object of JavaScript in another order: keys that look like numbers would come first again.
  const members = Object.entries(value).map(([key, member]) => [key, render(member)] as const);
  return writeObject(members);
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]|[^\s[\]{},:"]+/g;

/** A list or an object that is being read, with the key whose value comes next. */
type Open = {
  readonly values: string[];
  readonly members?: Map<string, string>;
  readonly key: string[];
};

/** The same without recursion: values in a table may be nested as deeply as Postgres allows. */
function renderDeep(text: string): string {
  // Its result is not needed: it refuses what is not JSON.
  JSON.parse(text);
  const whole: Open = { values: [], key: [] };
  const open = [whole];
  let inner = whole;
  const add = (value: string): void => {
    if (inner.members === undefined) inner.values.push(value);
    else inner.members.set(inner.key.pop() ?? '', value);
  };
  for (const [found] of text.matchAll(token)) {
    if (found === '[' || found === '{') {
      inner = { values: [], key: [], ...(found === '{' && { members: new Map() }) };
      open.push(inner);
    } else if (found === ']' || found === '}') {
      const { values, members } = inner;
      open.pop();
      inner = open.at(-1) ?? whole;
      add(members === undefined ? `[${values.join(',')}]` : writeObject([...members]));
    } else if (!found.startsWith('"')) {
      add(/^[tfn]/.test(found) ? found : render(writeNumber(found)));
    } else if (inner.members !== undefined && inner.key.length === 0) {
      inner.key.push(String(JSON.parse(found)));
    } else add(JSON.stringify(JSON.parse(found)));
  }
  return whole.values.join('');
}

function writeObject(members: readonly (readonly [key: string, value: string])[]): string {
  const sorted = members.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}
