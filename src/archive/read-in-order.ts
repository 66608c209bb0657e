/** The rows of several objects in the order of their keys: objects that came one after the other are opened one at a time. */
import { idOrder } from '../evidence/rows-root.ts';
import { openParquet } from '../parquet/reader.ts';
import type { LogTable } from '../streams/stream.ts';
import { archiveFailure } from './failure.ts';
import type { DescribedObject } from './manifest.ts';
import { readObjectRows } from './object-reader.ts';
import type { ArchiveRow } from './rows.ts';
import type { ArchiveStore } from './store.ts';

/** The rows of one group, and which of them is next. */
type Cursor = [rows: readonly ArchiveRow[], at: number];

/** An object that is read. */
type Reading = {
  readonly batches: AsyncGenerator<readonly ArchiveRow[]>;
  readonly now: Cursor;
};

const batchRows = 1000;

/** Reads objects side by side where their times overlap. @throws {KnownError} `archive_failed` for one that is not there */
export async function* readInOrder(
  store: ArchiveStore,
  table: LogTable,
  objects: readonly DescribedObject[],
  read: ReadObject = readWithin(store, table, { from: -Infinity, until: Infinity }),
): AsyncGenerator<readonly ArchiveRow[]> {
  const compare = rowOrder(table);
  const waiting = objects.toSorted((a, b) => Number(a.first[0]) - Number(b.first[0]));
  const open: Reading[] = [];
  let merged: ArchiveRow[] = [];
  for (;;) {
    const least = await openDue(read, waiting, open, compare);
    if (least === undefined) break;
    const { now } = least;
    const rest = now[0].slice(now[1]);
    const isAlone =
      open.length === 1 && !(Number(waiting[0]?.first[0]) <= Number(rest.at(-1)?.micros));
    if (isAlone) {
      if (merged.length > 0) yield merged;
      merged = [];
      yield rest;
      now[1] = now[0].length;
    } else {
      merged.push(...rest.slice(0, 1));
      now[1] += 1;
    }
    if (merged.length >= batchRows) {
      yield merged;
      merged = [];
    }
    if (now[1] === now[0].length && !(await refill(least))) open.splice(open.indexOf(least), 1);
  }
  if (merged.length > 0) yield merged;
}

/** The order of rows: by time, then by id. */
export function rowOrder(
  table: LogTable,
): (a: Pick<ArchiveRow, 'micros' | 'id'>, b: Pick<ArchiveRow, 'micros' | 'id'>) => number {
  const compareIds = idOrder(table);
  return (a, b) =>
    a.micros === b.micros ? compareIds(a.id, b.id) : Number(a.micros) - Number(b.micros);
}

/** Opens what begins at the next row or before it. @returns the object that has the next row */
async function openDue(
  read: ReadObject,
  waiting: DescribedObject[],
  open: Reading[],
  compare: ReturnType<typeof rowOrder>,
): Promise<Reading | undefined> {
  for (;;) {
    const least = open.reduce<Reading | undefined>((found, each) => {
      const [a, b] = [found && nextOf(found), nextOf(each)];
      return a === undefined || (b !== undefined && compare(b, a) < 0) ? each : found;
    }, undefined);
    const [next] = waiting;
    const micros = Number((least && nextOf(least))?.micros ?? Infinity);
    if (next === undefined || Number(next.first[0]) > micros) return least;
    waiting.shift();
    const reading = { batches: read(next), now: emptyCursor() };
    if (await refill(reading)) open.push(reading);
  }
}

function emptyCursor(): Cursor {
  return [[], 0];
}

function nextOf({ now }: Reading): ArchiveRow | undefined {
  return now[0][now[1]];
}

async function refill({ batches, now }: Reading): Promise<boolean> {
  const next = await batches.next();
  if (next.done === true) return false;
  now[0] = next.value;
  now[1] = 0;
  return true;
}

/** Reads the rows of an object, group by group. */
export type ReadObject = (object: DescribedObject) => AsyncGenerator<readonly ArchiveRow[]>;

/** Reads the groups of objects that have rows of a stretch of time, in microseconds since 1970. */
export function readWithin(
  store: ArchiveStore,
  table: LogTable,
  { from, until }: { readonly from: number; readonly until: number },
): ReadObject {
  return async function* read({ object, groups }) {
    const bytes = await store.read(object);
    if (bytes === undefined)
      throw archiveFailure(
        `In ${store.name}, ${object} is not there, or may not be read`,
        'Run "archive verify"',
      );
    const isWanted = (group: number): boolean => {
      const [, first, last] = groups[group] ?? [];
      return !(Number(first) >= until || Number(last) < from);
    };
    yield* readObjectRows(openParquet(bytes), table, isWanted);
  };
}
