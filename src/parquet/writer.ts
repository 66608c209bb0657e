/** Writes files of Parquet, one group of rows after the other. */
import {
  ByteWriter,
  ParquetWriter,
  schemaFromColumnData,
  type ColumnSource,
} from 'hyparquet-writer';
import { writeChunk, type ColumnValues } from './chunk.ts';
import { compress } from './compression.ts';
import type { ParquetElement } from './element.ts';

/** A column of a group. */
type ParquetColumn = Pick<ColumnSource, 'name' | 'data' | 'type' | 'encoding'>;

/** A file that is being written; its bytes are in memory until they are taken. */
type ParquetFile = {
  /** How many bytes were written. */
  readonly bytes: () => number;
  writeGroup(columns: readonly ParquetColumn[]): void;
  /** A group whose values were told apart already. */
  writeValues(columns: readonly ColumnValues[]): void;
  /** Bytes that belong to no column: who reads the file finds them by their place. */
  append(bytes: Uint8Array): void;
  /** The bytes that were not taken yet. */
  take(): Uint8Array;
  finish(): void;
};

/** Begins a file. */
export function startParquet({
  schema,
  codec,
  about,
}: {
  readonly schema: readonly ParquetElement[];
  readonly codec: 'SNAPPY' | 'ZSTD';
  /** What its metadata says under `about`. */
  readonly about?: string;
}): ParquetFile {
  const sink = new ByteWriter();
  const parquet = new ParquetWriter({
    writer: sink,
    schema: [...schema],
    createdBy: 'zendesk-log-sync',
    codec,
    compressors: { ZSTD: compress },
    ...(about !== undefined && { kvMetadata: [{ key: 'about', value: about }] }),
  });
  return {
    bytes: () => sink.offset,
    // It has nothing to wait for: the bytes stay in memory.
    writeGroup: (columns) =>
      void parquet.write({ columnData: [...columns], rowGroupSize: Number.MAX_SAFE_INTEGER }),
    writeValues(columns) {
      const offset = sink.offset;
      const chunks = columns.map((column) => writeChunk(sink, column));
      const rows = BigInt(columns[0]?.places.length ?? 0);
      parquet.num_rows += rows;
      parquet.row_groups.push({
        columns: chunks,
        total_byte_size: chunks.reduce(
          (sum, { meta_data: data }) => sum + (data?.total_uncompressed_size ?? 0n),
          0n,
        ),
        num_rows: rows,
        total_compressed_size: BigInt(sink.offset - offset),
      });
    },
    append: (bytes) => sink.appendBytes(bytes),
    take() {
      const bytes = sink.getBytes().slice();
      sink.index = 0;
      return bytes;
    },
    finish: () => void parquet.finish(),
  };
}

/** The schema of columns whose types have names. */
export function describeColumns(columns: readonly ParquetColumn[]): readonly ParquetElement[] {
  return schemaFromColumnData({ columnData: [...columns] });
}
