/** The values of a column as a file has them, of what COPY has written. Pure. */
import { unescapeText } from '../evidence/row-leaf.ts';
import type { ColumnValues } from '../parquet/chunk.ts';
import type { DifferentValues } from '../parquet/dictionary.ts';
import type { ParquetElement } from '../parquet/element.ts';
import type { ArchiveColumn } from './columns.ts';
import { readNumber } from './hot-lines.ts';

type Values = Pick<ColumnValues, 'size' | 'starts' | 'bytes' | 'bounds'>;

/** The values of a column, and which of them each row has. */
export function toColumnValues(
  element: ParquetElement,
  kind: ArchiveColumn['kind'],
  values: DifferentValues,
): ColumnValues {
  const { places } = values;
  if (kind === 'text') return { element, places, ...toTexts(values) };
  return { element, places, ...(kind === 'number' ? toNumbers(values) : toIntegers(values)) };
}

function toTexts({ size, starts, bytes }: DifferentValues): Values {
  const texts = bytes.includes(backslash) ? unescapeAll(bytes, size, starts) : { bytes, starts };
  return { size, ...texts, bounds: boundTexts(size, texts) };
}

const backslash = 92;

type Texts = Pick<Values, 'starts' | 'bytes'>;

function unescapeAll(bytes: Buffer, size: number, starts: Int32Array): Texts {
  const texts: Buffer[] = [];
  const own = new Int32Array(size + 1);
  for (let place = 0; place < size; place += 1) {
    const text = bytes.subarray(starts[place], starts[place + 1]);
    const value = text.includes(backslash) ? Buffer.from(unescapeText(text.toString())) : text;
    texts.push(value);
    own[place + 1] = (own[place] ?? 0) + value.length;
  }
  return { bytes: Buffer.concat(texts), starts: own };
}

/** The first and the last of the texts, byte by byte. */
function boundTexts(size: number, { bytes, starts }: Texts): ColumnValues['bounds'] {
  if (size === 0) return undefined;
  let [least, greatest] = [0, 0];
  const compare = (a: number, b: number): number =>
    bytes.compare(bytes, starts[b], starts[b + 1], starts[a], starts[a + 1]);
  for (let place = 1; place < size; place += 1)
    if (compare(place, least) < 0) least = place;
    else if (compare(place, greatest) > 0) greatest = place;
  return [
    bytes.subarray(starts[least], starts[least + 1]),
    bytes.subarray(starts[greatest], starts[greatest + 1]),
  ];
}

function toNumbers({ size, starts, bytes }: DifferentValues): Values {
  const values = Buffer.allocUnsafe(size * 4);
  let [least, greatest] = [Infinity, -Infinity];
  for (let place = 0; place < size; place += 1) {
    const value = readNumber(bytes, starts[place] ?? 0, starts[place + 1] ?? 0);
    values.writeInt32LE(value, place * 4);
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return {
    size,
    bytes: values,
    starts: everySo(size, 4),
    bounds: size === 0 ? undefined : [least, greatest],
  };
}

/** Numbers of more digits are not exact. */
const exactDigits = 15;

function toIntegers({ size, starts, bytes }: DifferentValues): Values {
  const values = Buffer.allocUnsafe(size * 8);
  let [least, greatest] = [0n, 0n];
  for (let place = 0; place < size; place += 1) {
    const [from, until] = [starts[place] ?? 0, starts[place + 1] ?? 0];
    writeInteger(values, place * 8, bytes, from, until);
    const value = values.readBigInt64LE(place * 8);
    if (place === 0 || value < least) least = value;
    if (place === 0 || value > greatest) greatest = value;
  }
  return {
    size,
    bytes: values,
    starts: everySo(size, 8),
    bounds: size === 0 ? undefined : [least, greatest],
  };
}

function writeInteger(
  values: Buffer,
  at: number,
  bytes: Buffer,
  from: number,
  until: number,
): void {
  // A moment has sixteen digits and a point, and is exact all the same.
  const isMoment = until - from > 7 && bytes[until - 7] === 46;
  if (until - from > exactDigits && !isMoment) {
    values.writeBigInt64LE(BigInt(bytes.toString('latin1', from, until)), at);
    return;
  }
  const value = readNumber(bytes, from, until);
  if (Number.isNaN(value))
    throw new RangeError(
      `${bytes.toString('latin1', from, until)} is no moment that can be archived.`,
    );
  values.writeUInt32LE(value >>> 0, at);
  values.writeInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

/** Where each of some values of the same size begins. */
function everySo(size: number, bytes: number): Int32Array {
  const starts = new Int32Array(size + 1);
  for (let place = 0; place <= size; place += 1) starts[place] = place * bytes;
  return starts;
}
