import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadStatus, type StreamStatus } from '../../src/ingest/status.ts';
import { streams } from '../../src/streams/registry.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  storedLines,
  withInstallation,
  type Installation,
} from '../support/installation.ts';

const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];

/** Two logs that lie in several partitions. */
const twoLogs = {
  auditLogDays: 400,
  auditLogRowsPerDay: 3,
  accessLogDays: 80,
  accessLogRowsPerDay: 40,
};

async function statusOf({ db }: Installation, stream: Log): Promise<StreamStatus> {
  const row = (await loadStatus(db, streams, account)).find((status) => status.stream === stream);
  assert.ok(row);
  return row;
}

/** The partition that holds the oldest rows of a log, and how many. */
async function oldestPartition(
  { db }: Installation,
  stream: Log,
): Promise<{ partition: string; rows: number }> {
  const [row] = await db.query<{ partition: string; rows: number }>(
    `select tableoid::regclass::text as partition, count(*)::integer as rows
     from zendesk.${stream} group by 1 order by 1 limit 1`,
  );
  assert.ok(row !== undefined);
  return row;
}

/** Ways in which somebody takes the rows of a partition away. */
const deeds: readonly (readonly [string, (partition: string, log: Log) => string])[] = [
  ['partition_dropped', (partition) => `drop table ${partition}`],
  [
    'partition_detached',
    (partition, log) => `alter table zendesk.${log} detach partition ${partition}`,
  ],
  ['partition_truncated', (partition) => `truncate ${partition}`],
  ['rows_deleted', (partition) => `delete from ${partition}`],
];

describe('rows that somebody takes away by hand', { concurrency: 2 }, () => {
  for (const log of logs)
    for (const [code, statement] of deeds)
      it(`are missed at once, and read again by the next pass: ${log}, ${code}`, async () => {
        await withInstallation(twoLogs, {}, async (installation) => {
          const { db } = installation;
          await pullCompletely(installation, log);
          await pullCompletely(installation, log);
          const whole = await statusOf(installation, log);
          const lines = await storedLines(db, log);
          assert.deepEqual([whole.gaps, whole.rows, whole.losses], [0, lines.length, []], 'before');
          const { partition, rows } = await oldestPartition(installation, log);
          await db.query(statement(partition, log));

          const after = await statusOf(installation, log);
          assert.equal(after.rows, lines.length - rows, 'what is in the table');
          assert.equal(after.gaps, 1);
          assert.deepEqual(
            after.losses.map((loss) => [loss.code, loss.rows, loss.is_settled]),
            [[code, rows, false]],
          );
          await pullCompletely(installation, log);
          const healed = await statusOf(installation, log);
          assert.deepEqual([healed.gaps, healed.losses], [0, []]);
          assert.equal(healed.rows, lines.length);
          assert.deepEqual(await storedLines(db, log), lines);
          await assertTrue(installation, log);
        });
      });
});
