/**
 * The different values of a column, in the order in which they came first, as bytes in one buffer: a text for each value of
 * each row would cost more than everything else that is done with it. Pure.
 */

/** The values of a column within a group of rows. Its memory is used again. */
export type DifferentValues = {
  /** The value of each row by its place among the values; -1 for nothing. */
  readonly places: Int32Array;
  /** How many values there are, where each begins, and where the last ends. */
  readonly size: number;
  readonly starts: Int32Array;
  readonly bytes: Buffer;
};

/** Takes the values of one row after the other. */
export type Dictionary = {
  addNothing(): void;
  /** Some bytes, with a hash of them. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): void;
  read(): DifferentValues;
  clear(): void;
};

/** An empty one, for so many rows at most. */
export function createDictionary(mostRows: number): Dictionary {
  const places = new Int32Array(mostRows);
  const starts = new Int32Array(mostRows + 1);
  const hashes = new Int32Array(mostRows);
  // The place of a value plus one, by its hash.
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * mostRows)));
  const mask = slots.length - 1;
  let [rows, size, known] = [0, 0, Buffer.allocUnsafeSlow(1024)];
  const isSame = (place: number, bytes: Uint8Array, start: number, end: number): boolean => {
    let own = starts[place] ?? 0;
    if ((starts[place + 1] ?? 0) - own !== end - start) return false;
    for (let at = start; at < end; at += 1, own += 1) if (known[own] !== bytes[at]) return false;
    return true;
  };
  const append = (bytes: Uint8Array, start: number, end: number): void => {
    let own = starts[size] ?? 0;
    const until = own + end - start;
    if (until > known.length) known = Buffer.concat([known], 2 * until);
    for (let at = start; at < end; at += 1, own += 1) known[own] = bytes[at] ?? 0;
    size += 1;
    starts[size] = until;
  };
  const note = (place: number): void => {
    places[rows] = place;
    rows += 1;
  };
  return {
    addNothing: () => note(-1),
    add(bytes, start, end, hash) {
      let slot = (hash ^ (hash >>> 15)) & mask;
      for (;;) {
        const place = (slots[slot] ?? 0) - 1;
        if (place < 0) break;
        if (hashes[place] === hash && isSame(place, bytes, start, end)) {
          note(place);
          return;
        }
        slot = (slot + 1) & mask;
      }
      slots[slot] = size + 1;
      hashes[size] = hash;
      note(size);
      append(bytes, start, end);
    },
    read: () => ({
      places: places.subarray(0, rows),
      size,
      starts: starts.subarray(0, size + 1),
      bytes: known.subarray(0, starts[size]),
    }),
    clear() {
      slots.fill(0);
      [rows, size] = [0, 0];
    },
  };
}
