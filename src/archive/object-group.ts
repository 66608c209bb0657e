/** A group of rows on its way into an object, by column. */
import type { ColumnValues } from '../parquet/chunk.ts';
import { createDictionary, type DifferentValues, type Dictionary } from '../parquet/dictionary.ts';
import type { LogTable } from '../streams/stream.ts';
import { toSchema, type ArchiveColumn } from './columns.ts';
import { createFilterBuilder } from './filter.ts';
import { isNothing, keyFields, listLineColumns, moments, readNumber } from './hot-lines.ts';
import { groupRows } from './layout.ts';
import { toColumnValues } from './physical-values.ts';

/** A group of rows within an object: how many, and the times of the first and the last, in microseconds since 1970. */
export type ObjectGroup = readonly [rows: number, first: string, last: string];

/** A group is written earlier if its texts are long. */
const mostBytes = 16_000_000;

type EndedGroup = {
  readonly columns: readonly ColumnValues[];
  readonly group: ObjectGroup;
  readonly filter: Buffer;
  /** The sum of the moments at which its rows were written. */
  readonly written: bigint;
};

/** Takes lines, and sorts their fields under the columns. */
type Group = {
  /** Where each field of the line that came last ends. */
  readonly ends: Int32Array;
  /** Takes the line that begins there; says whether the group is full. */
  add(bytes: Buffer, start: number): boolean;
  end(): EndedGroup | undefined;
};

const [tab, lineFeed] = [9, 10];
// Those of FNV-1a.
const [basis, prime] = [0x811c9dc5, 0x01000193];

/** Collects the rows of a group. */
export function createGroup(table: LogTable, columns: readonly ArchiveColumn[]): Group {
  const names = [...moments, table.id.name, table.time, ...listLineColumns(table)];
  const fields = names.map(() => createDictionary(groupRows));
  const elements = toSchema(columns).slice(1);
  const ends = new Int32Array(fields.length);
  const naming = new Set(listNaming(table));
  const filter = createFilterBuilder();
  let [rows, size, first, last] = [0, 0, NaN, NaN];
  return {
    ends,
    add(bytes, start) {
      splitLine(bytes, start, fields, ends);
      last = readNumber(bytes, (ends[2] ?? 0) + 1, ends[keyFields - 1] ?? 0);
      if (rows === 0) first = last;
      size += (ends.at(-1) ?? 0) - start;
      rows += 1;
      return rows === groupRows || size >= mostBytes;
    },
    end() {
      if (rows === 0) return undefined;
      const written = fields.map((field) => field.read());
      const read = columns.map(({ name, kind }, place) => {
        const values = written[names.indexOf(name)];
        const element = elements[place];
        if (values === undefined || element === undefined) throw new Error(`No line has ${name}.`);
        return { name, kind, values, column: toColumnValues(element, kind, values) };
      });
      const ended = {
        columns: read.map(({ column }) => column),
        group: [rows, String(first), String(last)] as const,
        filter: filter.build(
          read
            .filter(({ name }) => naming.has(name))
            .map(({ kind, values, column }) => (kind === 'text' ? column : values)),
        ),
        written: sumMoments(written[0]),
      };
      for (const field of fields) field.clear();
      [rows, size] = [0, 0];
      return ended;
    },
  };
}

/** Gives each field of a line to its column, and notes where it ends. */
function splitLine(
  bytes: Buffer,
  start: number,
  fields: readonly Dictionary[],
  ends: Int32Array,
): void {
  let at = start;
  for (let field = 0; field < fields.length; field += 1) {
    const dictionary = fields[field];
    if (dictionary === undefined) return;
    const from = at;
    let hash = basis;
    for (;;) {
      const byte = bytes[at] ?? lineFeed;
      if (byte === tab || byte === lineFeed) break;
      hash = Math.imul(hash ^ byte, prime);
      at += 1;
    }
    if (isNothing(bytes, from, at)) dictionary.addNothing();
    else dictionary.add(bytes, from, at, hash);
    ends[field] = at;
    at += 1;
  }
}

/** The sum of the moments of a column: there are few of them. */
function sumMoments(values: DifferentValues | undefined): bigint {
  if (values === undefined) return 0n;
  const { places, size, starts, bytes } = values;
  const counts = new Int32Array(size);
  for (const place of places) counts[place] = (counts[place] ?? 0) + 1;
  let sum = 0n;
  for (const [place, count] of counts.entries())
    sum += BigInt(readNumber(bytes, starts[place] ?? 0, starts[place + 1] ?? 0)) * BigInt(count);
  return sum;
}

/** The columns that may name what a row is about, or who did it. */
export function listNaming({ columns, actor, derived }: LogTable): readonly string[] {
  const subjects = derived === undefined ? columns : derived.from;
  return [...new Set([actor, ...subjects])].filter((name) => !['status', 'method'].includes(name));
}
