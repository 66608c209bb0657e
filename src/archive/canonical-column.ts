/**
 * What is hashed of rows, as bytes: the different values of a column as COPY writes them, each made once, and lines that are
 * put together of them. A text for each value of each row would cost more than the hashes. Pure.
 */
import { canonicalJson } from '../evidence/canonical-json.ts';
import { escapeText } from '../evidence/row-leaf.ts';
import type { ColumnTexts } from '../parquet/column-texts.ts';

/** The values of a column as COPY writes them. */
export type CanonicalColumn = {
  /** The value of each row by its place among the values; -1 for nothing. */
  readonly places: Int32Array;
  readonly bytes: Buffer;
  /** Where each value begins, and where one more would begin. */
  readonly starts: Int32Array;
  /** The number of bytes between a value and the next one. */
  readonly between: number;
};

const [tab, backslash, capitalN] = [9, 92, 78];
/** Bytes up to it may be ones that COPY escapes. */
const lastControl = 13;

/** Makes the values of a column; members of JSON in the order of their names. */
export function renderColumn(column: ColumnTexts, isJson: boolean): CanonicalColumn {
  const { places, size, bytes } = column;
  if (bytes !== undefined && !isJson) {
    const starts = column.listStarts();
    if (!hasEscapes(bytes, starts, size)) return { places, bytes, starts, between: 4 };
  }
  const starts = new Int32Array(size + 1);
  const texts: Buffer[] = [];
  for (let place = 0; place < size; place += 1) {
    const text = column.textOf(place);
    const value = Buffer.from(escapeText(isJson ? canonicalJson(text) : text));
    texts.push(value);
    starts[place + 1] = (starts[place] ?? 0) + value.length;
  }
  return { places, bytes: Buffer.concat(texts), starts, between: 0 };
}

function hasEscapes(bytes: Buffer, starts: Int32Array, size: number): boolean {
  for (let place = 0; place < size; place += 1) {
    const end = (starts[place + 1] ?? 0) - 4;
    for (let at = starts[place] ?? 0; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte <= lastControl || byte === backslash) return true;
    }
  }
  return false;
}

/** A line that is written again for each row. */
type CanonicalLine = {
  /** Writes the values of a row, each behind a tab. @returns where they end in `bytes()` */
  write(columns: readonly CanonicalColumn[], row: number): number;
  /** The memory of the line, which is used again. */
  bytes(): Buffer;
};

/** Starts a line. */
export function createCanonicalLine(): CanonicalLine {
  let line = Buffer.allocUnsafeSlow(4096);
  return {
    bytes: () => line,
    write(columns, row) {
      let at = 0;
      for (const { places, bytes, starts, between } of columns) {
        const place = places[row] ?? -1;
        const from = starts[place] ?? 0;
        const end = place < 0 ? from : (starts[place + 1] ?? 0) - between;
        if (at + end - from + 3 > line.length)
          line = Buffer.concat([line], 2 * (at + end - from + 3));
        line[at] = tab;
        at += 1;
        if (place < 0) {
          line[at] = backslash;
          line[at + 1] = capitalN;
          at += 2;
        } else for (let own = from; own < end; own += 1, at += 1) line[at] = bytes[own] ?? 0;
      }
      return at;
    },
  };
}
