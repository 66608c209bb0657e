/** Divides the rows of a log into parts, each with the manifests that begin in it, so that a verification can be stopped and resumed. Pure. */
import type { Span } from '../../span.ts';
import type { SealedEntry } from './entry.ts';

/** A range of row times, in microseconds since 1970, half-open. */
export type Stretch = { readonly from: number; readonly until: number };

/** A part. Rows without a manifest belong to it by their own time, the others by the first row of their manifest. */
export type RowPart = Stretch & {
  /** The manifests that are compared with this part. */
  readonly manifests: readonly SealedEntry[];
  /** The range to read to get all of their rows. */
  readonly read: Stretch;
};

/** A second or two of work: more than that is not lost by a stop. */
const usualPartRows = 200_000;

/** The time range of a manifest's rows; undefined if it has none. */
export function stretchOf({ rows, bounds: [first, last] }: SealedEntry): Stretch | undefined {
  if ((rows?.count ?? 0) === 0) return undefined;
  return { from: Number(first), until: Number(last) + 1 };
}

/** Whether two ranges overlap. */
function overlaps(a: Stretch, b: Stretch): boolean {
  return a.from < b.until && b.from < a.until;
}

/** Whether a manifest concerns rows of a span, or was made while the span was read. */
export function concerns(entry: SealedEntry, { from, to }: Span): boolean {
  const stretch = stretchOf(entry) ?? { from: entry.span[0] * 1e6, until: entry.span[1] * 1e6 };
  return overlaps(stretch, { from: from * 1e6, until: to * 1e6 });
}

/**
 * The parts of a range, in the order of time.
 *
 * @param entries the manifests of a log; those without a row in the range are left out
 */
export function planParts(
  entries: readonly SealedEntry[],
  { from, until }: Stretch,
  partRows = usualPartRows,
): readonly RowPart[] {
  const concerned = entries
    .flatMap((entry) => {
      const stretch = stretchOf(entry);
      return stretch !== undefined && overlaps(stretch, { from, until })
        ? [{ entry, stretch }]
        : [];
    })
    .toSorted((a, b) => a.stretch.from - b.stretch.from);
  const parts: RowPart[] = [];
  let own: typeof concerned = [];
  let [began, rows] = [from, 0];
  for (const each of concerned) {
    const start = each.stretch.from;
    if (rows >= partRows && start > began && start > (own.at(-1)?.stretch.from ?? -Infinity)) {
      parts.push(makePart({ from: began, until: start }, own));
      [began, rows, own] = [start, 0, []];
    }
    own.push(each);
    rows += each.entry.rows?.count ?? 0;
  }
  return [...parts, makePart({ from: began, until }, own)];
}

/** A part that compares manifests alone: what entered a range since it was read. */
export function planLateComers(entries: readonly SealedEntry[], position: number): RowPart {
  const concerned = entries.flatMap((entry) => {
    const stretch = stretchOf(entry);
    return stretch === undefined ? [] : [{ entry, stretch }];
  });
  return makePart({ from: position, until: position }, concerned);
}

function makePart(
  { from, until }: Stretch,
  own: readonly { readonly entry: SealedEntry; readonly stretch: Stretch }[],
): RowPart {
  let read = { from, until };
  // An empty part reads its manifests alone.
  if (from === until) read = own[0]?.stretch ?? read;
  for (const { stretch } of own)
    read = {
      from: Math.min(read.from, stretch.from),
      until: Math.max(read.until, stretch.until),
    };
  return { from, until, manifests: own.map(({ entry }) => entry), read };
}
