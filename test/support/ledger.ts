import { openDatabase, type Database } from '../../src/database/client.ts';
import { acquireLease, type Lease } from '../../src/database/leases.ts';
import { registerStream } from '../../src/database/streams.ts';
import { withDatabase } from './database.ts';

/** Runs `work` on a migrated database of its own, opened as the program opens it. */
export async function withLedger<T>(work: (db: Database, url: string) => Promise<T>): Promise<T> {
  return withDatabase(async (url) => {
    const db = openDatabase({ url });
    try {
      return await work(db, url);
    } finally {
      await db.close();
    }
  });
}

/** Registers a stream of the account `acme` and takes its lease. */
export async function takeLease(db: Database, stream: string, holder = 'test'): Promise<Lease> {
  const key = { account: 'acme', stream };
  await registerStream(db, key, stream === 'access_logs' ? 90 : undefined);
  const answer = await acquireLease(db, key, holder, 60_000);
  if (!('token' in answer)) throw new Error(`The lease is held by ${answer.holder}.`);
  return answer;
}
