import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/database/client.ts';

/** Asks for a request and, while Postgres has not answered yet, does something else. */
export async function whileAsking(db: Database, ask: () => void, act: () => void): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('lock table zendesk_sync.budgets in access exclusive mode');
    ask();
    // The tables of other tests' databases have the same numbers.
    const waiting = `select 1 from pg_locks join pg_database d on d.oid = database and d.datname = current_database()
      where not granted and relation = 'zendesk_sync.budgets'::regclass`;
    while ((await tx.query(waiting)).length === 0) await sleep(2);
    act();
  });
}
