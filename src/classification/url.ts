/**
 * Takes the logged url apart. It is no URL: placeholders `{...}` and `[...]` stand anywhere, spaces are not encoded
 * (contract 4.2), so nothing here may fail.
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

// One that is not closed reaches to the end of the path, or to the next segment.
const placeholder = /\{[^{}/]*(?:\}|$|(?=\/))|\[[^[\]/]*(?:\]|$|(?=\/))/g;
