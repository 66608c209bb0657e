/** Texts in an index, which takes at most about 2,700 bytes a row. Pure. */
import { createHash } from 'node:crypto';

/**
 * The largest size in bytes of a text in an index: two of them and an account fit. `zendesk_sync.key_text` does the same in
 * SQL.
 */
const mostBytes = 1000;
const prefixCharacters = 200;

/**
 * A text that an index can hold: the text itself, or its beginning with a hash of the whole, so that different texts stay
 * different.
 */
export function shortenKey(text: string): string {
  // No character takes more than three bytes for each of its UTF-16 units.
  if (text.length * 3 <= mostBytes || Buffer.byteLength(text) <= mostBytes) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  const prefix = Array.from(text.slice(0, 2 * prefixCharacters)).slice(0, prefixCharacters);
  return `${prefix.join('')}… ${hash}`;
}
