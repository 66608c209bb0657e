/** A position in the total order (time, id), by which every list is sorted (contract 0.3 and Q4). */
export type Position = {
  /** Seconds since 1970. */
  readonly second: number;
  readonly id: string | number;
};

/** 1: ascending order. -1: descending order. */
export type Direction = 1 | -1;

/** The other direction. */
export function opposite(direction: Direction): Direction {
  return direction === 1 ? -1 : 1;
}

/** Seconds since 1970, both included. */
export type SecondRange = { readonly from: number; readonly to: number };

/** Less than 0 when a comes before b in the ascending order. */
export function comparePositions(a: Position, b: Position): number {
  if (a.second !== b.second) return a.second - b.second;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** A valid cursor. */
export type ListCursor = Position & {
  /** How many empty pages were sent at this position, so that their cursors differ from each other. */
  readonly spare: number;
};

/** A stateless keyset as recorded: base64 of `{"o":"<order>","v":<values>}` (contract 0.3). */
export function encodeCursor(order: string, { second, id }: Position, spare = 0): string {
  const v = spare === 0 ? [second, id] : [second, id, spare];
  return Buffer.from(JSON.stringify({ o: order, v })).toString('base64');
}

/** Reads a cursor made for that order; undefined when none was sent, null for anything else. */
export function readCursor(text: string | null, order: string): ListCursor | undefined | null {
  if (text === null) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || bytes.toString('base64') !== text) return null;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('o' in value) || !('v' in value))
    return null;
  if (value.o !== order || !Array.isArray(value.v)) return null;
  const [second, id, spare = 0]: unknown[] = value.v;
  if (typeof second !== 'number' || typeof spare !== 'number') return null;
  return typeof id === 'number' || typeof id === 'string' ? { second, id, spare } : null;
}

/** One page of records, each as JSON text, before it is put into the envelope of its service. */
export type ListPage = {
  readonly rows: readonly string[];
  readonly hasMore: boolean;
  /** Whether there is something before the page. */
  readonly hasBefore: boolean;
  readonly afterCursor: string | null;
  /** Whether the cursor is only in the link. */
  readonly linkOnly?: boolean;
  readonly beforeCursor: string | null;
};
