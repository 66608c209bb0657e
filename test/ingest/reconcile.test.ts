/** What is stored, held against what Zendesk shows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  reconcile,
  type Reconciliation,
  type ReconciliationTask,
} from '../../src/ingest/reconcile/reconciliation.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { toSeconds } from '../../src/span.ts';
import {
  account,
  pullCompletely,
  storedLines,
  withInstallation,
  type Installation,
  type InstallationSettings,
} from '../support/installation.ts';
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';

const daySeconds = 86_400;
const small: SimulatorSettings = {
  accessLogDays: 5,
  accessLogRowsPerDay: 400,
  auditLogDays: 5,
  auditLogRowsPerDay: 60,
};

type Log = 'audit_logs' | 'access_logs';
const times = { audit_logs: 'created_at', access_logs: 'timestamp' } as const;

/** All of the last days. */
const lately = (days = 6) => {
  const now = toSeconds(new Date());
  return { from: now - days * daySeconds, to: now };
};

async function compare(
  { engine, worker }: Installation,
  log: Log,
  task: Partial<ReconciliationTask> = {},
): Promise<Reconciliation> {
  const result = await reconcile(engine, worker(log), {
    span: lately(),
    sample: undefined,
    report: () => {},
    signal: new AbortController().signal,
    ...task,
  });
  return result ?? assert.fail('somebody else does it');
}

async function withPulled(
  log: Log,
  work: (installation: Installation) => Promise<void>,
  settings: SimulatorSettings = small,
  options: InstallationSettings = { rescanAges: [] },
): Promise<void> {
  await withInstallation(settings, options, async (installation) => {
    await pullCompletely(installation, log);
    await work(installation);
  });
}

/** Some ids of covered records, not next to each other. */
async function pickIds({ db }: Installation, log: Log, count = 3): Promise<readonly string[]> {
  const rows = await db.query<{ id: string }>(
    `select id::text as id from zendesk.${log} where ${times[log]} < now() - interval '1 day' order by ${times[log]}, id`,
  );
  return rows
    .filter((_, place) => place % 29 === 7)
    .slice(0, count)
    .map(({ id }) => id);
}

/** Deletes or changes rows as nobody could who leaves the triggers on. */
async function tamper({ db }: Installation, statement: string, values: unknown[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('set local session_replication_role = replica');
    await tx.query(statement, values);
  });
}

const deletionsOf = ({ db }: Installation) =>
  db.query<{ id: string; gone: boolean; sameTime: boolean }>(
    `select id, seen_again_at is null as gone, first_noticed_at = last_confirmed_at as "sameTime"
     from zendesk.source_deletions where account = $1 order by id`,
    [account],
  );

const idsOf = (records: readonly { readonly id: string }[]): string[] =>
  records.map(({ id }) => id).toSorted();

describe('reconciling', { concurrency: 2 }, () => {
  for (const log of ['audit_logs', 'access_logs'] as const) {
    it(`finds nothing where ${log} is stored as Zendesk shows it`, async () => {
      await withPulled(log, async (installation) => {
        const result = await compare(installation, log);
        assert.equal(result.outcome, 'equal');
        assert.deepEqual(result.unread, []);
        assert.ok(result.counts.records > 200);
        assert.equal(result.counts.readSeconds, result.counts.comparableSeconds);
        assert.deepEqual(
          await installation.db.query(
            'select stream, outcome, missing_here, missing_there, different, sample from zendesk_sync.reconciliations',
          ),
          [
            {
              stream: log,
              outcome: 'equal',
              missing_here: 0,
              missing_there: 0,
              different: 0,
              sample: null,
            },
          ],
        );
      });
    });

    it(`stores what is missing here, and what is different, in ${log}`, async () => {
      await withPulled(log, async (installation) => {
        const { db } = installation;
        const before = await storedLines(db, log);
        const [gone = '', changed = ''] = await pickIds(installation, log, 2);
        await tamper(installation, `delete from zendesk.${log} where id::text = $1`, [gone]);
        await tamper(
          installation,
          `update zendesk.${log} set ${log === 'audit_logs' ? 'change_description' : 'url'} = 'x' where id::text = $1`,
          [changed],
        );
        const result = await compare(installation, log);
        assert.equal(result.outcome, 'findings');
        assert.deepEqual(idsOf(result.missingHere), [gone]);
        assert.deepEqual(idsOf(result.different), [changed]);
        assert.deepEqual(result.missingThere, []);
        assert.deepEqual(result.stored, { new: 1, changed: 1, error: undefined });
        assert.deepEqual(await storedLines(db, log), before);
        const revisions = await db.query('select id from zendesk.revisions');
        assert.deepEqual(revisions, [{ id: changed }]);
        // The end of a run closes what is stored again.
        await pullCompletely(installation, log);
        const losses = await db.query(
          `select rows::integer as rows, rows_found::integer as found, closed_at is not null as closed
           from zendesk_sync.coverage_losses where code = 'missing_by_reconcile'`,
        );
        assert.deepEqual(losses, [{ rows: 1, found: 1, closed: true }]);
        const again = await compare(installation, log);
        assert.equal(again.outcome, 'equal');
      });
    });

    it(`notes what Zendesk no longer shows of ${log}, keeps it, and withdraws that when it is shown again`, async () => {
      await withPulled(log, async (installation) => {
        const { db, simulator } = installation;
        const before = await storedLines(db, log);
        const ids = await pickIds(installation, log);
        simulator.deleteRecords(log, ids);
        const first = await compare(installation, log);
        assert.deepEqual(idsOf(first.missingThere), ids.toSorted());
        assert.deepEqual([first.outcome, first.missingHere, first.unread], ['findings', [], []]);
        assert.deepEqual(await storedLines(db, log), before);
        assert.deepEqual(
          await deletionsOf(installation),
          ids.toSorted().map((id) => ({ id, gone: true, sameTime: true })),
        );
        await compare(installation, log);
        assert.deepEqual(
          await deletionsOf(installation),
          ids.toSorted().map((id) => ({ id, gone: true, sameTime: false })),
        );
        simulator.restoreRecords();
        const third = await compare(installation, log);
        assert.deepEqual(idsOf(third.seenAgain), ids.toSorted());
        assert.equal(third.outcome, 'equal');
        assert.ok((await deletionsOf(installation)).every(({ gone }) => !gone));
      });
    });
  }

  it('calls nothing deleted that one reading alone did not show', async () => {
    let afterReading: (() => void) | undefined;
    const report = ({ type }: SyncEvent): void => {
      if (type === 'request') afterReading?.();
    };
    const work = async (installation: Installation): Promise<void> => {
      const { simulator, db } = installation;
      const rows = await db.query<{ id: string; second: number }>(
        `select id, extract(epoch from timestamp)::integer as second from zendesk.access_logs
         where timestamp < now() - interval '1 day' order by timestamp, id limit 3 offset 100`,
      );
      const [first = '', between = '', last = ''] = rows.map(({ id }) => id);
      // One page, so that the first request is the first reading.
      const span = { from: (rows[0]?.second ?? 0) - 60, to: (rows[2]?.second ?? 0) + 60 };
      simulator.deleteRecords('access_logs', [first, last]);
      afterReading = () => simulator.restoreRecords();
      const shown = await compare(installation, 'access_logs', { span });
      assert.deepEqual([shown.outcome, shown.unread], ['equal', []]);

      simulator.deleteRecords('access_logs', [first, last]);
      afterReading = () => simulator.deleteRecords('access_logs', [between]);
      const { outcome, unread } = await compare(installation, 'access_logs', { span });
      assert.equal(outcome, 'incomplete');
      assert.deepEqual(
        unread.map(({ rows: count, reason }) => [count, reason]),
        [[2, 'Zendesk showed other records the second time']],
      );
      assert.deepEqual(await db.query('select id from zendesk.source_deletions'), []);
    };
    await withPulled('access_logs', work, small, { rescanAges: [], report });
  });

  it('calls nothing deleted when Zendesk shows nothing at all, as it may where the log is switched off', async () => {
    await withPulled('access_logs', async (installation) => {
      const { simulator, db } = installation;
      simulator.deleteRecords(
        'access_logs',
        [...simulator.records('access_logs', new Date(0), new Date())].map(({ id }) => String(id)),
      );
      const now = toSeconds(new Date());
      const span = { from: now - 3 * daySeconds, to: now - 2 * daySeconds };
      const { outcome, counts, unread } = await compare(installation, 'access_logs', { span });
      assert.deepEqual([outcome, counts.missingThere], ['incomplete', 0]);
      assert.match(unread[0]?.reason ?? '', /did not show the records beside them either/);
      assert.deepEqual(await db.query('select id from zendesk.source_deletions'), []);
    });
  });

  it('calls nothing deleted that it could not read, and says which time that is', async () => {
    await withPulled('access_logs', async (installation) => {
      const { simulator, db } = installation;
      simulator.deleteRecords('access_logs', await pickIds(installation, 'access_logs'));
      simulator.addFault({ kind: '403-text', stream: 'access_logs', times: Infinity });
      const { outcome, counts, unread } = await compare(installation, 'access_logs');
      assert.deepEqual(
        [outcome, counts.readSeconds, Math.min(unread.length, 3)],
        ['incomplete', 0, 3],
      );
      assert.deepEqual(await db.query('select id from zendesk.source_deletions'), []);
      assert.deepEqual(
        await db.query('select outcome, error is null as silent from zendesk_sync.reconciliations'),
        [{ outcome: 'incomplete', silent: false }],
      );
    });
  });

  it('calls nothing deleted that Zendesk drops for its age', async () => {
    const settings = { ...small, accessLogDays: 90, accessLogRowsPerDay: 20 };
    await withPulled(
      'access_logs',
      async (installation) => {
        const { simulator } = installation;
        simulator.setClockOffsetMs(2 * daySeconds * 1000);
        const { counts, outcome } = await compare(installation, 'access_logs', {
          span: lately(95),
        });
        assert.deepEqual([outcome, counts.missingThere], ['equal', 0]);
      },
      settings,
    );
  });

  it('takes a record in quarantine for present', async () => {
    await withInstallation(small, { rescanAges: [] }, async (installation) => {
      const { db } = installation;
      await pullCompletely(installation, 'audit_logs');
      const [row] = await db.query<{ id: string }>(
        `select id::text as id from zendesk.audit_logs where created_at < now() - interval '1 day' limit 1`,
      );
      const id = row?.id ?? '';
      await tamper(installation, 'delete from zendesk.audit_logs where id::text = $1', [id]);
      await db.query(
        `insert into zendesk_sync.quarantine (account, stream, record_id, code, reason, content, fingerprint, tried_by)
         values ($1, 'audit_logs', $2, 'record_refused', 'no', 'x', 'x', '1')`,
        [account, id],
      );
      const { missingHere } = await compare(installation, 'audit_logs');
      assert.deepEqual(missingHere, []);
    });
  });

  it('looks at random parts, the same ones for the same seed', async () => {
    await withPulled('access_logs', async (installation) => {
      const { db } = installation;
      // Whole hours, so that a part that was picked is never one that is cut.
      const end = Math.floor(toSeconds(new Date()) / 3600) * 3600 - 3600;
      const span = { from: end - 4 * daySeconds, to: end };
      const sample = { count: 5, seed: 7 };
      const first = await compare(installation, 'access_logs', { span, sample });
      const second = await compare(installation, 'access_logs', { span, sample });
      assert.equal(first.counts.readSeconds, 5 * 3600);
      assert.deepEqual(first.counts, second.counts);
      assert.deepEqual(
        await db.query('select sample, seed::integer as seed from zendesk_sync.reconciliations'),
        [
          { sample: 5, seed: 7 },
          { sample: 5, seed: 7 },
        ],
      );
    });
  });

  it('leaves what is not covered to the gaps', async () => {
    await withInstallation(small, { rescanAges: [] }, async (installation) => {
      const { counts, outcome } = await compare(installation, 'audit_logs');
      assert.deepEqual([counts.comparableSeconds, counts.records, outcome], [0, 0, 'equal']);
    });
  });
});
