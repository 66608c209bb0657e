/** Reads files of Parquet, some columns of one group of rows at a time. */
import { zstdDecompressSync } from 'node:zlib';
import { parquetMetadata, parquetMetadataAsync, parquetScan, type AsyncBuffer } from 'hyparquet';
import { readColumnTexts, wrapTexts, type ColumnTexts } from './column-texts.ts';

/** A file of which groups can be read. */
export type OpenParquet = {
  /** The number of rows of each group. */
  readonly groups: readonly number[];
  /** The values of some columns of a group, by column: as text, null for nothing; moments in microseconds since 1970. */
  readGroup(
    group: number,
    columns: readonly string[],
  ): Promise<ReadonlyMap<string, readonly (string | null)[]>>;
  /** Reads the bytes of a group, of whose columns values are taken out as they are asked for. */
  openGroup(group: number): Promise<(column: string) => Promise<ColumnTexts>>;
  /** The same values as they are in the file: texts as bytes. */
  readRawGroup(
    group: number,
    columns: readonly string[],
  ): Promise<ReadonlyMap<string, readonly RawValue[]>>;
};

/** A value as it is in a file; null for nothing. */
export type RawValue = Uint8Array | number | bigint | null;

/** Opens a file whose bytes are all there. @throws {Error} of the library for bytes that are none */
export function openParquet({ buffer, byteOffset, length }: Buffer): OpenParquet {
  const whole = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
  const file = {
    byteLength: length,
    slice: (from: number, until?: number) => whole.slice(from, until),
  };
  return open(file, parquetMetadata(whole));
}

/** Opens a file of which parts are read when they are needed. */
export async function openRemoteParquet(
  byteLength: number,
  readPart: (from: number, until: number) => Promise<Buffer>,
): Promise<OpenParquet> {
  const file: AsyncBuffer = {
    byteLength,
    slice: async (from, until = byteLength) => {
      const { buffer, byteOffset, length } = await readPart(from, until);
      return buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
    },
  };
  return open(file, await parquetMetadataAsync(file, { initialFetchSize: footerBytes }));
}

/** What most footers fit into. */
const footerBytes = 65_536;

function open(file: AsyncBuffer, metadata: ReturnType<typeof parquetMetadata>): OpenParquet {
  const groups = metadata.row_groups.map(({ num_rows: rows }) => Number(rows));
  const read = async (
    group: number,
    columns: readonly string[],
    stringFromBytes: (text: Uint8Array | undefined) => string | Uint8Array | undefined,
  ): Promise<Map<string, ArrayLike<Value>>> => {
    const rowStart = groups.slice(0, group).reduce((sum, rows) => sum + rows, 0);
    const rowEnd = rowStart + (groups[group] ?? 0);
    const scan = await parquetScan({
      file,
      metadata,
      columns: [...columns],
      rowStart,
      rowEnd,
      compressors: { ZSTD: (input) => zstdDecompressSync(input) },
      parsers: { timestampFromMicroseconds: (micros) => micros, stringFromBytes },
    });
    const found = new Map<string, ArrayLike<Value>>();
    for (const column of columns)
      found.set(column, (await scan.readColumn({ column, rowStart, rowEnd })) as ArrayLike<Value>);
    return found;
  };
  const readGroup: OpenParquet['readGroup'] = async (group, columns) => {
    const found = await read(group, columns, (text) => text && toText(text));
    return new Map([...found].map(([name, values]) => [name, Array.from(values, toValue)]));
  };
  return {
    groups,
    readGroup,
    async openGroup(group) {
      const chunks = (metadata.row_groups[group]?.columns ?? []).flatMap(({ meta_data: data }) => {
        if (data === undefined) return [];
        const from = Number(data.dictionary_page_offset ?? data.data_page_offset);
        return [{ data, from, until: from + Number(data.total_compressed_size) }];
      });
      const start = Math.min(...chunks.map(({ from }) => from));
      const end = Math.max(...chunks.map(({ until }) => until));
      const bytes = Buffer.from(await file.slice(start, end));
      return async (column) => {
        const chunk = chunks.find(({ data }) => data.path_in_schema[0] === column);
        const texts =
          chunk &&
          readColumnTexts(bytes.subarray(chunk.from - start, chunk.until - start), chunk.data);
        return texts ?? wrapTexts((await readGroup(group, [column])).get(column) ?? []);
      };
    },
    async readRawGroup(group, columns) {
      const found = await read(group, columns, (text) => text);
      return new Map([...found].map(([name, values]) => [name, Array.from(values, toRaw)]));
    },
  };
}

type Value = string | Uint8Array | number | bigint | null | undefined;

function toText({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('utf8');
}

function toValue(value: Value): string | null {
  return value === null || value === undefined ? null : String(value);
}

function toRaw(value: Value): RawValue {
  if (typeof value === 'string') return Buffer.from(value);
  return value ?? null;
}
