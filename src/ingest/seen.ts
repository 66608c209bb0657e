/** What a walk has seen, in little memory whatever its length. */

/** Texts that were seen. With many of them, one that was not may be taken for one that was, but hardly several in a row. */
type Seen = {
  /** Adds a text; true when it had not been seen. */
  add(text: string): boolean;
};

/** Bits of one generation: a megabyte. */
const bits = 2 ** 23;
/** So many texts fill a generation; then the one before it is forgotten. About one in fifty is mistaken then. */
const capacity = 600_000;
/** Most walks are short: so many texts are kept as they are. */
const keptAsTheyAre = 10_000;

/** Creates a memory of nothing. */
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
    const places = locate(text);
    if (hasAll(current, places) || (former !== undefined && hasAll(former, places))) return false;
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

function hasAll(generation: Uint32Array, places: readonly number[]): boolean {
  return places.every((place) => ((generation[place >>> 5] ?? 0) & bitOf(place)) !== 0);
}

function bitOf(place: number): number {
  return 1 << (place & 31);
}

/** Three places in a generation: FNV-1a, and steps by a second hash. */
function locate(text: string): readonly number[] {
  let hash = 0x811c9dc5;
  let step = 0x9e3779b9;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    hash = Math.imul(hash ^ code, 0x01000193);
    step = Math.imul(step ^ code, 0x85ebca6b) ^ (step >>> 13);
  }
  return [hash, hash + step, hash + 2 * step].map((place) => (place >>> 0) % bits);
}
