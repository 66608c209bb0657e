import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClassifier } from '../../src/classification/classifier.ts';
import { fingerprintRules } from '../../src/classification/access-rule.ts';
import { accessRules } from '../../src/classification/rules.ts';
import type { Database } from '../../src/database/client.ts';
import { checkDerivedRows } from '../../src/doctor/derived-rows.ts';
import { openReadOnly } from '../../src/doctor/diagnosis.ts';
import { classifyStored } from '../../src/ingest/classification-pass.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';

const log = { accessLogDays: 80, accessLogRowsPerDay: 20, auditLogRowsPerDay: 0, limits: false };
const table = 'zendesk.access_log_resources';

const classification = {
  account,
  stream: accessLogs,
  classify: createClassifier(accessRules),
  rules: fingerprintRules(accessRules),
};
const again = {
  again: true,
  signal: new AbortController().signal,
  report: () => {},
  reportDays: () => {},
};

async function derivedLines(db: Database): Promise<readonly string[]> {
  const rows = await db.query<{ line: string }>(`select r::text as line from ${table} r`);
  return rows.map(({ line }) => line).toSorted();
}

/** Ways to remove rows of a month but leave the requests that they were derived from. */
const deeds: Readonly<Record<string, (partition: string) => string>> = {
  deleted: (partition) =>
    `delete from ${partition} where access_log_id = (select min(access_log_id) from ${partition})`,
  truncated: (partition) => `truncate ${partition}`,
  dropped: (partition) => `drop table ${partition}`,
  detached: (partition) => `alter table ${table} detach partition ${partition}`,
};

describe('rows that are removed only from access_log_resources', { concurrency: 2 }, () => {
  for (const [deed, statement] of Object.entries(deeds))
    it(`are noticed by doctor and recreated by classify --apply --again: ${deed}`, async () => {
      await withInstallation(log, {}, async (installation) => {
        const { db, url } = installation;
        const looked = openReadOnly(url);
        try {
          await pullCompletely(installation, 'access_logs');
          await refreshRollups(db, account, [accessLogs]);
          const lines = await derivedLines(db);
          assert.equal(await checkDerivedRows(looked, account, accessLogs), undefined, 'before');
          const [lost] = await db.query<{ partition: string; requests: number; span: string }>(
            `select tableoid::regclass::text as partition,
               count(distinct access_log_id) filter (where position = 0)::integer as requests,
               to_char(min(timestamp), '"between" YYYY-MM-DD') || to_char(max(timestamp), ' "and" YYYY-MM-DD') as span
             from ${table} group by tableoid order by 1 limit 1`,
          );
          assert.ok(lost !== undefined);
          await db.query(statement(lost.partition));

          const check = await checkDerivedRows(looked, account, accessLogs);
          const [found, wayOut] = [check?.found ?? '', check?.wayOut ?? ''];
          if (deed === 'deleted') assert.match(found, /^what 1 stored request between /);
          else assert.ok(found.startsWith(`what ${lost.requests} stored requests ${lost.span}`));
          assert.match(found, /is missing: rows were removed from zendesk.access_log_resources$/);
          assert.match(wayOut, /classify --apply --again$/);

          await classifyStored(db, classification, again);
          assert.deepEqual(await derivedLines(db), lines);
          assert.equal(await checkDerivedRows(looked, account, accessLogs), undefined, 'after');
        } finally {
          await looked.close();
        }
      });
    });

  it('are not counted for a log without derived rows', async () => {
    await withInstallation(log, {}, async ({ url }) => {
      const looked = openReadOnly(url);
      assert.equal(await checkDerivedRows(looked, account, auditLogs), undefined);
      await looked.close();
    });
  });
});
