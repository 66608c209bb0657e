/** JSON in one form: the same value gives the same bytes, however it was written and whichever version of Postgres keeps it. Pure. */
import { isWrittenNumber, writeNumber } from '../zendesk/exact-numbers.ts';

/**
 * A JSON text in its canonical form: no white space; the members of an object in the order of the UTF-16 code units of
 * their keys, each once, the last one counts; strings as `JSON.stringify` writes them (RFC 8785, section 3.2.2.2); numbers
 * as `writeNumber` does, because jsonb keeps more digits than RFC 8785 allows; of safe integers both write the same.
 */
export function canonicalJson(text: string): string {
  return render(JSON.parse(text, normalize));
}

function normalize(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? writeNumber(context?.source ?? String(value)) : value;
}

function render(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isWrittenNumber(value)) return value.rawJSON;
  if (Array.isArray(value)) return `[${value.map(render).join(',')}]`;
  // Not an object of JavaScript in another order: keys that look like numbers would come first again.
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${render(member)}`);
  return `{${members.join(',')}}`;
}
