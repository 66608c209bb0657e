/** Which spans the rules look at again, piece by piece, and what that leaves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../../src/database/client.ts';
import { examine, renewFindings } from '../../../src/ingest/findings/examine.ts';
import { accessLogs } from '../../../src/streams/access-logs.ts';
import { auditLogs } from '../../../src/streams/audit-logs.ts';
import { at, storeAccessRows } from '../../support/access-view-rows.ts';
import { examineLogs } from '../../support/findings.ts';
import { withLedger } from '../../support/ledger.ts';

const url = '/api/v2/oauth/tokens/7';
const logs = [auditLogs, accessLogs];

/** Two people look at secrets on three days, a month between them. */
async function storeSecrets(db: Database): Promise<void> {
  await storeAccessRows(db, [
    at('09-10T00:00:00', { url, user_id: 5 }),
    at('10-10T12:00:00', { url, user_id: 5 }),
    at('10-10T15:00:00', { url, user_id: 6 }),
    at('11-10T12:00:00', { url, user_id: 5 }),
  ]);
}

/** Has each day looked at by itself, as if it had many rows. */
const fillDays = (db: Database) =>
  db.query(
    `insert into zendesk_sync.stored_rows (account, stream, day, rows)
     select 'acme', 'access_logs', d::date, 60000 from generate_series('2026-09-01'::date, '2026-11-30', '1 day') as d`,
  );

const secrets = (db: Database) =>
  db.query<{ id: string; severity: string; open: boolean }>(
    `select record_id as id, severity, withdrawn_at is null as open from zendesk.findings where rule = 'secret_access' order by 1`,
  );
const are = (severity: string, open: boolean, ...ids: readonly number[]) =>
  ids.map((id) => ({ id: `00000${id}`, severity, open }));

/** Marks some spans of the rule about secrets and nothing else. */
async function markOnly(db: Database, spans: string, actor = 0): Promise<void> {
  await db.query('delete from zendesk_sync.stale_findings');
  await db.query(
    `insert into zendesk_sync.stale_findings (account, stream, rule, actor_id, spans)
     values ('acme', 'access_logs', 'secret_access', $2, $1::tstzmultirange)`,
    [spans, actor],
  );
}

/** Three days without their last hour. */
const threeDays = `{${['09', '10', '11'].map((month) => `[2026-${month}-10,2026-${month}-10 23:00)`).join()}}`;

const marks = (db: Database) => db.query('select from zendesk_sync.stale_findings');

describe('the spans that rules look at', { concurrency: 2 }, () => {
  it('are counted with all that was found, of all days and logs, and none is left', async () => {
    await withLedger(async (db) => {
      await storeSecrets(db);
      const days: unknown[] = [];
      const spans: unknown[] = [];
      const changes: unknown[] = [];
      const options = {
        reportDays: (...heard: number[]) => void days.push(heard),
        report: (...heard: number[]) => void spans.push(heard),
        reportChanges: (heard: unknown) => void changes.push(heard),
      };
      await examineLogs(db);
      assert.deepEqual(await marks(db), []);
      const [{ severity } = assert.fail()] = await secrets(db);
      assert.deepEqual(await secrets(db), are(severity, true, 1, 2, 3, 4));
      await db.query('delete from zendesk.findings');
      await fillDays(db);
      await markOnly(db, threeDays);
      assert.deepEqual(await examine(db, 'acme', logs, options), {
        days: 0,
        spans: 3,
        new: 4,
        changed: 0,
        withdrawn: 0,
      });
      assert.deepEqual(spans, [
        [0, 3],
        [1, 3],
        [2, 3],
        [3, 3],
      ]);
      assert.deepEqual([days, changes, await marks(db)], [[], [], []]);
      await db.query('delete from zendesk_sync.stored_rows');
      await db.query(
        `update zendesk.finding_rules set severity = 'info' where rule = 'secret_access'`,
      );
      const { changed, withdrawn } = await examine(db, 'acme', logs, options);
      assert.deepEqual([changed, withdrawn], [4, 0]);
      assert.deepEqual(changes, [[{ input: 'rule', item: 'secret_access' }]]);
      assert.deepEqual(await secrets(db), are('info', true, 1, 2, 3, 4));
      await db.query(
        `update zendesk.finding_rules set enabled = false where rule = 'secret_access'`,
      );
      const last = await examine(db, 'acme', logs);
      assert.deepEqual([last.new, last.changed, last.withdrawn], [0, 0, 4]);
      assert.deepEqual(await secrets(db), are('info', false, 1, 2, 3, 4));
    });
  });

  it('are looked at up to their last instant, for the people concerned and no one else', async () => {
    await withLedger(async (db) => {
      await storeSecrets(db);
      await examineLogs(db);
      const [{ severity } = assert.fail()] = await secrets(db);
      const found = async (spans: string, actor?: number): Promise<readonly string[]> => {
        await db.query('delete from zendesk.findings');
        await markOnly(db, spans, actor);
        await renewFindings(db, 'acme', logs);
        assert.deepEqual(await marks(db), []);
        const rows = await secrets(db);
        for (const each of rows) assert.equal(each.severity, severity);
        return rows.map(({ id }) => id.slice(-1));
      };
      assert.deepEqual(await found('{[2026-10-10 12:00+00,2026-10-10 15:00+00]}'), ['2', '3']);
      assert.deepEqual(await found('{[2026-10-10 12:00+00,2026-10-10 15:00+00)}'), ['2']);
      assert.deepEqual(await found('{[2026-10-10 15:00+00,2026-10-10 15:00+00]}'), ['3']);
      assert.deepEqual(await found('{(,)}', 6), ['3']);
      assert.deepEqual(await found('{(,)}', 5), ['1', '2', '4']);
      assert.deepEqual(await found('{(,2026-09-10 00:00+00]}'), ['1']);
      assert.deepEqual(await found('{[2026-12-01,)}'), []);
    });
  });

  it('are all looked at where they begin together and end one after the other, for some people and for all', async () => {
    await withLedger(async (db) => {
      await storeSecrets(db);
      await examineLogs(db);
      await db.query('delete from zendesk.findings');
      await markOnly(db, '{[2026-10-10 12:00+00,2026-10-10 16:00+00)}', 6);
      await db.query(
        `insert into zendesk_sync.stale_findings (account, stream, rule, actor_id, spans)
         values ('acme', 'access_logs', 'secret_access', 5, '{[2026-10-10 12:00+00,2026-10-10 13:00+00)}'),
           ('acme', 'access_logs', 'watchlist_access', 0, '{[2026-10-10 12:00+00,2026-10-10 12:30+00)}')`,
      );
      const { spans, new: added } = await renewFindings(db, 'acme', logs);
      assert.deepEqual([spans, added], [1, 2]);
      assert.deepEqual(
        (await secrets(db)).map(({ id }) => id),
        ['000002', '000003'],
      );
    });
  });

  it('are left for the next time from where a signal ended it', async () => {
    await withLedger(async (db) => {
      await storeSecrets(db);
      await examineLogs(db);
      await db.query('delete from zendesk.findings');
      await fillDays(db);
      await markOnly(db, threeDays);
      const stopping = new AbortController();
      const report = (done: number): void => {
        if (done === 1) stopping.abort();
      };
      await assert.rejects(renewFindings(db, 'acme', logs, { signal: stopping.signal, report }));
      assert.deepEqual(
        (await secrets(db)).map(({ id }) => id),
        ['000001', '000002', '000003'],
      );
      assert.deepEqual(await renewFindings(db, 'acme', logs), {
        spans: 1,
        new: 1,
        changed: 0,
        withdrawn: 0,
      });
    });
  });

  it('are not those of the archive: what was found there stays', async () => {
    await withLedger(async (db) => {
      await storeSecrets(db);
      await examineLogs(db);
      const before = await secrets(db);
      await db.query(
        `delete from zendesk.access_logs where timestamp between '2026-10-01' and '2026-10-31'`,
      );
      await db.query(
        `insert into zendesk_sync.archived_objects (account, stream, month, object, rows, first_at, last_at, bytes, manifest, checked_at, left_at)
         values ('acme', 'access_logs', '2026-10-01', 'o', 2, '2026-10-10T12:00:00Z', '2026-10-10T15:00:00Z', 9, '{}', now(), now())`,
      );
      await markOnly(db, '{(,)}');
      const { withdrawn, changed } = await renewFindings(db, 'acme', logs);
      assert.deepEqual([withdrawn, changed, await secrets(db)], [0, 0, before]);
      assert.deepEqual(await marks(db), []);
    });
  });
});
