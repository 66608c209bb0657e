/** What the ledger keeps of a refusal: when it counts, and what the sealed log says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { KnownError } from '../../src/errors.ts';
import { markAvailable, noteRefusal } from '../../src/ingest/refusals.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { withLedger } from '../support/ledger.ts';

const key = { account: 'acme', stream: 'access_logs' };
const refusal = new KnownError('add_on_missing', {
  subject: 'The access log',
  found: 'is not available (403)',
  wayOut: 'buy the add-on',
  status: 403,
  requestId: 'req-1',
});

async function load(db: Database): Promise<unknown> {
  const [row] = await db.query(
    `select refused_since is not null as refused, unavailable_since = refused_since as unavailable, unavailable_code as code, unavailable_reason as reason
     from zendesk_sync.streams`,
  );
  return row;
}

async function kinds(db: Database): Promise<readonly unknown[]> {
  const rows = await db.query<{ manifest: string }>(
    'select manifest from zendesk_evidence.pending',
  );
  return rows.map(({ manifest }) => (JSON.parse(manifest) as { kind: string }).kind);
}

describe('a refusal', () => {
  it('counts when it has lasted for two minutes, once, until Zendesk answers again', async () => {
    await withLedger(async (db) => {
      await registerStream(db, 'acme', accessLogs);
      assert.equal(await markAvailable(db, key), false);
      const first = await noteRefusal(db, key, refusal);
      assert.deepEqual(
        [first.code, first.status, first.requestId, first.cause],
        ['refusal_unconfirmed', 403, 'req-1', refusal],
      );
      assert.equal(
        first.message,
        'Zendesk has just refused access_logs (403), which may be temporary, so the next run asks again. If it persists: The access log is not available (403); buy the add-on.',
      );
      const doubted = { refused: true, unavailable: null, code: null, reason: null };
      assert.deepEqual([await load(db), await kinds(db)], [doubted, []]);
      // An answer in between: it begins again, and it was never unavailable.
      assert.equal(await markAvailable(db, key), false);
      assert.deepEqual(await load(db), { ...doubted, refused: false });

      await noteRefusal(db, key, refusal);
      await db.query(
        `update zendesk_sync.streams set refused_since = refused_since - interval '2 minutes'`,
      );
      for (let times = 0; times < 2; times += 1)
        assert.equal(await noteRefusal(db, key, refusal), refusal);
      assert.deepEqual(await load(db), {
        refused: true,
        unavailable: true,
        code: 'add_on_missing',
        reason: refusal.message,
      });
      assert.deepEqual(await kinds(db), ['unavailable']);
      assert.equal(await markAvailable(db, key), true);
      assert.deepEqual(await load(db), { ...doubted, refused: false });
      assert.deepEqual(await kinds(db), ['unavailable', 'available']);
    });
  });

  it('of a stream that the ledger does not have is in doubt', async () => {
    await withLedger(async (db) => {
      const error = await noteRefusal(db, key, refusal);
      assert.equal(error.code, 'refusal_unconfirmed');
    });
  });
});
