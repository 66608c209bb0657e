/**
 * Filters that say which groups of rows may name an id: a Bloom filter of 32-byte blocks for each group, over all that looks
 * like an id in the texts of its rows. A question reads one block of each filter. Which words of a text are the subject of a
 * request the rules decide when somebody asks, so that changed rules need no other filter. Pure.
 */

/** The length of a block in bytes. */
export const blockBytes = 32;
/** Of which about one in a hundred groups is read without need. */
const bitsForEach = 12;
const blockBits = blockBytes * 8;
/** Bits of a block that are set for a token, one in each of its words. */
const words = 8;

/** Builds filters. */
type FilterBuilder = {
  /** The filter over the values of some columns of a group, as whole blocks. */
  build(columns: readonly TextValues[]): Buffer;
};

/** The different texts of a column: where each begins, and where the last ends. */
type TextValues = { readonly size: number; readonly starts: Int32Array; readonly bytes: Buffer };

/** Builds the filters of one group after the other. */
export function createFilterBuilder(): FilterBuilder {
  const tokens = new Set<number>();
  // Small numbers of JavaScript have a sign.
  const add = (hash: number): void => void tokens.add(hash | 0);
  return {
    build(columns) {
      for (const { size, starts, bytes } of columns)
        for (let place = 0; place < size; place += 1)
          eachTokenOf(bytes, starts[place] ?? 0, starts[place + 1] ?? 0, add);
      const blocks = Math.max(1, Math.ceil((tokens.size * bitsForEach) / blockBits));
      const filter = Buffer.alloc(blocks * blockBytes);
      for (const token of tokens) setToken(filter, blockOf(token >>> 0, blocks), token);
      tokens.clear();
      return filter;
    },
  };
}

/** The tokens of an id, hashed; none for an id without a digit, which no filter knows. */
export function tokensOf(id: string): readonly number[] {
  const tokens: number[] = [];
  eachToken(id, (hash) => tokens.push(hash));
  return tokens;
}

/** The block of a filter that a token belongs to. */
export function blockOf(token: number, blocks: number): number {
  return Math.floor((token / 2 ** 32) * blocks);
}

/** Whether a block may have a token. */
export function mayHave(block: Uint8Array, token: number): boolean {
  const key = mix(token);
  for (let word = 0; word < words; word += 1) {
    const bit = bitOf(key, word);
    if (((block[word * 4 + (bit >> 3)] ?? 0) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

function setToken(filter: Buffer, block: number, token: number): void {
  const key = mix(token);
  for (let word = 0; word < words; word += 1) {
    const bit = bitOf(key, word);
    const at = block * blockBytes + word * 4 + (bit >> 3);
    filter[at] = (filter[at] ?? 0) | (1 << (bit & 7));
  }
}

/** A number of one bit of 32 for each word. */
function bitOf(key: number, word: number): number {
  return Math.imul(key, salts[word] ?? 1) >>> 27;
}

// Those of the split block Bloom filter of Parquet.
const salts = [
  0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31,
];

function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Each run of letters and digits that has a digit: numbers, ULIDs, the parts of UUIDs. Escapes of an address are read too. */
function eachToken(text: string, found: (hash: number) => void): void {
  const bytes = Buffer.from(text);
  eachTokenOf(bytes, 0, bytes.length, found);
}

const percent = 37;

function eachTokenOf(
  bytes: Buffer,
  start: number,
  end: number,
  found: (hash: number) => void,
): void {
  if (!scan(bytes, start, end, found)) return;
  const text = bytes
    .toString('utf8', start, end)
    .replaceAll(/%[0-9a-f]{2}/gi, (escape) =>
      String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
    );
  const plain = Buffer.from(text);
  scan(plain, 0, plain.length, found);
}

const basis = 0x811c9dc5;
const prime = 0x01000193;

/** Finds the words of a text. @returns whether it has something that may be an escape */
function scan(bytes: Buffer, start: number, end: number, found: (hash: number) => void): boolean {
  let [hash, hasDigit, hasEscape] = [basis, false, false];
  for (let place = start; place <= end; place += 1) {
    let code = place < end ? (bytes[place] ?? 0) : 0;
    if (code >= 48 && code <= 57) hasDigit = true;
    else if (code >= 65 && code <= 90) code += 32;
    else if (!(code >= 97 && code <= 122)) {
      if (hasDigit) found(mix(hash) >>> 0);
      hasEscape ||= code === percent;
      hash = basis;
      hasDigit = false;
      continue;
    }
    hash = Math.imul(hash ^ code, prime);
  }
  return hasEscape;
}
