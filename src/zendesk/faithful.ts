/** Whether parsed JSON has everything that was sent: JSON may have a name twice, and bytes may be invalid. */
import { isUtf8 } from 'node:buffer';
import { isWrittenNumber } from './exact-numbers.ts';

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** False when a name appears twice in an object, so that one value is lost, or when a byte is not UTF-8. */
export function isFaithful(body: Buffer, json: unknown): boolean {
  return isUtf8(body) && countNames(body) === countMembers(json);
}

/** How many strings are followed by a colon. */
function countNames(body: Buffer): number {
  const end = body.length;
  let names = 0;
  let at = 0;
  while (at < end) {
    if (body[at] !== quote) {
      at += 1;
      continue;
    }
    at += 1;
    while (at < end && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
    at += 1;
    // Blanks are the only bytes up to this one that may be there.
    while (at < end && (body[at] ?? 0) <= 0x20) at += 1;
    if (body[at] === colon) names += 1;
  }
  return names;
}

/** How many members all objects in a value have together; more than possible if it is nested too deep to be counted. */
function countMembers(json: unknown): number {
  try {
    return count(json);
  } catch {
    return Number.NaN;
  }
}

function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') members += count(item);
    return members;
  }
  if (isWrittenNumber(value)) return 0;
  for (const name in value) {
    members += 1;
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (typeof member === 'object') members += count(member);
  }
  return members;
}
