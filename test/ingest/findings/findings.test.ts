/** What a stored finding says, and what becomes of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../../src/database/client.ts';
import { markExamined } from '../../../src/ingest/findings/marks.ts';
import { accessLogs } from '../../../src/streams/access-logs.ts';
import { at, storeAccessRows } from '../../support/access-view-rows.ts';
import { examineLogs } from '../../support/findings.ts';
import { withLedger } from '../../support/ledger.ts';

const secret = { url: '/api/v2/oauth/tokens/7' };

type Told = { readonly finding: string; readonly state: string; readonly why: string | null };

const load = (db: Database, rule: string): Promise<Told[]> =>
  db.query<Told>(
    `select finding, state, withdrawn_because as why from zendesk.findings where rule = $1 order by created_at`,
    [rule],
  );

describe('a stored finding', () => {
  it('names the rows that were counted, with the first and the last of them', async () => {
    await withLedger(async (db) => {
      await db.query(
        `update zendesk.finding_rules set parameters = parameters || '{"count": 3}' where rule = 'denied_burst'`,
      );
      await storeAccessRows(
        db,
        ['12:00:00', '12:01:00', '12:02:00', '12:03:00'].map((time) =>
          at(`11-18T${time}`, { status: 403 }),
        ),
      );
      await examineLogs(db);
      assert.deepEqual(
        await db.query(
          `select rule_version, record_id, first_at, last_at, evidence from zendesk.findings where rule = 'denied_burst'`,
        ),
        [
          {
            rule_version: 1,
            record_id: '000003',
            first_at: new Date('2026-11-18T12:00:00Z'),
            last_at: new Date('2026-11-18T12:02:00Z'),
            evidence: ['00', '01', '02'].map((minute) => ({
              table: 'access_logs',
              timestamp: `2026-11-18T12:${minute}:00Z`,
              id: `0000${String(Number(minute) + 1).padStart(2, '0')}`,
            })),
          },
        ],
      );
    });
  });

  it('is looked for with a report before each part and at the end', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('11-18T12:00:00', secret)]);
      const reports: (readonly number[])[] = [];
      const report = (...counts: readonly number[]): void => void reports.push(counts);
      const { spans } = await examineLogs(db, 'acme', { report });
      assert.deepEqual(
        [reports[0], reports.at(-1)],
        [
          [0, spans],
          [spans, spans],
        ],
      );
      await examineLogs(db, 'acme', { report: () => assert.fail('nothing is marked') });
    });
  });

  it('keeps its id and what was said of it, is withdrawn with the reason, and comes back', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('11-18T12:00:00', secret)]);
      const { new: added, changed, withdrawn } = await examineLogs(db);
      assert.deepEqual([added, changed, withdrawn], [1, 0, 0]);
      const [first] = await load(db, 'secret_access');
      assert.equal(first?.state, 'open');
      await db.query(
        `update zendesk.findings set acknowledged_at = now(), acknowledged_by = 'Ann', acknowledged_note = 'a test' where rule = 'secret_access'`,
      );
      await db.query(
        `update zendesk.finding_rules set enabled = false where rule = 'secret_access'`,
      );
      assert.equal((await examineLogs(db)).withdrawn, 1);
      assert.deepEqual(await load(db, 'secret_access'), [
        { ...first, state: 'withdrawn', why: 'rule' },
      ]);
      await db.query(
        `update zendesk.finding_rules set enabled = true where rule = 'secret_access'`,
      );
      await examineLogs(db);
      assert.deepEqual(await load(db, 'secret_access'), [{ ...first, state: 'acknowledged' }]);
      await db.query(`insert into zendesk.service_accounts (account, user_id) values ('acme', 5)`);
      await examineLogs(db);
      assert.deepEqual(await load(db, 'secret_access'), [
        { ...first, state: 'withdrawn', why: 'rows' },
      ]);
      assert.deepEqual(
        await db.query(
          `select version, definition ->> 'enabled' as enabled from zendesk.finding_rule_versions where rule = 'secret_access' order by version`,
        ),
        [
          { version: 1, enabled: 'true' },
          { version: 2, enabled: 'false' },
          { version: 3, enabled: 'true' },
        ],
      );
      assert.deepEqual(await db.query('select * from zendesk.access_findings'), []);
    });
  });

  it('about a day stays the same until the day ends', async () => {
    await withLedger(async (db) => {
      await db.query(
        `update zendesk.finding_rules set parameters = parameters || '{"minimum": 2, "z": 0.5, "floor": 0.1, "least_days": 1}'
         where rule = 'search_outlier'`,
      );
      const search = { url: '/api/v2/search.json?query=abc' };
      await storeAccessRows(db, [
        at('11-16T12:00:00', search),
        at('11-17T12:00:00', search),
        ...[1, 2, 3, 4].map((minute) => at(`11-18T12:0${minute}:00`, search)),
      ]);
      await examineLogs(db);
      const [first] = await load(db, 'search_outlier');
      assert.equal(first?.state, 'open');
      await storeAccessRows(db, [at('11-18T15:00:00', { ...search, id: '000099' })]);
      await examineLogs(db);
      assert.deepEqual(await load(db, 'search_outlier'), [first]);
      assert.deepEqual(
        await db.query(
          `select record_id, last_at, evidence from zendesk.findings where rule = 'search_outlier'`,
        ),
        [
          {
            record_id: '000099',
            last_at: new Date('2026-11-18T15:00:00Z'),
            evidence: [{ table: 'agent_day', day: '2026-11-18', user_id: 5 }],
          },
        ],
      );
    });
  });

  it('is worked out again from the time of its rows, which is marked once', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('11-18T12:00:00', secret)]);
      await db.query('delete from zendesk_sync.stale_findings');
      assert.equal(await markExamined(db, 'acme', accessLogs), true);
      assert.deepEqual(
        await db.query(
          `select actor_id::integer as actor, lower(spans) as from, upper(spans) as until
           from zendesk_sync.stale_findings where rule = 'secret_access'`,
        ),
        [
          {
            actor: 0,
            from: new Date('2026-11-18T12:00:00Z'),
            until: new Date('2026-11-18T12:30:00.001Z'),
          },
        ],
      );
      assert.equal(await markExamined(db, 'acme', accessLogs), false);
    });
  });
});
