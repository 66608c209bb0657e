/** Finds which rows of a page differ, by the stored tags. Four bits cannot name every row; the root decides whether any differs. Pure. */

/** Places among the sealed rows and among the current rows. */
type RowDifferences = {
  /** Current places of rows that changed. */
  readonly changed: readonly number[];
  /** Current places of rows that were added. */
  readonly added: readonly number[];
  /** Current places before which a row is missing; the number of rows stands for the end. */
  readonly missing: readonly number[];
};

/** Beyond this number of missing or added rows, naming each one helps nobody. */
const mostNamed = 64;

/** The tags of rows, one a byte. */
export function unpackTags(tags: Uint8Array, rows: number): Uint8Array {
  return Uint8Array.from({ length: rows }, (_, row) => {
    const pair = tags[row >> 1] ?? 0;
    return row % 2 === 0 ? pair >> 4 : pair & 15;
  });
}

/** The alignment of the tags now with those that were sealed that makes the fewest rows changed; undefined when they differ too much. */
export function compareTags(sealed: Uint8Array, now: Uint8Array): RowDifferences | undefined {
  if (sealed.length >= now.length) {
    const aligned = align(sealed, now);
    return (
      aligned && {
        changed: aligned.changed.map(({ short }) => short),
        added: [],
        missing: aligned.left,
      }
    );
  }
  const aligned = align(now, sealed);
  return (
    aligned && {
      changed: aligned.changed.map(({ long }) => long),
      added: aligned.skipped,
      missing: [],
    }
  );
}

type Aligned = {
  readonly changed: readonly { readonly long: number; readonly short: number }[];
  /** Places of the longer list that have no partner. */
  readonly skipped: readonly number[];
  /** For each, the place in the shorter list before which it belongs. */
  readonly left: readonly number[];
};

/** Fewest unequal partners when `long.length - short.length` places of the longer list are left out. */
function align(long: Uint8Array, short: Uint8Array): Aligned | undefined {
  const gaps = long.length - short.length;
  if (gaps > mostNamed) return undefined;
  const width = gaps + 1;
  // costs[(place in short) * width + gaps so far]
  const costs = new Float64Array((short.length + 1) * width).fill(Infinity);
  costs.fill(0, 0, width);
  for (let at = 1; at <= short.length; at += 1)
    for (let gap = 0; gap < width; gap += 1) {
      const paired =
        (costs[(at - 1) * width + gap] ?? Infinity) +
        (long[at - 1 + gap] === short[at - 1] ? 0 : 1);
      const skipped = gap === 0 ? Infinity : (costs[at * width + gap - 1] ?? Infinity);
      costs[at * width + gap] = Math.min(paired, skipped);
    }
  const changed: { long: number; short: number }[] = [];
  const skipped: number[] = [];
  const left: number[] = [];
  for (let [at, gap] = [short.length, gaps]; at > 0 || gap > 0;) {
    const here = costs[at * width + gap] ?? Infinity;
    if (gap > 0 && (at === 0 || costs[at * width + gap - 1] === here)) {
      gap -= 1;
      skipped.unshift(at + gap);
      left.unshift(at);
      continue;
    }
    at -= 1;
    if (long[at + gap] !== short[at]) changed.unshift({ long: at + gap, short: at });
  }
  return { changed, skipped, left };
}
