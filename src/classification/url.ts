/**
 * Parses the logged url: the segments of its path, and the ids and the search text in its query. It is not a valid URL:
 * placeholders `{...}` and `[...]` may be anywhere, also before a name: `[...]query=a`; spaces are not encoded (contract
 * 4.2). So nothing here may fail.
 */

/** Where the query begins, or the end of the text. */
export function findQuery(url: string): number {
  const mark = url.indexOf('?');
  return mark === -1 ? url.length : mark;
}

/** The segments of the path, without placeholders, `.json` and empty ones. `end` is where the query begins. */
export function splitPath(url: string, end: number): string[] {
  const path = stripPlaceholders(url.startsWith('/') ? url.slice(0, end) : dropOrigin(url, end));
  const segments: string[] = [];
  let from = 0;
  while (from < path.length) {
    const slash = path.indexOf('/', from);
    const to = slash === -1 ? path.length : slash;
    if (to > from) segments.push(path.slice(from, to));
    from = to + 1;
  }
  const last = segments.length - 1;
  const name = segments[last];
  if (name?.endsWith('.json') === true) {
    if (name.length === 5) segments.pop();
    else segments[last] = name.slice(0, -5);
  }
  return segments;
}

function dropOrigin(url: string, end: number): string {
  const path = url.slice(0, end);
  return path.replace(/^[a-z]+:\/\/[^/]*/i, '');
}

const blanked = '/{...}';

function stripPlaceholders(path: string): string {
  const rest = path.endsWith(blanked) ? path.slice(0, -blanked.length) : path;
  return rest.includes('{') || rest.includes('[') ? rest.replaceAll(placeholder, '') : rest;
}

// A placeholder that is not closed reaches to the end of the path, or to the next segment.
const placeholder = /\{[^{}/]*(?:\}|$|(?=\/))|\[[^[\]/]*(?:\]|$|(?=\/))/g;

/** The parameter names for a search text, the most common first. */
const textParameters = ['query', 'name', 'q', 'term', 'text', 'external_id'];

/** The search text, decoded; null if there is none or Zendesk has removed it. */
export function readSearchText(query: string): string | null {
  for (const name of textParameters) {
    const value = findParameter(query, name);
    if (value !== undefined) return cleanText(value);
  }
  return null;
}

/** The ids that `ids` and `external_ids` list, each once. Also as `ids[]` and `filter[ids]`. */
export function readIds(query: string): readonly string[] {
  let at = query.indexOf('ids');
  if (at === -1) return none;
  const found = new Set<string>();
  for (; at !== -1; at = query.indexOf('ids', at + 3)) {
    const sign = query.indexOf('=', at);
    if (sign === -1 || !endings.has(query.slice(at + 3, sign))) continue;
    const isExternal = query.startsWith(external, at - external.length);
    if (!beginsParameter(query, isExternal ? at - external.length : at)) continue;
    const end = query.indexOf('&', sign);
    const list = query.slice(sign + 1, end === -1 ? query.length : end);
    for (const part of decodeText(list).split(',')) {
      const id = part.trim();
      if (isExternal ? externalId.test(id) : isId(id)) found.add(id);
    }
  }
  return [...found];
}

const none: readonly string[] = [];
const external = 'external_';
const endings = new Set(['', ']', '[]', '%5D', '%5B%5D']);
// What people use as ids in their own systems: anything except placeholders.
const externalId = /^[^{}[\]\p{Cc}]{1,255}$/u;

/** Whether a parameter begins there: at the start, after a separator or a placeholder, or inside `filter[…]`. */
function beginsParameter(query: string, at: number): boolean {
  if (at <= 0 || '?&;]}'.includes(query.charAt(at - 1))) return true;
  return query.startsWith('filter[', at - 7) || query.startsWith('filter%5B', at - 9);
}

function findParameter(query: string, name: string): string | undefined {
  const sign = `${name}=`;
  for (let at = query.indexOf(sign); at !== -1; at = query.indexOf(sign, at + 1)) {
    if (beginsParameter(query, at)) {
      const from = at + sign.length;
      return query.slice(from, findEnd(query, from));
    }
  }
  return undefined;
}

/** An `&` without a parameter after it belongs to the text, as in `Tom & Jerry`. */
function findEnd(query: string, from: number): number {
  for (let at = query.indexOf('&', from); at !== -1; at = query.indexOf('&', at + 1)) {
    nextParameter.lastIndex = at;
    if (nextParameter.test(query)) return at;
  }
  return query.length;
}

const nextParameter = /&(?:amp;)?(?:(?:[\w.-]|\[[\w.]*\]|%5[BD])+=|[{[]|$)/iy;

function cleanText(value: string): string | null {
  const text = decodeText(value.includes('...') ? value.replaceAll(blankedPart, '') : value).trim();
  return text === '' ? null : text;
}

const blankedPart = /\{\.\.\.\}|\[\.\.\.\]/g;

/** Percent-decoded, `+` as a space; escapes that are not UTF-8 stay unchanged, and so does U+0000, which Postgres cannot hold. */
function decodeText(value: string): string {
  const text = value.includes('+') ? value.replaceAll('+', ' ') : value;
  return text.includes('%') ? text.replaceAll(/(?:%[0-9a-f]{2})+/gi, decodeRun) : text;
}

function decodeRun(run: string): string {
  if (run.includes('%00')) return run;
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}

const ZERO = 48;
const NINE = 57;

/** Whether a text is an id, in a path, a parameter or a GraphQL variable: a number of up to 19 digits, a ULID or a UUID, never a word. */
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

/** A name that people chose, such as the key of a custom object; an id is one too. */
export function isKey(text: string): boolean {
  return key.test(text);
}

// Crockford's alphabet; the first digit is at most 7, so no word matches.
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const key = /^[A-Za-z0-9][\w:.-]{0,99}$/;
