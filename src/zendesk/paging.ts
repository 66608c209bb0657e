/** How a list is requested page by page, and how the envelope of a page is read (contract 0.3, 4.2). */

/** The paging of a list. It does not know the list's own parameters. */
export type Paging = {
  /** The name of the list in the envelope. */
  readonly itemsKey: string;
  /** The parameters that ask for the page. */
  readonly parameters: (asked: AskedPage) => readonly (readonly [string, string])[];
  /** Reads the JSON of an answer and checks what no page may lack. */
  readonly read: (json: unknown, asked: AskedPage) => Envelope;
};

/** Which page is requested. */
type AskedPage = {
  /** Records at most. */
  readonly pageSize: number;
  /** `nextCursor` of the page before; undefined for the first page. */
  readonly cursor: string | undefined;
};

/** A page's records and cursor, or in `fault` what is wrong with it, as the end of a sentence that starts with "the answer". */
export type Envelope =
  | {
      readonly records: unknown[];
      /** Also on a last page, if the answer has one. */
      readonly nextCursor: string | undefined;
      /** True if only the answer itself says that the page is the last, which needs a second proof. */
      readonly isSaidLast?: boolean;
    }
  | { readonly fault: string };

/**
 * Cursor pagination: `page[size]`, `page[after]`, and an object with the list and `meta`. Only `has_more` ends a list:
 * cursors are still there on a last page with rows, and missing on one without.
 *
 * @param itemsKey the name of the list in the envelope
 */
export function cursorPaging(itemsKey: string): Paging {
  return {
    itemsKey,
    parameters: ({ pageSize, cursor }) => [
      ['page[size]', String(pageSize)],
      ...(cursor === undefined ? [] : [nameCursor(cursor)]),
    ],
    read(json, { cursor: sentCursor }) {
      if (!isObject(json)) return { fault: 'is not a JSON object' };
      const records = json[itemsKey];
      if (!Array.isArray(records)) return { fault: `has no list ${itemsKey}` };
      const meta = json['meta'];
      if (!isObject(meta) || typeof meta['has_more'] !== 'boolean')
        return { fault: 'does not say whether it has more (meta.has_more)' };
      const told = meta['after_cursor'];
      const cursor = typeof told === 'string' && told !== '' ? told : findLinkedCursor(json);
      if (!meta['has_more'])
        return {
          records,
          nextCursor: cursor === sentCursor ? undefined : cursor,
          isSaidLast: true,
        };
      if (cursor === undefined) return { fault: 'has more but no cursor' };
      if (cursor === sentCursor) return { fault: 'repeats the cursor that was sent' };
      return { records, nextCursor: cursor };
    },
  };
}

/** The usual name of the cursor's parameter, and others that a link may use (contract Q9). */
const usualName = 'page[after]';
const otherNames = ['filter[after]', 'cursor'] as const;

/**
 * The cursor in `links.next`, for an answer that has it nowhere else. The link itself is never followed (contract Q17). If
 * the link uses another name for the cursor, the name is kept with it: `filter[after]=…`.
 */
function findLinkedCursor(json: Record<string, unknown>): string | undefined {
  const links = json['links'];
  const next = isObject(links) ? links['next'] : undefined;
  if (typeof next !== 'string' || !URL.canParse(next, 'https://any.example')) return undefined;
  const { searchParams: query } = new URL(next, 'https://any.example');
  const cursor = query.get(usualName);
  if (cursor !== null && cursor !== '') return cursor;
  for (const name of otherNames) {
    const other = query.get(name);
    if (other !== null && other !== '') return `${name}=${other}`;
  }
  return undefined;
}

/** The parameter for sending a cursor. Zendesk's own cursors do not begin with such a name. */
function nameCursor(cursor: string): readonly [string, string] {
  const name = otherNames.find((other) => cursor.startsWith(`${other}=`));
  return name === undefined ? [usualName, cursor] : [name, cursor.slice(name.length + 1)];
}

/** True for a JSON object. */
export function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
