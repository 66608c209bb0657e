/** Pieces that the text forms of C2SP share: strict base64 (RFC 4648, section 4), decimal numbers, names of keys. */
import { FormError } from './form-error.ts';

/** The bytes of base64 in its one canonical spelling; `what` names the field in the message. */
export function parseBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) {
    throw new FormError('malformed', `${what} is not base64 as RFC 4648 writes it.`);
  }
  return bytes;
}

/** A number of leaves or a place among them: decimal, without leading zeros, exact in JavaScript. */
export function parseDecimal(text: string, what: string): number {
  const value = Number(text);
  if (!/^(?:0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(value)) {
    throw new FormError(
      'malformed',
      `${what} is not a decimal number between 0 and ${Number.MAX_SAFE_INTEGER} without leading zeros.`,
    );
  }
  return value;
}

/** A hash of SHA-256 in base64. */
export function parseHash(text: string, what: string): Buffer {
  const bytes = parseBase64(text, what);
  if (bytes.length !== 32) {
    throw new FormError('malformed', `${what} has ${bytes.length} bytes: expected 32 of SHA-256.`);
  }
  return bytes;
}

/** Whether a text can name a key: not empty, no Unicode space, no plus, no control character. */
export function isKeyName(name: string): boolean {
  return /^[^\p{White_Space}\p{Cc}+]+$/u.test(name) && name.isWellFormed();
}
