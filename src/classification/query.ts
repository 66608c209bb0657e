/** Reads the query of a logged url: search texts and lists of ids. Placeholders may stand before a name: `[...]query=a`. */
import { isId } from './identifiers.ts';

/** What endpoints call the text of a search, most usual first. */
const textParameters = ['query', 'name', 'q', 'term', 'text', 'external_id'];

/** The text of a search, decoded; null when there is none or Zendesk blanked it. */
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
// What people use as ids in their own systems; only placeholders are no such.
const externalId = /^[^{}[\]\p{Cc}]{1,255}$/u;

/** Whether a parameter begins there: at the start, after a separator or a placeholder, or within `filter[…]`. */
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

/** An `&` that begins no further parameter belongs to the text, as in `Tom & Jerry`. */
function findEnd(query: string, from: number): number {
  for (let at = query.indexOf('&', from); at !== -1; at = query.indexOf('&', at + 1)) {
    nextParameter.lastIndex = at;
    if (nextParameter.test(query)) return at;
  }
  return query.length;
}

const nextParameter = /&(?:amp;)?(?:(?:[\w.-]|\[[\w.]*\]|%5[BD])+=|[{[]|$)/iy;

function cleanText(value: string): string | null {
  const text = decodeText(value.includes('...') ? value.replaceAll(placeholder, '') : value).trim();
  return text === '' ? null : text;
}

const placeholder = /\{\.\.\.\}|\[\.\.\.\]/g;

/** Percent-decoded, `+` as a space; what is not UTF-8 stays as it is, and so does U+0000, which Postgres cannot hold. */
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
