/** Writes a column of a group of rows: its different values once as a dictionary where that is shorter, and a page of rows. */
import type { RowGroup } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { compress } from './compression.ts';
import type { DifferentValues } from './dictionary.ts';
import type { ParquetElement } from './element.ts';

/** The column of a group, with values as the file has them, without their lengths. */
export type ColumnValues = DifferentValues & {
  readonly element: ParquetElement;
  /** The least value and the greatest; undefined without values. */
  readonly bounds: readonly [least: ColumnBound, greatest: ColumnBound] | undefined;
};

type ColumnBound = Uint8Array | bigint | number;

type Chunk = RowGroup['columns'][number];

/** Writes it behind what was written. */
export function writeChunk(writer: ByteWriter, column: ColumnValues): Chunk {
  const { element, places, bounds } = column;
  const offset = writer.offset;
  const present = listPresent(places);
  const nulls = places.length - present.length;
  const isIndexed = isShorterIndexed(column, present);
  let unpacked = 0;
  if (isIndexed) unpacked += writeDictionaryPage(writer, column);
  const dataOffset = writer.offset;
  unpacked += writeDataPage(writer, column, { present, isIndexed });
  const encoding = isIndexed ? 'RLE_DICTIONARY' : 'PLAIN';
  const data = { page_type: 'DATA_PAGE_V2', encoding, count: 1 } as const;
  const dictionary = { page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 } as const;
  return {
    meta_data: {
      type: element.type ?? 'BYTE_ARRAY',
      encodings: isIndexed ? ['PLAIN', encoding] : [encoding],
      path_in_schema: [element.name],
      codec: 'ZSTD',
      num_values: BigInt(places.length),
      total_compressed_size: BigInt(writer.offset - offset),
      total_uncompressed_size: BigInt(unpacked),
      data_page_offset: BigInt(dataOffset),
      ...(isIndexed && { dictionary_page_offset: BigInt(offset) }),
      statistics: {
        null_count: BigInt(nulls),
        ...(bounds !== undefined && { min_value: bounds[0], max_value: bounds[1] }),
      },
      encoding_stats: isIndexed ? [dictionary, data] : [data],
    },
    file_offset: BigInt(offset),
  };
}

// Loops, here and below: a function that is called for each row would take longer than everything else in this file.

/** The places of the rows that have a value. */
function listPresent(places: Int32Array): Int32Array {
  const present = new Int32Array(places.length);
  let count = 0;
  for (let row = 0; row < places.length; row += 1) {
    const place = places[row] ?? -1;
    if (place < 0) continue;
    present[count] = place;
    count += 1;
  }
  return present.subarray(0, count);
}

/** For each row 1 if it has a value. */
function markPresent(places: Int32Array): Uint8Array {
  const marks = new Uint8Array(places.length);
  for (let row = 0; row < places.length; row += 1) if ((places[row] ?? -1) >= 0) marks[row] = 1;
  return marks;
}

/** Whether values and places together take half of what the values of all rows take. */
function isShorterIndexed({ element, size, starts }: ColumnValues, present: Int32Array): boolean {
  const prefix = element.type === 'BYTE_ARRAY' ? 4 : 0;
  const values = (starts[size] ?? 0) + size * prefix;
  let plain = present.length * prefix;
  for (const place of present) plain += (starts[place + 1] ?? 0) - (starts[place] ?? 0);
  return 2 * (values + Math.ceil((present.length * widthOf(size)) / 8)) <= plain;
}

/** The bits of a place among so many values. */
function widthOf(size: number): number {
  return Math.ceil(Math.log2(Math.max(1, size)));
}

function writeDictionaryPage(
  writer: ByteWriter,
  { element, size, starts, bytes }: ColumnValues,
): number {
  const every = new Int32Array(size);
  for (let place = 0; place < size; place += 1) every[place] = place;
  const plain = element.type === 'BYTE_ARRAY' ? inOrder(element, { starts, bytes }, every) : bytes;
  const packed = compress(plain);
  const offset = writer.offset;
  writePageHeader(writer, {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: plain.length,
    compressed_page_size: packed.length,
    dictionary_page_header: { num_values: size, encoding: 'PLAIN' },
  });
  const header = writer.offset - offset;
  writer.appendBytes(packed);
  return header + plain.length;
}

function writeDataPage(
  writer: ByteWriter,
  { element, places, size, starts, bytes }: ColumnValues,
  { present, isIndexed }: { readonly present: Int32Array; readonly isIndexed: boolean },
): number {
  const levels = new ByteWriter();
  const isOptional = element.repetition_type !== 'REQUIRED';
  if (isOptional) {
    writeRleBitPackedHybrid(levels, markPresent(places), 1);
  }
  const plain = isIndexed
    ? packPlaces(present, size)
    : inOrder(element, { starts, bytes }, present);
  const packed = compress(plain);
  const offset = writer.offset;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levels.offset + plain.length,
    compressed_page_size: levels.offset + packed.length,
    data_page_header_v2: {
      num_values: places.length,
      num_nulls: places.length - present.length,
      num_rows: places.length,
      encoding: isIndexed ? 'RLE_DICTIONARY' : 'PLAIN',
      definition_levels_byte_length: levels.offset,
      repetition_levels_byte_length: 0,
      is_compressed: true,
    },
  });
  const header = writer.offset - offset;
  writer.appendBytes(levels.getBytes());
  writer.appendBytes(packed);
  return header + levels.offset + plain.length;
}

function packPlaces(present: Int32Array, size: number): Uint8Array {
  const page = new ByteWriter(present.length * 2 + 64);
  const width = widthOf(size);
  page.appendUint8(width);
  writeRleBitPackedHybrid(page, present, width);
  return page.getBytes();
}

/** The value of each row that has one. */
function inOrder(
  { type }: ParquetElement,
  { starts, bytes }: Pick<ColumnValues, 'starts' | 'bytes'>,
  present: Int32Array,
): Uint8Array {
  const prefix = type === 'BYTE_ARRAY' ? 4 : 0;
  let length = present.length * prefix;
  for (const place of present) length += (starts[place + 1] ?? 0) - (starts[place] ?? 0);
  const page = Buffer.allocUnsafe(length);
  let at = 0;
  for (const place of present) {
    const [from, until] = [starts[place] ?? 0, starts[place + 1] ?? 0];
    if (prefix > 0) at = page.writeUInt32LE(until - from, at);
    for (let own = from; own < until; own += 1, at += 1) page[at] = bytes[own] ?? 0;
  }
  return page;
}
