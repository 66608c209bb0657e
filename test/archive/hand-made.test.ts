/** Partitions that somebody made by hand, with bounds within a day. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verifyArchive } from '../../src/archive/verify.ts';
import { archivedLogs, withArchive } from '../support/archive.ts';

describe('a partition that cuts a day', () => {
  it('is archived with its rows alone, and the counts of the day are those of what is left', async () => {
    await withArchive(async ({ db, store, archive, verify }) => {
      const [parts] = await db.query<{
        partition: string;
        from: string;
        cut: string;
        until: string;
      }>(
        `select p.partition, p.held_from::text as from, (date_trunc('day', min(t.timestamp)) + interval '12 hours')::text as cut, p.held_until::text as until
         from zendesk_sync.partitions p
         join zendesk.access_logs t on t.timestamp >= p.held_from and t.timestamp < p.held_until
         where p.log_table = 'zendesk.access_logs' group by 1, 2, 4, p.held_from order by p.held_from limit 1`,
      );
      assert.ok(parts);
      const { partition, from, cut, until } = parts;
      await db.transaction(async (tx) => {
        await tx.query('set local session_replication_role = replica');
        await tx.query(
          `set local timezone = 'UTC';
           alter table zendesk.access_logs detach partition ${partition};
           create table zendesk_partitions.first_half partition of zendesk.access_logs for values from ('${from}') to ('${cut}');
           create table zendesk_partitions.second_half partition of zendesk.access_logs for values from ('${cut}') to ('${until}');
           insert into zendesk.access_logs select * from ${partition};
           drop table ${partition};
           delete from zendesk_sync.counted_partitions where held_from = '${from}';
           insert into zendesk_sync.counted_partitions (account, stream, held_from, relation, file, deletions)
           select 'acme', 'access_logs', p.held_from, p.relation::bigint, pg_relation_filenode(p.relation::regclass), 0
           from zendesk_sync.partitions p where p.partition like '%_half'`,
        );
      });
      const days = (): Promise<readonly { day: string; rows: number }[]> =>
        db.query(
          `select day::text as day, rows::float8 as rows from zendesk_sync.stored_days where stream = 'access_logs' order by 1`,
        );
      const standing = (): Promise<readonly { day: string; rows: number }[]> =>
        db.query(
          `select (timestamp at time zone 'UTC')::date::text as day, count(*)::float8 as rows from zendesk.access_logs group by 1 order by 1`,
        );
      assert.deepEqual(await days(), await standing());
      const told = await archive(new Date(new Date(`${cut}:00`).getTime() + 1000));
      assert.deepEqual(
        told.filter(({ stream }) => stream === 'access_logs').map((each) => each.partition),
        ['zendesk_partitions.first_half'],
      );
      assert.deepEqual(await days(), await standing());
      assert.deepEqual((await verify()).findings, []);
      await archive();
      assert.deepEqual(await days(), []);
      assert.deepEqual((await verify()).findings, []);
      const { signal } = new AbortController();
      const checked = await verifyArchive(db, {
        store,
        streams: archivedLogs,
        report: () => {},
        signal,
      });
      assert.deepEqual(checked.findings, []);
    });
  });
});
