/** Finds by halving which rows of a page Postgres refuses, so that the others can be stored. */
import { refusesRow } from '../../database/connection-errors.ts';
import type { Transaction } from '../../database/client.ts';

/** What was written, part by part, and the rows that Postgres refuses. */
type Isolation<Item, Result> = {
  readonly written: readonly Result[];
  readonly refused: readonly { readonly item: Item; readonly error: unknown }[];
};

/**
 * Writes all items at once; if Postgres refuses one of them, in two halves, each in the same way, down to a single item.
 * Each part has its own savepoint.
 */
export async function writeByHalves<Item, Result>(
  tx: Transaction,
  items: readonly Item[],
  write: (items: readonly Item[]) => Promise<Result>,
): Promise<Isolation<Item, Result>> {
  await tx.query('savepoint part');
  try {
    const result = await write(items);
    await tx.query('release savepoint part');
    return { written: [result], refused: [] };
  } catch (error) {
    if (!refusesRow(error)) throw error;
    await tx.query('rollback to savepoint part');
    await tx.query('release savepoint part');
    const [item] = items;
    if (item === undefined) throw error;
    if (items.length === 1) return { written: [], refused: [{ item, error }] };
    const middle = Math.ceil(items.length / 2);
    const first = await writeByHalves(tx, items.slice(0, middle), write);
    const second = await writeByHalves(tx, items.slice(middle), write);
    return {
      written: [...first.written, ...second.written],
      refused: [...first.refused, ...second.refused],
    };
  }
}
