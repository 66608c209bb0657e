/** Coverage that was withdrawn, and what keeps it from being read: in the sealed log, and held against it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { KnownError } from '../../src/errors.ts';
import { settleLosses } from '../../src/ingest/losses.ts';
import { markAvailable, noteRefusal } from '../../src/ingest/refusals.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';

const signal = new AbortController().signal;
const streams = [auditLogs, accessLogs];
const origin = 'acme/log';

describe('the sealed log', { concurrency: 2 }, () => {
  it('says what is no longer covered, and verify finds that it counts as covered again', async () => {
    const settings = { accessLogDays: 2, accessLogRowsPerDay: 200, auditLogDays: 3 };
    await withInstallation(settings, { rescanAges: [] }, async (installation) => {
      const { db, engine } = installation;
      const sealing = { account, origin, key: makeSigningKey(origin), logs: streams };
      await pullCompletely(installation, 'audit_logs');
      const before = await db.query<{ covered_from: Date; covered_until: Date }>(
        `select covered_from, covered_until from zendesk_sync.coverage where stream = 'audit_logs'`,
      );
      await db.query(
        `delete from zendesk.audit_logs where id = (select id from zendesk.audit_logs order by created_at offset 5 limit 1)`,
      );
      await settleLosses({ engine, stream: auditLogs });
      await sealWaiting(db, sealing);
      const [noted] = await db.query<{ body: { spans: { rows: number; reason: string }[] } }>(
        `select body from (
           select convert_from(manifest, 'UTF8')::jsonb as body from zendesk_evidence.entries
         ) as sealed where body ->> 'kind' = 'uncovered'`,
      );
      assert.deepEqual(
        noted?.body.spans.map(({ rows, reason }) => [rows, reason]),
        [[1, 'rows_deleted']],
      );
      const verify = async (): Promise<readonly string[]> => {
        const task = { account, streams, isWhole: true, deep: false, anchors: [], signal };
        const result = await verifyHistory(db, { ...task, report: () => {} });
        return (result?.findings ?? []).map(({ kind }) => kind);
      };
      assert.deepEqual(await verify(), ['rows_miscounted']);
      await db.query(`delete from zendesk_sync.coverage where stream = 'audit_logs'`);
      for (const { covered_from: from, covered_until: until } of before)
        await db.query(
          `insert into zendesk_sync.coverage (account, stream, covered_from, covered_until) values ($1, 'audit_logs', $2, $3)`,
          [account, from, until],
        );
      assert.deepEqual(await verify(), ['coverage_unfounded', 'rows_miscounted']);
    });
  });

  it('says from when until when a log was not available', async () => {
    await withInstallation({}, {}, async ({ db, worker }) => {
      await worker('access_logs').follow(signal);
      const key = { account, stream: 'access_logs' };
      const refusal = new KnownError('role_missing', { found: 'No', wayOut: 'ask' });
      await noteRefusal(db, key, refusal);
      await db.query(`update zendesk_sync.streams set refused_since = now() - interval '1 hour'`);
      for (let times = 0; times < 2; times += 1) await noteRefusal(db, key, refusal);
      for (let times = 0; times < 2; times += 1) await markAvailable(db, key);
      const noted = await db.query<{ kind: string; code: string | null; hasSince: boolean }>(
        `select body ->> 'kind' as kind, body ->> 'code' as code, body ? 'since' as "hasSince"
         from (select id, manifest::jsonb as body from zendesk_evidence.pending) as waiting
         where body ->> 'kind' in ('available', 'unavailable') order by id`,
      );
      assert.deepEqual(noted, [
        { kind: 'unavailable', code: 'role_missing', hasSince: true },
        { kind: 'available', code: null, hasSince: false },
      ]);
    });
  });
});
