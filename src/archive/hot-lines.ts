/**
 * Rows of a table on their way into the archive, as lines of COPY that nobody has cut into texts: when they were written and
 * first written, id, time, what is not personal, and what is. So what is hashed of a row stands in its line.
 */
import type { Database } from '../database/client.ts';
import { layOut, unescapeText } from '../evidence/row-leaf.ts';
import type { LogTable } from '../streams/stream.ts';
import { copyLines, type RowsOf } from './copied-lines.ts';

/** Some lines, each with a line feed at its end, and where they begin. */
export type LineBatch = { readonly bytes: Buffer; readonly starts: readonly number[] };

/** The first fields of a line; the id and the time follow. */
export const moments = ['synced_at', 'first_synced_at'] as const;
/** The fields before those of the columns. */
export const keyFields = moments.length + 2;

/** The columns of a line in their order, behind the key. */
export function listLineColumns(table: LogTable): readonly string[] {
  const { plain, personal } = layOut(table);
  return [...plain, ...personal];
}

/** The rows in the order of their keys, some at a time. */
export async function* readHotLines(
  db: Database,
  table: LogTable,
  of: RowsOf,
): AsyncGenerator<LineBatch> {
  const { time, id } = table;
  const fields = [...moments.map(inSeconds), id.name, inSeconds(time), ...listLineColumns(table)];
  for await (const bytes of copyLines(db, table, of, fields))
    yield { bytes, starts: listStarts(bytes) };
}

const lineFeed = 10;
const tab = 9;
const [minus, point, capitalN, backslash] = [45, 46, 78, 92];

/** With six decimal places: without the point they are microseconds, which Postgres would take longer to make. */
function inSeconds(time: string): string {
  return `extract(epoch from ${time})`;
}

function listStarts(bytes: Buffer): readonly number[] {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at = bytes.indexOf(lineFeed, at) + 1) starts.push(at);
  return starts;
}

/** The key of a line: its moments in microseconds since 1970, and its id. */
export function readLineKey(
  bytes: Buffer,
  start: number,
): { readonly writtenAt: string; readonly id: string; readonly micros: string } {
  const fields: string[] = [];
  let at = start;
  for (let field = 0; field < keyFields; field += 1) {
    const end = bytes.indexOf(tab, at);
    fields.push(bytes.toString('utf8', at, end));
    at = end + 1;
  }
  const [written = '', , id = '', micros = ''] = fields;
  return {
    writtenAt: written.replace('.', ''),
    id: unescapeText(id),
    micros: micros.replace('.', ''),
  };
}

/** The number that a field is; a moment of a line as microseconds since 1970. Exact up to fifteen digits, and for moments. */
export function readNumber(bytes: Uint8Array, start: number, end: number): number {
  let [number, isNegative] = [0, false];
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 48 && byte <= 57) number = number * 10 + (byte - 48);
    else if (byte === minus) isNegative = true;
    else if (byte !== point) return NaN;
  }
  return isNegative ? -number : number;
}

/** Whether a field is nothing. */
export function isNothing(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 2 && bytes[start] === backslash && bytes[start + 1] === capitalN;
}
