import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listGaps } from '../../src/ingest/gap-list.ts';
import { loadStatus } from '../../src/ingest/status.ts';
import { describeCoverage, listStatement } from '../../src/reports/shared/statement.ts';
import { applyRetention } from '../../src/retention/apply.ts';
import { addHold, releaseHold } from '../../src/retention/holds.ts';
import { planRetention } from '../../src/retention/plan.ts';
import type { Policy } from '../../src/retention/planned-removal.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { account, pullCompletely } from '../support/installation.ts';
import { logs, withKeptAccount, type KeptAccount } from './kept-account.ts';

const signal = new AbortController().signal;

function keep(of: string, days: number): Policy {
  return { of, days, months: 0, text: `${days} days` };
}

async function apply(kept: KeptAccount, ...policies: Policy[]): Promise<readonly number[]> {
  const now = new Date(kept.simulator.now());
  const planned = await planRetention(kept.db, account, logs, policies, now);
  const rows: number[] = [];
  await applyRetention(kept.db, planned, 'ann', (each) => rows.push(each.rows), signal);
  return rows;
}

async function count({ db }: KeptAccount, table: string): Promise<number> {
  const [row] = await db.query<{ rows: number }>(`select count(*)::integer as rows from ${table}`);
  return row?.rows ?? 0;
}

describe('retention apply', { concurrency: 2 }, () => {
  it('drops rows of a log, is reported permanently, and neither verify nor the pullers miss them', async () => {
    await withKeptAccount(async (kept) => {
      const { db, simulator } = kept;
      const before = await count(kept, 'zendesk.access_logs');
      const [dropped = 0] = await apply(kept, keep('access_logs', 2));
      const left = await count(kept, 'zendesk.access_logs');
      assert.ok(dropped > 300 && left > 300, `${dropped} ${left}`);
      assert.equal(dropped + left, before);
      const derived = await db.query(
        `select from zendesk.access_log_resources r
         where not exists (select from zendesk.access_logs l where l.timestamp = r.timestamp and l.id = r.access_log_id)`,
      );
      assert.equal(derived.length, 0);
      for (const when of ['waiting', 'sealed']) {
        const verified = await kept.verify();
        assert.deepEqual(verified.findings, [], when);
        assert.equal(verified.rows[1], left);
        assert.match(
          verified.unchecked.join('\n'),
          new RegExp(
            `cannot be checked: dropped by retention on \\d{4}-\\d\\d-\\d\\d, ${dropped.toLocaleString('en-US')} rows`,
          ),
        );
        await kept.seal();
      }
      const now = Math.floor(simulator.now() / 1000);
      const scope = { now, settleSeconds: 300, rescanAges: [3600] };
      const gaps = await listGaps(db, account, accessLogs, scope);
      assert.deepEqual(
        gaps.filter(({ reason }) => reason !== 'rescan_due'),
        [],
      );
      const [status] = (await loadStatus(db, logs)).filter(
        ({ stream }) => stream === 'access_logs',
      );
      assert.deepEqual(
        [
          status?.rows,
          status?.gaps,
          status?.lost_seconds,
          status?.removals[0]?.rows,
          status?.losses,
        ],
        [left, 0, 0, dropped, []],
      );
      const [{ newest } = assert.fail()] = await db.query<{ newest: Date }>(
        `select max(covered_until) as newest from zendesk_sync.coverage where stream = 'access_logs'`,
      );
      assert.deepEqual(
        [status?.covered_from, status?.covered_until],
        [new Date(status?.removals[0]?.removed_until ?? ''), newest],
      );
      const place = { db, account, now: new Date(simulator.now()), timeZone: 'UTC' };
      const said = listStatement(
        await describeCoverage(place, {
          log: accessLogs,
          from: new Date((now - 4 * 86_400) * 1000),
          to: new Date((now - 7200) * 1000),
        }),
      );
      assert.match(
        said.join('\n'),
        /Coverage: The access log from .* was dropped by retention on .*, [\d,]+ rows \(kept for 2 days\)\./,
      );
      assert.ok(!said.some((line) => line.startsWith('Gap: ')), said.join('\n'));
      await pullCompletely(kept, 'access_logs');
      assert.ok((await count(kept, 'zendesk.access_logs')) < before - dropped + 200);
      assert.deepEqual((await kept.verify()).findings, []);
    });
  });

  it('still finds what somebody does to the rows that are left of a page that was cut', async () => {
    await withKeptAccount(async (kept) => {
      const { db } = kept;
      await apply(kept, keep('audit_logs', 20));
      assert.deepEqual((await kept.verify()).findings, []);
      await db.transaction(async (tx) => {
        await tx.query('set local session_replication_role = replica');
        await tx.query(
          `update zendesk.audit_logs set action = 'x' where id = (select id from zendesk.audit_logs order by created_at limit 1)`,
        );
      });
      const { findings } = await kept.verify();
      assert.equal(findings.length > 0, true);
      assert.ok(
        findings.every((each) => each.startsWith('row_changed')),
        findings.join('\n'),
      );
      await db.transaction(async (tx) => {
        await tx.query('alter table zendesk_evidence.remnants disable trigger all');
        await tx.query('delete from zendesk_evidence.remnants');
        await tx.query('alter table zendesk_evidence.remnants enable trigger all');
      });
      assert.ok((await kept.verify()).findings.some((each) => each.startsWith('record_missing')));
    });
  });

  it('drops a partition as a whole, and makes it again when rows of its time come', async () => {
    await withKeptAccount(
      async (kept) => {
        const { db } = kept;
        const partitions = () =>
          db.query(`select from zendesk_sync.partitions where log_table = 'zendesk.access_logs'`);
        const before = (await partitions()).length;
        const rows = await apply(kept, keep('access_logs', 3));
        assert.ok(rows.length >= 2);
        assert.ok((await partitions()).length < before);
        await kept.seal();
        const { findings } = await kept.verify();
        assert.deepEqual(findings, []);
        const [status] = (await loadStatus(db, logs)).filter(
          ({ stream }) => stream === 'access_logs',
        );
        assert.deepEqual([status?.losses, status?.gaps], [[], 0]);
        assert.equal(status?.rows, await count(kept, 'zendesk.access_logs'));
      },
      { accessLogDays: 60, accessLogRowsPerDay: 20 },
    );
  });

  it('keeps what a hold is about, and says so in the plan', async () => {
    await withKeptAccount(async (kept) => {
      const { db, simulator } = kept;
      const now = new Date(simulator.now());
      const scope = { stream: undefined, person: undefined, ticket: undefined };
      const hold = { name: 'case', reason: 'x', by: 'ann', ...scope };
      await addHold(db, account, { ...hold, span: { from: -Infinity, to: Infinity } });
      const plan = () => planRetention(db, account, logs, [keep('audit_logs', 20)], now);
      assert.deepEqual(
        (await plan()).map(({ heldBy }) => heldBy),
        [['case']],
      );
      const before = await count(kept, 'zendesk.audit_logs');
      assert.deepEqual(await apply(kept, keep('audit_logs', 20)), []);
      assert.equal(await count(kept, 'zendesk.audit_logs'), before);
      await releaseHold(db, account, { name: 'case', reason: 'y', by: 'bo' });
      const [person] = await db.query<{ id: string }>(
        'select actor_id::text as id from zendesk.audit_logs order by created_at limit 1',
      );
      await addHold(db, account, {
        ...hold,
        name: 'person',
        person: person?.id,
        span: { from: -Infinity, to: Infinity },
      });
      assert.deepEqual(
        (await plan()).map(({ heldBy }) => heldBy),
        [['person']],
      );
      await releaseHold(db, account, { name: 'person', reason: 'y', by: 'bo' });
      await addHold(db, account, {
        ...hold,
        name: 'nobody',
        person: '1',
        span: { from: 0, to: Infinity },
      });
      assert.deepEqual(
        (await plan()).map(({ heldBy }) => heldBy),
        [[]],
      );
    });
  });
});
