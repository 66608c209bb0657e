/** Rows of a table that are in no object yet: an earlier try was killed, or archived rows came back. */
import type { LogTable } from '../streams/stream.ts';
import { readLineKey, type LineBatch } from './hot-lines.ts';
import type { DescribedObject } from './manifest.ts';
import { readInOrder, rowOrder } from './read-in-order.ts';
import type { ArchiveRow } from './rows.ts';
import type { ArchiveStore } from './store.ts';

/** The rows, in the order of their keys, that no object has as they are. */
export async function* leaveOut(
  lines: AsyncIterable<LineBatch>,
  objects: readonly DescribedObject[],
  { store, table }: { readonly store: ArchiveStore; readonly table: LogTable },
): AsyncGenerator<LineBatch> {
  if (objects.length === 0) {
    yield* lines;
    return;
  }
  const compare = rowOrder(table);
  const archived = eachOf(readInOrder(store, table, objects));
  let next = await archived.next();
  for await (const { bytes, starts } of lines) {
    const left: number[] = [];
    for (const start of starts) {
      const row = readLineKey(bytes, start);
      let isThere = false;
      for (; next.done !== true; next = await archived.next()) {
        const order = compare(next.value, row);
        if (order > 0) break;
        isThere ||= order === 0 && next.value.writtenAt === row.writtenAt;
      }
      if (!isThere) left.push(start);
    }
    if (left.length > 0) yield { bytes, starts: left };
  }
}

/**
 * Whether the table no longer has each row of an object as it is there: after the object had come back, a row was written
 * again, or something was taken away on purpose. What the table lost otherwise the sealed log finds.
 *
 * @param rows those of the table between the first and the last row of the object
 */
export async function isOutdated(
  rows: AsyncIterable<readonly ArchiveRow[]>,
  object: DescribedObject,
  { store, table }: { readonly store: ArchiveStore; readonly table: LogTable },
): Promise<boolean> {
  const compare = rowOrder(table);
  const archived = eachOf(readInOrder(store, table, [object]));
  let next = await archived.next();
  for await (const some of rows)
    for (const row of some) {
      if (next.done === true) return false;
      const order = compare(next.value, row);
      if (order > 0) continue;
      if (order < 0 || !isSame(next.value, row)) return true;
      next = await archived.next();
    }
  return next.done !== true;
}

function isSame(a: ArchiveRow, b: ArchiveRow): boolean {
  return (
    a.writtenAt === b.writtenAt &&
    a.canonical.plain === b.canonical.plain &&
    a.canonical.personal === b.canonical.personal
  );
}

async function* eachOf<Each>(batches: AsyncIterable<readonly Each[]>): AsyncGenerator<Each> {
  for await (const batch of batches) yield* batch;
}
