/** Deeds to the quarantine, done to a real database by a superuser without triggers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { noProgress } from '../../src/evidence/verification/deep-progress.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { quarantineRecord, storeQuarantine } from '../../src/ingest/quarantine.ts';
import { retryQuarantine } from '../../src/ingest/quarantine-retry.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { users } from '../../src/streams/users.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

const signal = new AbortController().signal;
const account = 'acme';
const origin = 'acme/log';
const streams = [auditLogs, accessLogs];
const sealing = { account, origin, key: makeSigningKey(origin), logs: streams };

/** Takes a lease, which whoever had it has given back. */
async function lease(db: Database, stream: Stream): Promise<Lease> {
  await db.query(`update zendesk_sync.leases set expires_at = now() - interval '1 second'`);
  return takeLease(db, stream);
}

/** Puts records into quarantine, in one transaction. */
async function quarantine(
  db: Database,
  stream: Stream,
  contents: readonly string[],
): Promise<void> {
  const held = await lease(db, stream);
  const records = contents.map((content, at) =>
    quarantineRecord(new Error(), at + 1, Buffer.from(content), {}),
  );
  await db.transaction(async (tx) => storeQuarantine(tx, held, records, undefined));
}

async function retry(db: Database, stream: Stream): Promise<unknown> {
  const ensurePartitions = createPartitionKeeper(db);
  const held = await lease(db, stream);
  const parts = { db, ensurePartitions, classify: usualClassify };
  return retryQuarantine(parts, stream, held, 'all', signal);
}

async function verify(db: Database): Promise<readonly string[]> {
  const result = await verifyHistory(db, {
    account,
    streams,
    isWhole: true,
    deep: true,
    span: undefined,
    keys: [],
    progress: noProgress,
    keep: async () => {},
    anchors: [],
    report: () => {},
    signal,
  });
  return (result?.findings ?? []).map(({ kind, entry }) => `${kind} ${entry}`);
}

const access = (number: number): string =>
  `{"id": "01M${number}", "timestamp": "2026-10-01T10:00:0${number}Z", "status": 200}`;
const user = `{"id": 7, "name": "Ada", "email": "ada@example.com", "role": "admin", "active": true, "created_at": "2026-10-01T10:00:00Z", "updated_at": "2026-10-01T10:00:00Z"}`;

describe('verify, of the quarantine', { concurrency: 2 }, () => {
  it('finds nothing after records came, came again, and were taken out and stored', async () => {
    await withLedger(async (db) => {
      await quarantine(db, accessLogs, [access(1), access(2), '\ud800 "no JSON"']);
      await quarantine(db, accessLogs, [access(2), access(3)]);
      await quarantine(db, users, [user]);
      await sealWaiting(db, sealing);
      assert.deepEqual(await verify(db), []);
      assert.deepEqual(await retry(db, accessLogs), { stored: 3, known: 0, left: 1 });
      assert.deepEqual(await retry(db, users), { stored: 1, known: 0, left: 0 });
      assert.deepEqual(await verify(db), [], 'before it is sealed');
      await sealWaiting(db, sealing);
      assert.deepEqual(await verify(db), []);
    });
  });

  for (const [deed, statement, found] of [
    ['removed', `delete from zendesk_sync.quarantine where id = 2`, ['quarantine_missing 2']],
    [
      'changed, with its fingerprint',
      `update zendesk_sync.quarantine set content = 'x', fingerprint = sha256('x') where id = 2`,
      ['quarantine_changed 2'],
    ],
    [
      'moved to another moment',
      `update zendesk_sync.quarantine set first_seen = first_seen + interval '1 second' where id = 2`,
      ['quarantine_added undefined', 'quarantine_missing 2'],
    ],
    [
      'added',
      `insert into zendesk_sync.quarantine (account, stream, code, reason, content, fingerprint, tried_by)
       values ('${account}', 'users', 'record_unreadable', '', 'x', sha256('x'), '1')`,
      ['quarantine_added undefined'],
    ],
  ] as const)
    it(`finds a record that was ${deed}`, async () => {
      await withLedger(async (db) => {
        await quarantine(db, accessLogs, [access(1), access(2)]);
        await sealWaiting(db, sealing);
        await db.query(statement);
        assert.deepEqual(await verify(db), found);
      });
    });

  it('finds a record that was put back after it was stored', async () => {
    await withLedger(async (db) => {
      await quarantine(db, accessLogs, [access(1), access(2)]);
      await db.query(
        'create table zendesk_sync.kept as select * from zendesk_sync.quarantine where id = 2',
      );
      await retry(db, accessLogs);
      await sealWaiting(db, sealing);
      await db.query(
        'insert into zendesk_sync.quarantine overriding system value table zendesk_sync.kept',
      );
      assert.deepEqual(await verify(db), ['quarantine_added 2']);
    });
  });
});
