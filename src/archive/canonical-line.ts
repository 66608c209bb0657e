/** What is hashed of a row, as bytes: values as COPY writes them, with tabs between. Its memory is used again. */
import { escapeText } from '../evidence/row-leaf.ts';
import type { RawValue } from '../parquet/reader.ts';

/** A line that values are added to. */
type CanonicalLine = {
  clear(): void;
  /** Writes a tab. */
  next(): void;
  add(value: RawValue): void;
  /** What was written: until something else is. */
  end(): Uint8Array;
};

const [tab, backslash, capitalN, zero, minus] = [9, 92, 78, 48, 45];
/** Bytes up to it may be ones that COPY escapes. */
const lastControl = 13;
const mostDigits = 20;
/** Numbers of up to eight digits are calculated with fast. */
const half = 100_000_000;

/** Starts a line. */
export function createCanonicalLine(): CanonicalLine {
  let [bytes, at] = [Buffer.alloc(4096), 0];
  const ensure = (more: number): void => {
    if (at + more > bytes.length) bytes = Buffer.concat([bytes], 2 * (at + more));
  };
  const write = (byte: number): void => {
    bytes[at] = byte;
    at += 1;
  };
  const addText = (text: Uint8Array): void => {
    ensure(text.length);
    const start = at;
    for (let place = 0; place < text.length; place += 1) {
      const byte = text[place] ?? 0;
      if (byte <= lastControl || byte === backslash) {
        at = start;
        const escaped = Buffer.from(escapeText(Buffer.from(text).toString()));
        ensure(escaped.length);
        at += escaped.copy(bytes, at);
        return;
      }
      write(byte);
    }
  };
  const addNumber = (number: number): void => {
    ensure(mostDigits);
    if (number < 0) write(minus);
    const size = Math.abs(number);
    const high = Math.floor(size / half);
    if (high > 0) at = writeDigits(bytes, at, high, 1);
    at = writeDigits(bytes, at, size % half, high > 0 ? 8 : 1);
  };
  return {
    clear: () => void (at = 0),
    next() {
      ensure(1);
      write(tab);
    },
    add(value) {
      if (value === null) {
        ensure(2);
        write(backslash);
        write(capitalN);
      } else if (value instanceof Uint8Array) addText(value);
      else if (Number.isSafeInteger(Number(value))) addNumber(Number(value));
      else addText(Buffer.from(String(value)));
    },
    end: () => bytes.subarray(0, at),
  };
}

/** Writes digits, at least so many. @returns where they end */
function writeDigits(bytes: Buffer, at: number, number: number, least: number): number {
  let end = at + least;
  for (let more = Math.floor(number / 10 ** least); more > 0; more = Math.floor(more / 10))
    end += 1;
  let rest = number;
  for (let place = end - 1; place >= at; place -= 1) {
    bytes[place] = zero + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return end;
}
