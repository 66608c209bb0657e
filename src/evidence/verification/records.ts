/**
 * Checks that the records of holds and removals match their commitments in the sealed log. Whoever needs to know what is
 * held checks here first.
 */
import type { Queryable } from '../../database/client.ts';
import {
  commitToRecord,
  describeRecord,
  recordTables,
  removalRecords,
  type RecordTable,
} from '../sealed-records.ts';
import { finding, type Finding } from './finding.ts';
import { verifyRemnants } from './removed.ts';
import { readLoaded, waitingEntries, type LoadedEntry } from './sealed-entries.ts';
import { withoutLost } from './taken-back.ts';

/** Compares the tables of records with the sealed log, each from one snapshot. Default: all tables. */
export async function verifyRecords(
  db: Queryable,
  account: string,
  tables: readonly RecordTable[] = recordTables,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const table of tables) findings.push(...(await compareTable(db, account, table)));
  if (tables.includes(removalRecords)) findings.push(...(await verifyRemnants(db, account)));
  return findings;
}

async function compareTable(
  db: Queryable,
  account: string,
  table: RecordTable,
): Promise<readonly Finding[]> {
  const { kind, name } = table;
  const [read] = await db.query<{
    records: readonly (readonly [described: string, at: string])[];
    sealed: readonly LoadedEntry[];
    waiting: readonly LoadedEntry[];
  }>(
    `select
       (select coalesce(json_agg(json_build_array(${describeRecord(table)}, r.noted_at::text)), '[]')
        from ${name} r where r.account = $1) as records,
       (select coalesce(json_agg(json_build_array(e.index, encode(e.manifest, 'base64'), null) order by e.index), '[]')
        from zendesk_evidence.entries e
        where e.account = $1
          and (position('"kind":"${kind}"'::bytea in e.manifest) > 0 or position('"kind":"restore"'::bytea in e.manifest) > 0)
       ) as sealed,
       ${waitingEntries} as waiting`,
    [account],
  );
  const { records = [], sealed = [], waiting = [] } = read ?? {};
  const { entries } = withoutLost([...sealed, ...waiting].flatMap(readLoaded));
  const own = entries.filter((entry) => entry.kind === kind);
  const left = new Map(own.map((entry) => [entry.record, entry]));
  const added = records.filter(([described]) => !left.delete(commitToRecord(described)));
  return [
    ...[...left.values()].map(({ index, storedAt }) =>
      finding(
        'record_missing',
        `The record in ${name} of ${storedAt} (${index < 0 ? 'not sealed yet' : `entry ${index} of the log`}) was removed or changed.`,
        { entry: index, time: storedAt },
      ),
    ),
    ...added.map(([, at]) =>
      finding(
        'record_added',
        `A record in ${name} of ${at} is not as this program made it, or was put there by somebody else.`,
      ),
    ),
  ];
}
