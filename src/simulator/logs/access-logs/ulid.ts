const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PAIRS: string[] = [];
for (const first of ALPHABET) for (const second of ALPHABET) PAIRS.push(first + second);

/** Writes `digits` characters of Crockford's base 32. */
function toBase32(value: number, digits: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < digits; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

let prefixFor = -1;
let prefix = '';

/** The ten characters of a ULID that hold its time in ms. */
function encodeTime(ms: number): string {
  const high = Math.floor(ms / 1024);
  if (high !== prefixFor) {
    prefixFor = high;
    prefix = toBase32(high, 8);
  }
  return `${prefix}${PAIRS[ms % 1024]}`;
}

/** Six characters out of a hash. */
function sixOf(bits: number): string {
  return `${PAIRS[bits & 1023]}${PAIRS[(bits >>> 10) & 1023]}${PAIRS[(bits >>> 20) & 1023]}`;
}

/** A ULID: 10 characters of time, and 16 from three hashes that look random. */
export function formatUlid(ms: number, a: number, b: number, c: number): string {
  return `${encodeTime(ms)}${sixOf(a)}${sixOf(b)}${PAIRS[c & 1023]}${PAIRS[(c >>> 10) & 1023]}`;
}

/** A ULID whose random part begins with a counter, so that ids of one millisecond keep their order. */
export function formatCountedUlid(ms: number, counter: number, a: number, b: number): string {
  return encodeTime(ms) + toBase32(counter, 4) + sixOf(a) + sixOf(b);
}

/** The time inside a ULID, ms since 1970. */
export function decodeUlidTime(id: string): number {
  let ms = 0;
  for (const letter of id.slice(0, 10)) ms = ms * 32 + ALPHABET.indexOf(letter);
  return ms;
}
