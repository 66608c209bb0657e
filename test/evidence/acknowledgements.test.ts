/** Deeds to what people said of findings, done to a real database by a superuser. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { acknowledgeFindings } from '../../src/ingest/findings/acknowledge.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { storeFinding } from '../support/stored-finding.ts';
import { withLedger } from '../support/ledger.ts';

const account = 'acme';
const origin = 'acme/log';
const streams = [auditLogs, accessLogs];
const sealing = { account, origin, key: makeSigningKey(origin), logs: streams };
const ids = ['a1', 'b2', 'c3'];

async function verify(db: Database): Promise<readonly string[]> {
  const result = await verifyHistory(db, {
    account,
    streams,
    isWhole: true,
    deep: false,
    anchors: [],
    report: () => {},
    signal: new AbortController().signal,
  });
  return (result?.findings ?? []).map(({ kind, id }) => `${kind} ${id}`);
}

async function acknowledgeSome(db: Database): Promise<void> {
  for (const id of ids) await storeFinding(db, { finding: id });
  const said = { by: 'Ann', note: 'a test' };
  assert.deepEqual(await acknowledgeFindings(db, account, ['a1', 'b2'], said), []);
}

describe('verify, of acknowledged findings', { concurrency: 2 }, () => {
  it('finds nothing before and after they are sealed, and after one was acknowledged again', async () => {
    await withLedger(async (db) => {
      await acknowledgeSome(db);
      await sealWaiting(db, sealing);
      assert.deepEqual(await verify(db), []);
      await acknowledgeFindings(db, account, ['b2', 'c3'], { by: 'Bob', note: 'looked again' });
      assert.deepEqual(await verify(db), [], 'before it is sealed');
      await sealWaiting(db, sealing);
      assert.deepEqual(await verify(db), []);
    });
  });

  it('keeps names and notes out of the sealed log', async () => {
    await withLedger(async (db) => {
      await acknowledgeSome(db);
      await sealWaiting(db, sealing);
      const [found] = await db.query<{ kinds: number; words: number }>(
        `select count(*) filter (where entry like '%"kind":"acknowledged"%')::integer as kinds,
           count(*) filter (where entry ~ 'Ann|a test')::integer as words
         from (select convert_from(manifest, 'UTF8') as entry from zendesk_evidence.entries) as entries`,
      );
      assert.deepEqual(found, { kinds: 1, words: 0 });
    });
  });

  it('acknowledges all or none, and seals nothing of an unknown id', async () => {
    await withLedger(async (db) => {
      await storeFinding(db, { finding: 'a1' });
      const said = { by: 'Ann', note: 'a test' };
      assert.deepEqual(await acknowledgeFindings(db, account, ['a1', 'nope'], said), ['nope']);
      assert.deepEqual(await db.query('select from zendesk_evidence.pending'), []);
    });
  });

  for (const [deed, statement, found] of [
    [
      'another name',
      `update zendesk.findings set acknowledged_by = 'Eve' where finding = 'a1'`,
      'acknowledgement_changed a1',
    ],
    [
      'another note',
      `update zendesk.findings set acknowledged_note = '' where finding = 'a1'`,
      'acknowledgement_changed a1',
    ],
    [
      'another time',
      `update zendesk.findings set acknowledged_at = acknowledged_at - interval '1 day' where finding = 'a1'`,
      'acknowledgement_changed a1',
    ],
    [
      'none any more',
      `update zendesk.findings set acknowledged_at = null, acknowledged_by = null where finding = 'b2'`,
      'acknowledgement_missing b2',
    ],
    [
      'a removed finding',
      `delete from zendesk.findings where finding = 'b2'`,
      'acknowledgement_missing b2',
    ],
    [
      'one that nobody gave',
      `update zendesk.findings set acknowledged_at = now(), acknowledged_by = 'Ann', acknowledged_note = 'a test' where finding = 'c3'`,
      'acknowledgement_added c3',
    ],
  ] as const)
    it(`finds an acknowledgement that was given ${deed}`, async () => {
      await withLedger(async (db) => {
        await acknowledgeSome(db);
        await sealWaiting(db, sealing);
        await db.query(statement);
        assert.deepEqual(await verify(db), [found]);
      });
    });
});
