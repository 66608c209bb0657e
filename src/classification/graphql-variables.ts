/** Reads ids and texts from the variables of a GraphQL operation: a JSON text that may be cut off anywhere (contract 4.2). */
import { isId } from './url.ts';

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * Calls `found` for each id. `typeOf` returns the type of the ids under a key, such as `id` or `ticketId`, or undefined if
 * they do not matter; `parent` is the key of the object around it, empty at the top. Lists of objects are not searched:
 * their ids are parts of the sent data, not its subject. An id that is cut off does not count.
 */
export function scanIds(
  variables: string,
  typeOf: (key: string, parent: string) => string | undefined,
  found: (type: string, id: string) => void,
): void {
  const text = unwrap(variables);
  let depth = 0;
  let lists = 0;
  let key = '';
  let parent = '';
  let type: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = findEndOfString(text, i);
      if (end === -1) return;
      const next = skipSpaces(text, end + 1);
      if (text.charCodeAt(next) === COLON) {
        key = text.slice(i + 1, end);
        if (lists === 0 && depth <= 2) type = typeOf(key, parent);
        i = next;
      } else {
        if (type !== undefined) report(type, text.slice(i + 1, end));
        i = end;
      }
    } else if (type !== undefined && (code === MINUS || isDigit(code))) {
      const end = findEndOfNumber(text, i);
      if (end === text.length) return;
      report(type, text.slice(i, end));
      i = end - 1;
    } else if (code === OPEN_BRACE) {
      depth++;
      parent = depth === 2 ? key : '';
      type = undefined;
    } else if (code === CLOSE_BRACE) {
      depth--;
      parent = '';
      type = undefined;
    } else if (code === OPEN_BRACKET) {
      lists++;
    } else if (code === CLOSE_BRACKET) {
      lists--;
      type = undefined;
    } else if (code === COMMA && lists === 0) {
      type = undefined;
    }
  }

  function report(idType: string, id: string): void {
    if (isId(id)) found(idType, id);
  }
}

const textKeys =
  /"(?:query|search|searchQuery|searchTerm|searchText|term|text|q)"\s*:\s*("(?:[^"\\]|\\.)*")/;

/** The search text in the variables; null if there is none. */
export function readVariableText(variables: string): string | null {
  const literal = textKeys.exec(unwrap(variables))?.[1];
  if (literal === undefined) return null;
  try {
    const text = String(JSON.parse(literal)).trim();
    return text === '' || text.includes('\0') || !text.isWellFormed() ? null : text;
  } catch {
    return null;
  }
}

/** In some rows the text has a second pair of quotes, with or without escapes. */
function unwrap(variables: string): string {
  if (variables.charCodeAt(0) !== QUOTE) return variables;
  const inner = variables.slice(1);
  return inner.includes('\\"') ? inner.replaceAll('\\"', '"').replaceAll('\\\\', '\\') : inner;
}

function findEndOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return -1;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function findEndOfNumber(text: string, start: number): number {
  let end = start;
  while (end < text.length && !',]} \n'.includes(text.charAt(end))) end++;
  return end;
}

function skipSpaces(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 10) at++;
  return at;
}
