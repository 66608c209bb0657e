/**
 * The rows of an object with the hashes of their leaves. What is hashed is put together from the bytes of the file: a text
 * for each value would cost more than the hashes.
 */
import { canonicalJson } from '../evidence/canonical-json.ts';
import { hashRowBytes, layOut } from '../evidence/row-leaf.ts';
import { createKeyFinder, type PersonKeys } from '../evidence/salts.ts';
import type { OpenParquet, RawValue } from '../parquet/reader.ts';
import type { LogTable } from '../streams/stream.ts';
import { createCanonicalLine } from './canonical-line.ts';
import { bookkeeping } from './columns.ts';
import { createRowReader } from './object-reader.ts';
import type { ArchiveRow } from './rows.ts';

/** Rows are given on in so many: few enough that they are gone before they cost something. */
const batchRows = 500;

/** The rows of an object in its order; one whose key was destroyed has no leaf. */
export async function* readHashedRows(
  object: OpenParquet,
  table: LogTable,
  keys: PersonKeys,
): AsyncGenerator<readonly ArchiveRow[]> {
  const names = [table.time, table.id.name, ...table.columns, ...bookkeeping];
  const startGroup = createRowHash(table, keys);
  const makeRow = createRowReader(table);
  for (const [group, count] of object.groups.entries()) {
    const read = await object.readRawGroup(group, names);
    const valuesOf = (name: string): Values => read.get(name) ?? [];
    const [times, actors, written] = [table.time, table.actor, 'synced_at'].map(valuesOf);
    const nameMoment = rememberLast();
    const hashRow = startGroup(valuesOf);
    for (let start = 0; start < count; start += batchRows) {
      const rows: ArchiveRow[] = [];
      for (let place = start; place < Math.min(count, start + batchRows); place += 1) {
        const leaf = hashRow(place);
        let whole: ArchiveRow | undefined;
        const readWhole = (): ArchiveRow =>
          (whole ??= makeRow((name) => toText(valuesOf(name)[place])));
        const micros = String(times?.[place]);
        rows.push({
          micros,
          writtenAt: nameMoment(written?.[place]),
          actor: toText(actors?.[place]),
          ...(leaf !== undefined && { leaf }),
          canonical: {
            micros,
            get id() {
              return readWhole().canonical.id;
            },
            get plain() {
              return readWhole().canonical.plain;
            },
            get personal() {
              return readWhole().canonical.personal;
            },
          },
          get id() {
            return readWhole().id;
          },
          get firstWrittenAt() {
            return readWhole().firstWrittenAt;
          },
          get values() {
            return readWhole().values;
          },
        });
      }
      yield rows;
    }
  }
}

/** Names a moment; the one before is often the same. */
function rememberLast(): (moment: RawValue | undefined) => string {
  let [known, name]: [RawValue | undefined, string] = [undefined, ''];
  return (moment) => {
    if (moment !== known) [known, name] = [moment, String(moment)];
    return name;
  };
}

function toText(value: RawValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
}

type Values = readonly RawValue[];

/** Hashes the rows of one group after the other; undefined for a row without a key. */
function createRowHash(
  table: LogTable,
  keys: PersonKeys,
): (valuesOf: (column: string) => Values) => (place: number) => string | undefined {
  const findKey = createKeyFinder(keys);
  const layout = layOut(table);
  const [open, hidden] = [createCanonicalLine(), createCanonicalLine()];
  return (valuesOf) => {
    const [ids, times, actors] = [table.id.name, table.time, table.actor].map(valuesOf);
    const plain = layout.plain.map(valuesOf);
    const personal = layout.personal.map((name) =>
      name === 'extra' ? valuesOf(name).map(toCanonical) : valuesOf(name),
    );
    return (place) => {
      const micros = times?.[place] ?? null;
      const key = findKey(toActor(actors?.[place] ?? null), Number(micros) / 1000);
      if (key === undefined) return undefined;
      open.clear();
      open.add(ids?.[place] ?? null);
      open.next();
      open.add(micros);
      for (const values of plain) {
        open.next();
        open.add(values[place] ?? null);
      }
      hidden.clear();
      for (const values of personal) {
        hidden.next();
        hidden.add(values[place] ?? null);
      }
      return hashRowBytes(open.end(), hidden.end(), key);
    };
  };
}

function toActor(value: RawValue): string | number | null {
  const number = Number(value);
  return typeof value === 'bigint' && Number.isSafeInteger(number) ? number : toText(value);
}

function toCanonical(value: RawValue): RawValue {
  const text = toText(value);
  return text === null ? null : Buffer.from(canonicalJson(text));
}
