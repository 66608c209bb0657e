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
};

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
  const readGroup: OpenParquet['readGroup'] = async (group, columns) => {
    const rowStart = groups.slice(0, group).reduce((sum, rows) => sum + rows, 0);
    const rowEnd = rowStart + (groups[group] ?? 0);
    const scan = await parquetScan({
      file,
      metadata,
      columns: [...columns],
      rowStart,
      rowEnd,
      compressors: { ZSTD: (input) => zstdDecompressSync(input) },
      parsers: {
        timestampFromMicroseconds: (micros) => micros,
        stringFromBytes: (text) => text && toText(text),
      },
    });
    const found = new Map<string, readonly (string | null)[]>();
    for (const column of columns) {
      const values = (await scan.readColumn({ column, rowStart, rowEnd })) as ArrayLike<Value>;
      found.set(column, Array.from(values, toValue));
    }
    return found;
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
  };
}

type Value = string | number | bigint | null | undefined;

function toText({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('utf8');
}

function toValue(value: Value): string | null {
  return value === null || value === undefined ? null : String(value);
}
