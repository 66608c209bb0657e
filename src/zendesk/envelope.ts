/** The envelope of a page (contract 0.3, 4.2): the list, and where it goes on. */

/** A page's records and cursor, or in `fault` what is wrong with it, as the end of a sentence that starts with "the answer". */
export type Envelope = { records: unknown[]; nextCursor: string | undefined } | { fault: string };

/**
 * Reads an envelope and checks what no page may lack. Only `has_more` ends a list: cursors are still there on a last page
 * with rows, and missing on one without.
 */
export function readEnvelope(
  json: unknown,
  itemsKey: string,
  sentCursor: string | undefined,
): Envelope {
  if (!isObject(json)) return { fault: 'is not a JSON object' };
  const records = json[itemsKey];
  if (!Array.isArray(records)) return { fault: `has no list ${itemsKey}` };
  const meta = json['meta'];
  if (!isObject(meta) || typeof meta['has_more'] !== 'boolean')
    return { fault: 'does not say whether it has more (meta.has_more)' };
  if (!meta['has_more']) return { records, nextCursor: undefined };
  const cursor = meta['after_cursor'];
  if (typeof cursor !== 'string' || cursor === '') return { fault: 'has more but no cursor' };
  if (cursor === sentCursor) return { fault: 'repeats the cursor that was sent' };
  return { records, nextCursor: cursor };
}

/** True for a JSON object. */
export function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
