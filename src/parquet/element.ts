/** A column in the schema of a file. */
import type { ParquetWriteOptions } from 'hyparquet-writer';

/** A column of a file, as Parquet describes it. */
export type ParquetElement = NonNullable<ParquetWriteOptions['schema']>[number];
