/** The rows of an object with the hashes of their leaves. Nothing but the hashes is made before somebody asks for it. */
import { hashRowBytes, layOut } from '../evidence/row-leaf.ts';
import { createKeyFinder, type PersonKeys } from '../evidence/salts.ts';
import type { ColumnTexts } from '../parquet/column-texts.ts';
import type { OpenParquet } from '../parquet/reader.ts';
import type { LogTable } from '../streams/stream.ts';
import { createCanonicalLine, renderColumn, type CanonicalColumn } from './canonical-column.ts';
import { bookkeeping } from './columns.ts';
import { createRowReader } from './object-reader.ts';
import type { ArchiveRow } from './rows.ts';

/** The number of rows in a batch: few enough that they are gone before they cost something. */
const batchRows = 500;

/** The rows of an object in its order; one whose key was destroyed has no leaf. */
export async function* readHashedRows(
  object: OpenParquet,
  table: LogTable,
  keys: PersonKeys,
): AsyncGenerator<readonly ArchiveRow[]> {
  const names = [table.time, table.id.name, ...table.columns, ...bookkeeping];
  const hashGroup = createGroupHash(table, keys);
  const readRow = createRowReader(table);
  for (const [group, count] of object.groups.entries()) {
    const readColumn = await object.openGroup(group);
    const columns = new Map<string, ColumnTexts>();
    for (const name of names) columns.set(name, await readColumn(name));
    const [microsOf, actorOf, writtenAtOf] = [table.time, table.actor, 'synced_at'].map((name) =>
      rememberTexts(columns.get(name)),
    );
    const hashRow = hashGroup(columns);
    const readWhole = rememberLast((place) => readRow((name) => textAt(columns.get(name), place)));
    for (let start = 0; start < count; start += batchRows) {
      const rows: ArchiveRow[] = [];
      for (let place = start; place < Math.min(count, start + batchRows); place += 1) {
        const micros = microsOf?.(place) ?? '';
        const actor = actorOf?.(place) ?? null;
        const leaf = hashRow(place, actor, Number(micros) / 1000);
        const writtenAt = writtenAtOf?.(place) ?? '';
        rows.push(makeRow({ micros, actor, leaf, writtenAt, place, readWhole }));
      }
      yield rows;
    }
  }
}

/** What is known of a row, and how the rest of it is read. */
type KnownRow = Pick<ArchiveRow, 'micros' | 'writtenAt' | 'actor' | 'leaf'> & {
  readonly place: number;
  readonly readWhole: (place: number) => ArchiveRow;
};

/** The rest of a row is read on demand, which is rare. */
const lazyRow: Omit<ArchiveRow, keyof KnownRow> & ThisType<KnownRow> = {
  get id() {
    return this.readWhole(this.place).id;
  },
  get firstWrittenAt() {
    return this.readWhole(this.place).firstWrittenAt;
  },
  get values() {
    return this.readWhole(this.place).values;
  },
  get canonical() {
    return this.readWhole(this.place).canonical;
  },
};

function makeRow(known: KnownRow): ArchiveRow {
  return Object.assign(Object.create(lazyRow) as typeof lazyRow, known);
}

/** Keeps the last row: a reader takes several values of a row in turn. */
function rememberLast(readWhole: (place: number) => ArchiveRow): (place: number) => ArchiveRow {
  let last: readonly [place: number, row: ArchiveRow] | undefined;
  return (place) => {
    if (last?.[0] !== place) last = [place, readWhole(place)];
    return last[1];
  };
}

function textAt(column: ColumnTexts | undefined, row: number): string | null {
  const place = column?.places[row] ?? -1;
  return column === undefined || place < 0 ? null : column.textOf(place);
}

/** The texts of a column by row, each made once. */
function rememberTexts(column: ColumnTexts | undefined): (row: number) => string | null {
  if (column === undefined) return () => null;
  const { places, size, textOf } = column;
  const known = Array.from<string | undefined>({ length: size });
  return (row) => {
    const place = places[row] ?? -1;
    return place < 0 ? null : (known[place] ??= textOf(place));
  };
}

/** Hashes the rows of one group after the other; undefined for a row without a key. */
function createGroupHash(
  table: LogTable,
  keys: PersonKeys,
): (
  columns: ReadonlyMap<string, ColumnTexts>,
) => (row: number, actor: string | null, timeMs: number) => string | undefined {
  const findKey = createKeyFinder(keys);
  const layout = layOut(table);
  const [open, hidden] = [createCanonicalLine(), createCanonicalLine()];
  return (columns) => {
    const render = (names: readonly string[]): readonly CanonicalColumn[] =>
      names.flatMap((name) => {
        const column = columns.get(name);
        return column === undefined ? [] : [renderColumn(column, name === 'extra')];
      });
    const plain = render([table.id.name, table.time, ...layout.plain]);
    const personal = render(layout.personal);
    return (row, actor, timeMs) => {
      const key = findKey(actor, timeMs);
      if (key === undefined) return undefined;
      const openEnd = open.write(plain, row);
      const hiddenEnd = hidden.write(personal, row);
      // No tab is before the id.
      return hashRowBytes(
        open.bytes().subarray(1, openEnd),
        hidden.bytes().subarray(0, hiddenEnd),
        key,
      );
    };
  };
}
