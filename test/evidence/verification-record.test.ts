/** What `verify` came to stands in the ledger, and every statement about completeness knows of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { verifyRecorded } from '../../src/evidence/verification/recorded.ts';
import { loadStatus } from '../../src/ingest/status.ts';
import { listCoverage } from '../../src/reports/shared/coverage-lines.ts';
import { describeCoverage } from '../../src/reports/shared/statement.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  account,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';

const streams = [auditLogs, accessLogs];
const { signal } = new AbortController();

type Verified = Installation & {
  readonly verify: (deep: boolean) => Promise<number>;
  readonly tamper: (statement: string) => Promise<void>;
  /** The sentences about the access log of a day that is covered, without times. */
  readonly state: (daysAgo?: number) => Promise<{ coverage: string; gaps: readonly string[] }>;
};

async function withVerified(work: (verified: Verified) => Promise<void>): Promise<void> {
  const settings = { accessLogDays: 3, accessLogRowsPerDay: 100, auditLogDays: 3 };
  await withInstallation(settings, { rescanAges: [] }, async (installation) => {
    const { db, simulator } = installation;
    await pullCompletely(installation, 'access_logs');
    const origin = 'acme/log';
    await sealWaiting(db, { account, origin, key: makeSigningKey(origin), logs: streams });
    const now = new Date(simulator.now());
    await work({
      ...installation,
      verify: async (deep) => {
        const task = {
          account,
          streams,
          isWhole: true,
          deep,
          span: undefined,
          keys: [],
          anchors: [],
          report: () => {},
          signal,
        };
        const tell = (sentence: string): void => assert.fail(sentence);
        return (
          (await verifyRecorded(db, task, { holder: 'test', resumes: true, tell }))?.findings
            .length ?? -1
        );
      },
      tamper: (statement) =>
        db.transaction(async (tx) => {
          await tx.query('set local session_replication_role = replica');
          await tx.query(statement);
        }),
      state: async (daysAgo = 1) => {
        const to = new Date(now.getTime() - (daysAgo - 1) * 86_400_000 - 7_200_000);
        const from = new Date(to.getTime() - 86_400_000);
        const scope = { db, account, now, timeZone: undefined };
        const { coverage, gaps } = await describeCoverage(scope, { log: accessLogs, from, to });
        return {
          coverage: coverage.join(' ').replaceAll(/ ?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, ''),
          gaps,
        };
      },
    });
  });
}

describe('what verifications came to', { concurrency: 2 }, () => {
  it('is part of the statement of a report, of the status and of the lines about everything', async () => {
    await withVerified(async ({ db, verify, state }) => {
      assert.equal(
        (await state()).coverage,
        'The access log from to was read completely; not verified yet.',
      );
      assert.equal(await verify(false), 0);
      assert.equal(
        (await state()).coverage,
        'The access log from to is completely stored; verified, but not row by row yet.',
      );
      assert.equal(await verify(true), 0);
      assert.equal(
        (await state()).coverage,
        'The access log from to is completely stored; verified row by row.',
      );
      const [status] = await loadStatus(db, streams);
      assert.equal(status?.verification_findings, 0);
      assert.ok(status.verified_at !== null && status.deeply_verified_at !== null);
      assert.match(
        (await listCoverage(db)).lines.join(),
        /without gaps, verified row by row \d{4}-/,
      );
    });
  });

  it('is never called complete where rows are not as they were stored, until every row was read again', async () => {
    await withVerified(async ({ db, verify, tamper, state }) => {
      // Four bits of each hash are kept: of five rows, one at least can be named.
      await db.query(
        `create table zendesk_sync.kept as
         select id, url from zendesk.access_logs where url is not null and timestamp > now() - interval '20 hours' order by timestamp limit 5`,
      );
      const [{ url } = { url: '' }] = await db.query<{ url: string }>(
        'select url from zendesk_sync.kept',
      );
      await tamper(
        `update zendesk.access_logs set url = 'X' where id in (select id from zendesk_sync.kept)`,
      );
      assert.equal(await verify(false), 0, 'the counts are right');
      const found = await verify(true);
      assert.ok(found >= 1);
      const { coverage, gaps } = await state();
      assert.match(
        coverage,
        /^The access log from to was read completely, but the verification of found (one thing|\d things) not as stored\.$/,
      );
      assert.match(
        gaps.join(),
        /^The verification of .* found: .* access_logs .*as (they were|it was) stored/,
      );
      assert.ok(!gaps.join().includes(url), 'no content of the row');
      assert.deepEqual((await state(2)).gaps, [], 'another day is as it was');
      const [status] = await loadStatus(db, streams);
      assert.equal(status?.verification_findings, found);
      assert.match(
        (await listCoverage(db)).lines.join(),
        /without gaps, but the verification of .* found /,
      );

      await tamper(
        `update zendesk.access_logs a set url = kept.url from zendesk_sync.kept where a.id = kept.id`,
      );
      assert.equal(await verify(false), 0);
      assert.equal((await state()).gaps.length, 1, 'counting does not show that it is as it was');
      assert.equal(await verify(true), 0);
      assert.deepEqual(await state(), {
        coverage: 'The access log from to is completely stored; verified row by row.',
        gaps: [],
      });
    });
  });
});
