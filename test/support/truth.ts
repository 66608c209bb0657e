/** The records of a simulated account in the test's database, so that Postgres compares them with what was stored. */
import assert from 'node:assert/strict';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { Query } from './query.ts';

/** How each log is stored: its table, its time column, and each column with the place of its value in a record. */
const logs = {
  audit_logs: {
    table: 'zendesk.audit_logs',
    time: 'created_at',
    columns: pair([
      'actor_id',
      'actor_name',
      'action',
      'action_label',
      'change_description',
      'ip_address',
      'source_id',
      'source_label',
      'source_type',
      'url',
    ]),
  },
  access_logs: {
    table: 'zendesk.access_logs',
    time: 'timestamp',
    columns: [
      ...pair([
        'user_id',
        'ip_address',
        'method',
        'status',
        'url',
        'origin_service',
        'authorization_type',
        'client',
        'referer',
        'category',
        'summary',
        'bytes_sent',
      ]),
      ['graphql_operation_name', '{graphql,operation_name}'],
      ['graphql_operation_type', '{graphql,operation_type}'],
      ['graphql_query', '{graphql,query}'],
      ['graphql_variables', '{graphql,variables}'],
    ],
  },
} as const;

type LogName = keyof typeof logs;
const names = Object.keys(logs) as LogName[];

function pair(columns: readonly string[]): [string, string][] {
  return columns.map((column) => [column, `{${column}}`]);
}

/** Puts the records of a time range from a simulator into the table `public.truth`. Returns how many. */
export async function storeTruth(
  query: Query,
  simulator: Simulator,
  from: Date,
  until: Date,
): Promise<number> {
  await query(
    `create table if not exists public.truth
     (stream text, at timestamptz, id text collate "C", record jsonb, primary key (stream, at, id))`,
  );
  let stored = 0;
  for (const name of names) {
    // In batches, because a simulator in this process must answer meanwhile.
    let batch: object[] = [];
    const store = async (): Promise<void> => {
      await query(
        `insert into public.truth
         select $1, (record->>$2)::timestamptz, record->>'id', record from jsonb_array_elements($3::jsonb) as record`,
        [name, logs[name].time, JSON.stringify(batch)],
      );
      stored += batch.length;
      batch = [];
    };
    for (const record of simulator.records(name, from, until)) {
      batch.push(record);
      if (batch.length === 2000) await store();
    }
    await store();
  }
  await query('analyze public.truth');
  return stored;
}

/** What is compared. `countsRows`: whether no row was removed since it was counted; default true. */
type Comparison = { readonly countsRows?: boolean };

/**
 * Fails unless the ledger is true at this moment, whatever transactions are in progress: each covered second is stored
 * completely unless it is reported as lost, no row is there twice, and there are as many rows as the ledger has counted.
 */
export async function assertLedgerTrue(
  query: Query,
  { countsRows = true }: Comparison = {},
): Promise<void> {
  await query('begin isolation level repeatable read');
  for (const name of names) {
    const { table, time } = logs[name];
    const [found] = await query<{ unstored: number; doubled: number; uncounted: number }>(
      `select
         (select count(*) from public.truth t
          join zendesk_sync.coverage c on c.stream = t.stream and t.at >= c.covered_from and t.at < c.covered_until
          where t.stream = $1
            and not exists (select from ${table} l where l.${time} = t.at and l.id::text = t.id)
            and not exists (
              select from zendesk_sync.losses s
              where s.stream = t.stream and not s.is_settled and t.at >= s.lost_from and t.at < s.rows_until
            ))::integer as unstored,
         (select count(*) - count(distinct id) from ${table})::integer as doubled,
         ((select count(*) from ${table})
          - (select coalesce(sum(rows_new), 0) from zendesk_sync.fetches where stream = $1))::integer as uncounted`,
      [name],
    );
    const uncounted = countsRows ? 0 : (found?.uncounted ?? 0);
    assert.deepEqual({ name, ...found }, { name, unstored: 0, doubled: 0, uncounted });
  }
  await query('commit');
}

/**
 * Fails unless both logs are stored completely up to a moment: the same records with the same values in every column,
 * nothing else, and one covered span that reaches that moment.
 */
export async function assertAllStored(
  query: Query,
  until: Date,
  comparison: Comparison = {},
): Promise<void> {
  await assertLedgerTrue(query, comparison);
  for (const name of names) {
    const { table, time, columns } = logs[name];
    const values = columns.map(([column]) =>
      column === 'ip_address' ? `host(l.ip_address)` : `l.${column}::text`,
    );
    const told = columns.map(([, path]) => `t.record#>>'${path}'`);
    const [found] = await query<{ lost: number; invented: number; altered: number }>(
      `select
         count(*) filter (where l.id is null)::integer as lost,
         count(*) filter (where t.id is null)::integer as invented,
         count(*) filter (where l.id is not null and t.id is not null
           and (${values.join(', ')}) is distinct from (${told.join(', ')}))::integer as altered
       from (select * from ${table} where ${time} < $2) as l
       full join (select * from public.truth where stream = $1 and at < $2) as t on l.${time} = t.at and l.id::text = t.id`,
      [name, until],
    );
    assert.deepEqual({ name, ...found }, { name, lost: 0, invented: 0, altered: 0 });
    const spans = await query(
      'select from zendesk_sync.coverage where stream = $1 and covered_until >= $2',
      [name, until],
    );
    const all = await query('select from zendesk_sync.coverage where stream = $1', [name]);
    assert.deepEqual(
      [spans.length, all.length],
      [1, 1],
      `${name} is covered by one span to the end`,
    );
  }
}
