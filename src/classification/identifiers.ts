/** What counts as an id in a path, a parameter or a GraphQL variable: never a word. */

const ZERO = 48;
const NINE = 57;

/** A number of up to 19 digits, a ULID or a UUID. */
export function isId(text: string): boolean {
  const { length } = text;
  if (length === 26) return ulid.test(text);
  if (length === 36) return uuid.test(text);
  if (length === 0 || length > 19) return false;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < ZERO || code > NINE) return false;
  }
  return true;
}

/** A name that people chose for a thing, such as the key of a custom object; an id is one too. */
export function isKey(text: string): boolean {
  return key.test(text);
}

// Crockford's alphabet; the first digit is at most 7, so no word is one.
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const key = /^[A-Za-z0-9][\w:.-]{0,99}$/;
