import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Database } from '../../src/database/client.ts';
import { acquireLease, checkLease, type Lease } from '../../src/ingest/lease.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// Postgres uses it to show how long a statement has been running.
returnToMachineClock();

/** Begins a transaction that stalls in the middle of COPY; under a lease, as for a page, or without one. */
async function standStill(
  db: Database,
  url: string,
  table: string,
  lease: Lease | undefined,
): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  const query = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await client.query(text, [...values])).rows as Row[];
  if (lease !== undefined)
    await checkLease(
      {
        query,
        queryAll: ([fence]) => query(fence?.text ?? '', fence?.values).then((rows) => [rows]),
      },
      lease,
    );
  const copy = client.query(copyFrom(`copy ${table} (account, id) from stdin`));
  copy.on('error', () => {});
  copy.write('acme\t');
  await waitUntil(async () => {
    const waiting = await db.query(
      `select from pg_stat_activity
       where datname = current_database() and query like 'copy ${table}%' and state = 'active' and wait_event = 'ClientRead'`,
    );
    return waiting.length === 1;
  });
  return client;
}

describe('a process that is frozen in the middle of COPY', () => {
  it('does not block a take-over: its transaction is ended, and another process gets the lease', async () => {
    await withLedger(async (db, url) => {
      const key = { account: 'acme', stream: 'access_logs' };
      const lease = await takeLease(db, accessLogs);
      await db.query(`update zendesk_sync.leases set expires_at = now()`);
      // A COPY of the operator, by the same user, before the other one.
      const loading = await standStill(db, url, 'zendesk.audit_logs', undefined);
      const stalled = await standStill(db, url, 'zendesk.access_logs', lease);
      const ended = once(stalled, 'error');
      // Nothing waits for the stalled page: a pooler may have few connections.
      const first = await acquireLease(db, key, 'the other', 60_000);
      assert.deepEqual(first, { holder: 'test', expiresInMs: 0 });
      let taken: Awaited<ReturnType<typeof acquireLease>> = first;
      await waitUntil(async () => {
        taken = await acquireLease(db, key, 'the other', 60_000);
        return 'token' in taken;
      });
      assert.ok('token' in taken);
      assert.deepEqual([taken.holder, taken.token], ['the other', '2']);
      const [error] = (await ended) as [Error];
      assert.equal(error.message, 'Connection terminated unexpectedly');
      const copies = await db.query<{ query: string }>(
        `select query from pg_stat_activity where query like 'copy %' and state = 'active' and datname = current_database()`,
      );
      assert.deepEqual(copies, [{ query: 'copy zendesk.audit_logs (account, id) from stdin' }]);
      await loading.end();
    });
  });
});
