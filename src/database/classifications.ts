/**
 * Stored rows of the access log, classified anew after a change of the rules: how far that came, and one batch of it. The
 * rows themselves are only read; what is said of them in `zendesk.access_log_resources` is replaced where it differs.
 */
import { KnownError } from '../errors.ts';
import type { Database, Queryable, Transaction } from './client.ts';
import type { LogRow, ResourceRow } from './log-row.ts';
import { replaceResources } from './resources.ts';
import { markStaleDays } from './rollups.ts';

/** The columns of a stored request that its classification is made of. */
export type StoredRequest = {
  readonly method: string | null;
  readonly url: string | null;
  readonly graphql_operation_name: string | null;
  readonly graphql_operation_type: string | null;
  readonly graphql_query: string | null;
  readonly graphql_variables: string | null;
  readonly user_id: string | null;
};

/** By which rules the rows of an account are to be classified. */
export type Classification = {
  readonly account: string;
  /** Fingerprint of the rules. */
  readonly rules: string;
  readonly describe: (request: StoredRequest) => readonly ResourceRow[];
};

/** How far it came. */
export type ClassificationState = {
  readonly rules: string;
  /** Time of the last row that was classified; null before the first. */
  readonly reachedAt: Date | null;
  readonly rowsRead: number;
  readonly rowsChanged: number;
  readonly startedAt: Date;
  /** When the newest row was reached; null while it has not been. */
  readonly endedAt: Date | null;
};

/** Rows in a transaction: few enough that whoever waits for it hardly notices. */
const batchRows = 5000;

const stateColumns = `rules, reached_at as "reachedAt", rows_read::float8 as "rowsRead",
  rows_changed::float8 as "rowsChanged", started_at as "startedAt", ended_at as "endedAt"`;

/**
 * Begins with the oldest row, unless it has begun with the same rules already; `again` does so in any case. A pass by the
 * same rules that has ended goes on with the rows after its last one: whoever pulled them may have known other rules.
 */
export async function beginClassification(
  db: Queryable,
  { account, rules }: Pick<Classification, 'account' | 'rules'>,
  again: boolean,
): Promise<ClassificationState> {
  await db.query(
    `insert into zendesk_sync.classifications as c (account, rules) values ($1, $2)
     on conflict (account) do update
       set rules = excluded.rules,
         reached_at = case when $3 or c.rules <> excluded.rules then null else c.reached_at end,
         reached_id = case when $3 or c.rules <> excluded.rules then null else c.reached_id end,
         rows_read = 0, rows_changed = 0, started_at = now(), ended_at = null
       where $3 or c.rules <> excluded.rules or c.ended_at is not null`,
    [account, rules, again],
  );
  return readState(db, account, rules);
}

/**
 * Brings the index on the time of what is said up to date, as autovacuum does sooner or later: where it is not, each batch
 * reads all of the last month (300,000 rows: four times as slow).
 */
export async function summarizeTimes(db: Queryable): Promise<void> {
  await db.query(
    `select brin_summarize_new_values(inhrelid) from pg_inherits
     where inhparent = 'zendesk.access_log_resources_timestamp'::regclass`,
  );
}

/**
 * Classifies the next batch of rows in the order of their key and says how far it came. Several processes may do so at
 * once: each takes the batch after that of the other.
 *
 * @throws {KnownError} `rules_replaced` when another process has begun with other rules; then nothing was stored
 */
export async function classifyBatch(
  db: Database,
  classification: Classification,
  size = batchRows,
): Promise<ClassificationState> {
  const { account, rules } = classification;
  return db.transaction(async (tx) => {
    // Read within the transaction, so that it may be repeated when the answer to its COMMIT was lost.
    const state = await readState(tx, account, rules, 'for update');
    if (state.endedAt !== null) return state;
    const rows = await readBatch(tx, account, size);
    const differing = await findDiffering(tx, classification, rows);
    const changed = await findDiffering(tx, classification, await holdRows(tx, account, differing));
    if (changed.length > 0) {
      await replaceResources(tx, account, changed);
      await markStaleDays(tx, { account, stream: 'access_logs' }, changed);
    }
    return recordBatch(tx, account, rows, changed.length, rows.length < size);
  });
}

async function readState(
  db: Queryable,
  account: string,
  rules: string,
  lock: 'for update' | '' = '',
): Promise<ClassificationState> {
  const [state] = await db.query<ClassificationState>(
    `select ${stateColumns} from zendesk_sync.classifications where account = $1 ${lock}`,
    [account],
  );
  if (state?.rules === rules) return state;
  throw new KnownError('rules_replaced', {
    found: `Another process has begun to classify the requests of ${account} by other rules; this one has ended`,
  });
}

/** A stored request with its key; `timestamp` as text, because a Date would lose microseconds. */
type StoredRow = StoredRequest & {
  readonly id: string;
  readonly timestamp: string;
  readonly timeMs: number;
  readonly status: number | null;
};

const rowColumns = `l.id, l.timestamp::text as timestamp, floor(extract(epoch from l.timestamp) * 1000)::float8 as "timeMs",
  l.user_id, l.status, l.method, l.url, l.graphql_operation_name, l.graphql_operation_type, l.graphql_query,
  l.graphql_variables`;

async function readBatch(
  tx: Queryable,
  account: string,
  size: number,
): Promise<readonly StoredRow[]> {
  const [reached] = await tx.query<{ at: string; id: string }>(
    `select coalesce(reached_at, '-infinity')::text as at, coalesce(reached_id, '') as id
     from zendesk_sync.classifications where account = $1`,
    [account],
  );
  return tx.query<StoredRow>(
    // The bound on the time alone is what leaves whole partitions out.
    `select ${rowColumns}
     from zendesk.access_logs l
     where l.account = $1 and l.timestamp >= $2::timestamptz
       and (l.timestamp, l.id) > ($2::timestamptz, $3::text collate "C")
     order by l.timestamp, l.id
     limit $4`,
    [account, reached?.at, reached?.id, size],
  );
}

/**
 * Reads rows once more and keeps them from being changed until the transaction ends. A page that changes one at this moment
 * says anew what it is about as well: without the lock both would, each without seeing the other. Only few rows are held,
 * because a lock writes to the row's page.
 */
async function holdRows(
  tx: Queryable,
  account: string,
  rows: readonly LogRow[],
): Promise<readonly StoredRow[]> {
  if (rows.length === 0) return [];
  return tx.query<StoredRow>(
    `select ${rowColumns}
     from unnest($2::timestamptz[], $3::text[]) as wanted (timestamp, id)
     join zendesk.access_logs l on l.account = $1 and l.timestamp = wanted.timestamp and l.id = wanted.id
     where l.timestamp between $4 and $5
     order by l.timestamp, l.id
     for share of l`,
    [
      account,
      rows.map(({ row }) => row['timestamp']),
      rows.map(({ id }) => id),
      rows[0]?.row['timestamp'],
      rows.at(-1)?.row['timestamp'],
    ],
  );
}

/** Those of the rows, given in the order of their key, of which something else is stored than the rules say. */
async function findDiffering(
  tx: Transaction,
  { account, describe }: Classification,
  rows: readonly StoredRow[],
): Promise<readonly LogRow[]> {
  if (rows.length === 0) return [];
  const stored = await tx.query<{ key: string; resources: unknown }>(
    `select r.timestamp::text || ' ' || r.access_log_id as key,
       json_agg(json_build_array(r.position, r.kind, r.resource_type, r.resource_id, r.user_id::text, r.status, r.search_query)
         order by r.position) as resources
     from zendesk.access_log_resources r
     where r.account = $1 and r.timestamp between $2::timestamptz and $3::timestamptz
     group by r.timestamp, r.access_log_id`,
    [account, rows[0]?.timestamp, rows.at(-1)?.timestamp],
  );
  const known = new Map(stored.map(({ key, resources }) => [key, JSON.stringify(resources)]));
  const differing: LogRow[] = [];
  for (const row of rows) {
    const { id, timestamp, timeMs, user_id, status } = row;
    const resources = describe(row);
    const wanted = resources.map(({ kind, type, id: resourceId, searchQuery }, position) => [
      position,
      kind,
      type,
      resourceId,
      user_id,
      status,
      searchQuery,
    ]);
    if ((known.get(`${timestamp} ${id}`) ?? '[]') !== JSON.stringify(wanted))
      differing.push({ id, timeMs, row: { timestamp, user_id, status }, resources });
  }
  return differing;
}

async function recordBatch(
  tx: Queryable,
  account: string,
  rows: readonly StoredRow[],
  changed: number,
  isLast: boolean,
): Promise<ClassificationState> {
  const last = rows.at(-1);
  const [state] = await tx.query<ClassificationState>(
    `update zendesk_sync.classifications
     set reached_at = coalesce($2::timestamptz, reached_at), reached_id = coalesce($3, reached_id),
       rows_read = rows_read + $4, rows_changed = rows_changed + $5,
       ended_at = case when $6 then clock_timestamp() end
     where account = $1
     returning ${stateColumns}`,
    [account, last?.timestamp, last?.id, rows.length, changed, isLast],
  );
  if (state === undefined) throw new Error('The state of a classification vanished.');
  return state;
}
