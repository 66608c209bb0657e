import { openDatabase, type Database } from '../../src/database/client.ts';
import { acquireLease, type Lease } from '../../src/ingest/lease.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { withDatabase } from './database.ts';

/** Runs `work` on a separate migrated database, opened as the program opens it. */
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
export async function takeLease(db: Database, stream: Stream, holder = 'test'): Promise<Lease> {
  await registerStream(db, 'acme', stream);
  const key = { account: 'acme', stream: stream.name };
  const answer = await acquireLease(db, key, holder, 60_000);
  if (!('token' in answer)) throw new Error(`The lease is held by ${answer.holder}.`);
  return answer;
}
