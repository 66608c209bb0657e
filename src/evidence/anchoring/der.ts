/** The small part of DER (X.690) that time stamps need: strict reading, and writing. */

/** A value: its tag, its content, and all of its bytes. */
export type Der = { readonly tag: number; readonly content: Buffer; readonly whole: Buffer };

/** Tags. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** What is not DER, or not of the expected form. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** The consecutive values in some bytes. */
export function readAll(bytes: Buffer): readonly Der[] {
  const values: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const value = readOne(bytes.subarray(at));
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

/** The parts of a value that has some. */
export function readParts(value: Der | undefined, tag: number): readonly Der[] {
  return readAll(expect(value, tag).content);
}

/** The value, when it has the tag. */
export function expect(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag)
    throw new DerError(`Expected tag ${tag}, found ${value?.tag ?? 'nothing'}.`);
  return value;
}

/** An object identifier in dots. */
export function readOid(value: Der | undefined): string {
  const { content } = expect(value, tags.oid);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join('.');
}

/** A value of a tag and its content. */
export function write(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const whole = Buffer.concat(content);
  // Nothing that is written here is longer.
  if (whole.length > 127) throw new DerError('A value is too long.');
  return Buffer.concat([Buffer.of(tag, whole.length), whole]);
}

function readOne(bytes: Buffer): Der {
  const [tag = 0, first = 0] = bytes;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const head = 2 + lengthBytes;
  if (bytes.length < head || first === 0x80 || lengthBytes > 4 || (tag & 0x1f) === 0x1f)
    throw new DerError('Not DER.');
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  if (bytes.length < head + length) throw new DerError('Cut off.');
  return {
    tag,
    content: bytes.subarray(head, head + length),
    whole: bytes.subarray(0, head + length),
  };
}
