/** What a walk has seen, in little memory for any length. */
import { hashText } from './text-hash.ts';

/** Texts that were seen. With many of them, a new text may be mistaken for a seen one, but hardly several in a row. */
type Seen = {
  /** Adds a text; true if it had not been seen. */
  add(text: string): boolean;
};

/** Bits of one generation: a megabyte. */
const bits = 2 ** 23;
/**
 * So many texts fill a generation; then the previous one is forgotten. By then about one text in fifty is mistaken for a
 * seen one.
 */
const capacity = 600_000;
/** Most walks are short: the texts of a page are kept unchanged, in a third of a megabyte. */
const keptAsTheyAre = 2_500;

/** Creates an empty memory. */
export function createSeen(): Seen {
  const first = new Set<string>();
  let current: Uint32Array | undefined;
  let former: Uint32Array | undefined;
  let count = 0;

  function addToBits(text: string): boolean {
    if (current === undefined || count >= capacity) {
      former = current;
      current = new Uint32Array(bits / 32);
      count = 0;
    }
    locate(text);
    if (hasAll(current) || (former !== undefined && hasAll(former))) return false;
    for (const place of places) current[place >>> 5] = (current[place >>> 5] ?? 0) | bitOf(place);
    count += 1;
    return true;
  }

  return {
    add(text) {
      if (first.has(text)) return false;
      if (first.size >= keptAsTheyAre) return addToBits(text);
      first.add(text);
      return true;
    },
  };
}

/** Three positions in a generation, of the text that was located last: an array for each text would be garbage. */
const places = new Uint32Array(3);

function hasAll(generation: Uint32Array): boolean {
  for (const place of places)
    if (((generation[place >>> 5] ?? 0) & bitOf(place)) === 0) return false;
  return true;
}

function bitOf(place: number): number {
  return 1 << (place & 31);
}

const words = new Uint32Array(2);

/** Finds the positions of a text, at equal distances. */
function locate(text: string): void {
  hashText(text, words);
  // Not by a pattern: it would go through an iterator for each text.
  const hash = words[0] ?? 0;
  const step = words[1] ?? 0;
  for (let at = 0; at < places.length; at += 1) places[at] = ((hash + at * step) >>> 0) % bits;
}
