/** The archive as a verification reads it. */
import type { ArchivedRow, ArchivedRows } from '../evidence/verification/archived-rows.ts';
import type { DescribedObject } from './manifest.ts';
import { readInOrder, readWithin, type ReadObject } from './read-in-order.ts';
import type { ArchiveStore } from './store.ts';

type Stretches = ArchivedRows['instead'];

/**
 * Rows of some objects. Within `instead` they count in place of the rows of the table.
 *
 * @param readNew reads those that were just written, which are checked as they are read; undefined for the others
 */
export function openArchivedRows(
  store: ArchiveStore,
  objects: readonly DescribedObject[],
  instead: Stretches = [],
  readNew?: (object: DescribedObject) => ReturnType<ReadObject> | undefined,
): ArchivedRows {
  return {
    instead,
    async *read({ name, table }, account, { from, until }) {
      const isWithin = ({ micros }: ArchivedRow): boolean =>
        Number(micros) >= from && Number(micros) < until;
      const own = objects.filter(
        ({ first, last, ...object }) =>
          object.account === account &&
          object.stream === name &&
          Number(first[0]) < until &&
          Number(last[0]) >= from,
      );
      const within = readWithin(store, table, { from, until });
      const read: ReadObject = (object) => readNew?.(object) ?? within(object);
      for await (const rows of readInOrder(store, table, own, read)) {
        const [first, last] = [rows.at(0), rows.at(-1)];
        const isWhole = first && last && isWithin(first) && isWithin(last);
        yield isWhole ? rows : rows.filter(isWithin);
      }
    },
  };
}
