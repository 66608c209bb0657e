/**
 * The values of a column of a group, as they are in its pages: nothing becomes a text before somebody asks for it, so that a
 * search through ten thousand rows costs little more than the bytes.
 */
import { zstdDecompressSync } from 'node:zlib';
import type { RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';

/** The values of a column. */
export type ColumnTexts = {
  /** The value of each row by its place among the values; -1 for nothing. */
  readonly places: Int32Array;
  /** How many values there are; of those that are not in a dictionary, one for each row. */
  readonly size: number;
  readonly textOf: (place: number) => string;
  /** The bytes of all texts, with four others before each; undefined for numbers. */
  readonly bytes: Buffer | undefined;
  /** Where each text begins in the bytes, and where one more would begin. */
  readonly listStarts: () => Int32Array;
};

type Metadata = NonNullable<RowGroup['columns'][number]['meta_data']>;

/**
 * Reads a column of a group.
 *
 * @param chunk the bytes of the column
 * @returns undefined where it is written in another way than this program does it now
 */
export function readColumnTexts(chunk: Buffer, metadata: Metadata): ColumnTexts | undefined {
  const { type, codec, num_values: rows } = metadata;
  if (codec !== 'ZSTD' || (type !== 'BYTE_ARRAY' && type !== 'INT64' && type !== 'INT32'))
    return undefined;
  const reader = readerOf(chunk);
  let header = parquetHeader(reader);
  let dictionary: Buffer | undefined;
  let size = 0;
  if (header.type === 'DICTIONARY_PAGE') {
    dictionary = unpack(chunk, reader, header.compressed_page_size);
    size = header.dictionary_page_header?.num_values ?? 0;
    header = parquetHeader(reader);
  }
  const page = header.data_page_header_v2;
  // One page has all rows.
  if (page === undefined || BigInt(page.num_rows) !== rows) return undefined;
  const levelBytes = page.definition_levels_byte_length;
  const levels = levelBytes > 0 ? new Uint8Array(page.num_rows) : undefined;
  const present = page.num_rows - page.num_nulls;
  if (levels !== undefined)
    readRleBitPackedHybrid(readerOf(chunk.subarray(reader.offset)), 1, levels, levelBytes);
  reader.offset += levelBytes;
  const content = unpack(chunk, reader, header.compressed_page_size - levelBytes);
  if (page.encoding === 'PLAIN')
    return { places: placeRows(page.num_rows, levels), ...openValues(type, content, present) };
  if (page.encoding !== 'RLE_DICTIONARY' || dictionary === undefined) return undefined;
  const places = readPlaces(content, present);
  return {
    places: placeRows(page.num_rows, levels, places),
    ...openValues(type, dictionary, size),
  };
}

/** The bytes of a page, and where the next thing in them is. */
function readerOf({ buffer, byteOffset, length }: Uint8Array) {
  return { view: new DataView(buffer, byteOffset, length), offset: 0 };
}

function unpack(chunk: Buffer, reader: ReturnType<typeof readerOf>, length: number): Buffer {
  const packed = chunk.subarray(reader.offset, reader.offset + length);
  reader.offset += length;
  return zstdDecompressSync(packed);
}

function readPlaces(content: Buffer, count: number): Int32Array {
  const places = new Int32Array(count);
  const reader = readerOf(content);
  const width = reader.view.getUint8(0);
  reader.offset = 1;
  if (width > 0) readRleBitPackedHybrid(reader, width, places, content.length - 1);
  return places;
}

/** @param places those of the rows that have a value; default: each has the next one */
function placeRows(rows: number, levels: Uint8Array | undefined, places?: Int32Array): Int32Array {
  if (levels === undefined && places !== undefined) return places;
  const all = new Int32Array(rows);
  let next = 0;
  for (let row = 0; row < rows; row += 1) {
    if (levels !== undefined && levels[row] === 0) all[row] = -1;
    else {
      all[row] = places === undefined ? next : (places[next] ?? 0);
      next += 1;
    }
  }
  return all;
}

function openValues(
  type: 'BYTE_ARRAY' | 'INT64' | 'INT32',
  bytes: Buffer,
  size: number,
): Omit<ColumnTexts, 'places'> {
  if (type === 'INT64')
    return { size, ...noTexts, textOf: (place) => String(readInteger(bytes, place * 8)) };
  if (type === 'INT32')
    return { size, ...noTexts, textOf: (place) => String(bytes.readInt32LE(place * 4)) };
  let starts: Int32Array | undefined;
  const list = (): Int32Array => (starts ??= listStarts(bytes, size));
  return {
    size,
    bytes,
    listStarts: list,
    textOf(place) {
      const own = list();
      return bytes.toString('utf8', own[place] ?? 0, (own[place + 1] ?? 0) - lengthBytes);
    },
  };
}

const noTexts = { bytes: undefined, listStarts: () => new Int32Array(0) };

/** The length of a text is before it. */
const lengthBytes = 4;

/** Where each text begins, behind its length. */
function listStarts(bytes: Buffer, size: number): Int32Array {
  const starts = new Int32Array(size + 1);
  let at = 0;
  for (let place = 0; place < size; place += 1) {
    starts[place] = at + lengthBytes;
    at += lengthBytes + bytes.readUInt32LE(at);
  }
  starts[size] = at + lengthBytes;
  return starts;
}

/** A number where that is exact: it costs less. */
function readInteger(bytes: Buffer, at: number): number | bigint {
  const number = bytes.readInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
  return Number.isSafeInteger(number) ? number : bytes.readBigInt64LE(at);
}

/** The same of values that were read in another way. */
export function wrapTexts(values: readonly (string | null)[]): ColumnTexts {
  return {
    places: Int32Array.from(values, (value, row) => (value === null ? -1 : row)),
    size: values.length,
    textOf: (place) => values[place] ?? '',
    ...noTexts,
  };
}
