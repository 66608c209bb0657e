/** The JSON of an answer. */
import { keepWritten } from './exact-numbers.ts';

/**
 * Parses JSON without changing numbers: a number that JavaScript cannot hold stays as it is written (contract 0.6). The slow
 * way is only for texts that may contain such a number.
 * @throws {SyntaxError} whose message may quote the text, so it must not be passed on
 */
export function parseJson(body: Buffer): unknown {
  const text = new TextDecoder().decode(body);
  return oddNumberStart.test(text) && hasOddNumber(text)
    ? JSON.parse(text, keepWritten)
    : JSON.parse(text);
}

/**
 * What comes before a number of JSON, and the forms that need care. It also matches within strings, but rarely, and costs a
 * third.
 */
const oddNumberStart = /[:,[]\s*(?:-?[\d.]{16}|-?[\d.]+[eE]|-0)/;

/** True when a number outside strings has sixteen digits, a power of ten, or a sign before a zero. */
export function hasOddNumber(text: string): boolean {
  let position = 0;
  while (position < text.length) {
    const opening = text.indexOf('"', position);
    const end = opening === -1 ? text.length : opening;
    if (/[\d.]{16}|\d[eE]|-0/.test(text.slice(position, end))) return true;
    position = opening === -1 ? text.length : findStringEnd(text, opening);
  }
  return false;
}

/** The position after the string that starts at `opening`. */
function findStringEnd(text: string, opening: number): number {
  let closing = text.indexOf('"', opening + 1);
  while (isEscaped(text, closing)) closing = text.indexOf('"', closing + 1);
  return closing === -1 ? text.length : closing + 1;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text[position - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}
