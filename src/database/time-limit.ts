import type { Database, Queryable } from './client.ts';

/**
 * Asks in one read-only transaction in which Postgres ends any statement that takes longer, one that waits for a lock
 * included: who asks again and again leaves nothing behind on the server.
 */
export async function askWithin<T>(
  db: Database,
  limitMs: number,
  ask: (db: Queryable) => Promise<T>,
): Promise<T> {
  return db.transaction(async (tx) => {
    // `set local`, because it is no state of the session.
    await tx.query(
      `set transaction read only; set local statement_timeout = ${Math.ceil(limitMs)}`,
    );
    return ask(tx);
  });
}
