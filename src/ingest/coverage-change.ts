/** Changes the coverage of a stream in other ways than by a page. */
import type { Database, Transaction } from '../database/client.ts';
import { lockStream } from './coverage.ts';
import { checkLease, type Lease } from './lease.ts';

/**
 * Changes coverage in a transaction of its own, after the fence of the lease. A lock keeps others from changing it
 * meanwhile: a cursor of the same process may end its span at this moment.
 *
 * @throws {KnownError} `lease_lost` or `history_changed` when the lease is no longer held
 */
export async function changeCoverage<T>(
  db: Database,
  lease: Lease,
  change: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return db.transaction(async (tx) => {
    await checkLease(tx, lease);
    await lockStream(tx, lease);
    return change(tx);
  });
}
