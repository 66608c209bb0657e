/** Partitions that are too large to be counted without a reason, and that no run has checked yet. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { countsItself } from '../../src/ingest/own-counts.ts';
import { countSuspects } from '../../src/ingest/row-counts.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';
import { withClient } from '../support/query.ts';

const signal = new AbortController().signal;
const oneLog = { accessLogDays: 80, accessLogRowsPerDay: 5 };
const key = { account, stream: 'access_logs' };

/** From so many pages of 8 kB on, a partition is large. */
const large = 32_768;

/** The state after an update from a version that did not check partitions: all are large, none was checked. */
function makeUnchecked(pages: number): string {
  return `begin; select ${countsItself}; delete from zendesk_sync.counted_partitions; commit;
    update pg_class set relpages = ${pages} from zendesk_sync.partitions p
    where oid = p.relation and p.log_table = 'zendesk.access_logs'`;
}

/** One row more in the counts of the oldest day than in the table, as the program itself would write it. */
const addCount = `insert into zendesk_sync.stored_rows (account, stream, day, rows)
  select account, stream, min(day), 1 from zendesk_sync.stored_rows group by 1, 2`;

type Ledger = { readonly said: number; readonly lost: number; readonly unchecked: number };

const describeLedger = `select
    (select sum(rows)::integer from zendesk_sync.stored_rows) as said,
    (select coalesce(sum(rows), 0)::integer from zendesk_sync.coverage_losses) as lost,
    (select count(*)::integer from zendesk_sync.partitions p
     left join zendesk_sync.counted_partitions c on c.held_from = p.held_from
     where p.log_table = 'zendesk.access_logs' and c.relation is distinct from p.relation::bigint) as unchecked`;

/** Keeps Postgres from counting the pages of the partitions itself. */
async function keepSizes(db: Database): Promise<void> {
  const partitions = await db.query<{ partition: string }>(
    `select partition from zendesk_sync.partitions where log_table = 'zendesk.access_logs'`,
  );
  for (const { partition } of partitions)
    await db.query(`alter table ${partition} set (autovacuum_enabled = false)`);
}

/** Works on a log that is stored completely; `count` checks it and tells what the ledger then says. */
async function withLog(
  work: (log: {
    readonly rows: number;
    readonly run: (statements: string) => Promise<unknown>;
    readonly count: () => Promise<Ledger>;
    readonly follow: () => Promise<unknown>;
  }) => Promise<void>,
): Promise<void> {
  await withInstallation(oneLog, {}, async (installation) => {
    const { db, url, worker } = installation;
    await pullCompletely(installation, 'access_logs');
    await keepSizes(db);
    const [held] = await db.query<{ rows: number }>(
      'select count(*)::integer as rows from zendesk.access_logs',
    );
    await work({
      rows: held!.rows,
      run: (statements) => withClient(url, (query) => query(statements)),
      count: async () => {
        await countSuspects(db, key, accessLogs.table);
        const [ledger] = await db.query<Ledger>(describeLedger);
        return ledger!;
      },
      follow: () => worker('access_logs').follow(signal),
    });
  });
}

describe('a large partition that was never checked', { concurrency: 2 }, () => {
  it('has no loss while nobody removes anything', async () => {
    await withLog(async ({ rows, run, count, follow }) => {
      await run(makeUnchecked(large));
      const whole = { said: rows, lost: 0, unchecked: 0 };
      assert.deepEqual(await count(), whole);
      await follow();
      assert.deepEqual(await count(), whole);
    });
  });

  it('is accepted with the counts that it has, and a smaller one is counted', async () => {
    await withLog(async ({ rows, run, count }) => {
      await run(`${makeUnchecked(large)}; begin; select ${countsItself}; ${addCount}; commit`);
      const accepted = { said: rows + 1, lost: 0, unchecked: 0 };
      assert.deepEqual(await count(), accepted);
      assert.deepEqual(await count(), accepted, 'nothing has changed since');
      await run(makeUnchecked(large - 1));
      assert.deepEqual(await count(), { said: rows, lost: 1, unchecked: 0 });
    });
  });

  it('is counted when somebody else has changed the counts: what they say too much is a loss', async () => {
    await withLog(async ({ rows, run, count }) => {
      await run(`${makeUnchecked(large)}; ${addCount}`);
      assert.deepEqual(await count(), { said: rows, lost: 1, unchecked: 0 });
    });
  });

  it('is counted when the ledger says that it has no rows', async () => {
    await withLog(async ({ rows, run, count }) => {
      // As when the counts were truncated while their trigger was switched off.
      await run(
        `${makeUnchecked(large)}; begin; select ${countsItself}; delete from zendesk_sync.stored_rows; commit`,
      );
      assert.deepEqual(await count(), { said: rows, lost: 0, unchecked: 0 });
    });
  });

  it('is counted from its second check on', async () => {
    await withLog(async ({ rows, run, count }) => {
      await run(makeUnchecked(large));
      await count();
      await run(
        `set session_replication_role = replica; delete from zendesk.access_logs
         where id in (select id from zendesk.access_logs order by timestamp limit 3)`,
      );
      await run('select pg_stat_force_next_flush()');
      assert.deepEqual(await count(), { said: rows - 3, lost: 3, unchecked: 0 });
    });
  });
});
