/** Deletes the rows of an account: where it left, or what was copied when a move is undone. */
import { longLimitMs, type Database } from '../database/client.ts';
import { markOwn } from './copy.ts';
import { listParts } from './parts.ts';
import type { MovedTable } from './tables.ts';

/**
 * Deletes them, a part at a time; what nobody can delete stays. The streams go first: what the ledger does not know is
 * no loss.
 */
export async function clearAccount(
  db: Database,
  account: string,
  move: string,
  tables: readonly MovedTable[],
  report: (table: string) => void,
): Promise<void> {
  const first = 'zendesk_sync.streams';
  const others = tables.filter(({ name, isPermanent }) => name !== first && !isPermanent);
  const deleteFrom = async (name: string, condition = '', values: readonly unknown[] = []) =>
    db.transaction(async (tx) => {
      await markOwn(tx, move);
      await tx.query(`delete from ${name} where account = $1${condition}`, [account, ...values]);
    }, longLimitMs);
  await deleteFrom(first);
  for (const table of others) {
    report(table.name);
    if (table.partitions === undefined) await deleteFrom(table.name);
    else {
      const { time } = table.partitions;
      for (const { days } of await listParts(db, account, table))
        if (days !== undefined)
          await deleteFrom(
            table.name,
            ` and ${time} >= zendesk_sync.start_of($2::date) and ${time} < zendesk_sync.start_of($3::date)`,
            days,
          );
    }
  }
  for (const name of [
    'zendesk_sync.leases',
    'zendesk_sync.counted_partitions',
    'zendesk_sync.move_parts',
  ])
    await deleteFrom(name);
}
