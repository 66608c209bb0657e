/** A record that the source shows with two times, each time that it is read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { adoptRows } from '../../src/evidence/adoption/adopt.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { createLogger } from '../../src/logger.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { access, withStore } from '../support/stored-pages.ts';

const signal = new AbortController().signal;
const account = 'acme';
const origin = 'acme/log';
const sealing = { account, origin, key: makeSigningKey(origin), logs: [accessLogs] };
const log = createLogger({
  level: 'silent',
  format: 'json',
  fileDescriptor: 2,
  isTerminal: false,
});

async function verify(db: Database): Promise<readonly string[]> {
  await sealWaiting(db, sealing);
  const task = { account, streams: [accessLogs], isWhole: true, deep: true, anchors: [], signal };
  const result = await verifyHistory(db, { ...task, report: () => {} });
  return (result?.findings ?? []).map(({ sentence }) => sentence);
}

const early = access('01A', 30);
const late = access('01A', 40_000);
const others = [access('01B', 30), access('01C', 31)].join();

describe('verify', () => {
  it('knows of a record that the source always shows with two times', async () => {
    await withStore(async (db, store) => {
      await store(accessLogs, [others, early, late].join());
      assert.deepEqual(await verify(db), []);
      for (let reading = 0; reading < 2; reading += 1) {
        await store(accessLogs, [others, early].join(), [early, late].join());
        assert.deepEqual(await verify(db), [], `reading ${reading}`);
      }
      const noted = await db.query<{ dropped: unknown }>(
        `select body -> 'dropped' as dropped from (
           select convert_from(manifest, 'UTF8')::jsonb as body from zendesk_evidence.entries
         ) as sealed
         where body ? 'dropped'`,
      );
      assert.equal(noted.length, 2);
      await db.query(`delete from zendesk.access_logs where id = '01C'`);
      const found = await verify(db);
      assert.ok(found.length > 1, 'a row that is really missing is found');
    });
  });

  it('knows of one that was there before the log, and was adopted with both times', async () => {
    await withStore(async (db, store) => {
      await store(accessLogs, [others, early, late].join());
      await store(accessLogs, early);
      await db.query('delete from zendesk_evidence.pending');
      await store(accessLogs, others);
      await sealWaiting(db, sealing);
      await adoptRows(db, sealing, log, signal);
      assert.deepEqual(await verify(db), []);
      await store(accessLogs, others, [early, late].join());
      assert.deepEqual(await verify(db), []);
    });
  });
});
