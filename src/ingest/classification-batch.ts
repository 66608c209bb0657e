/**
 * Classifies stored rows of a log again after a change of the rules: the progress, and one batch. The rows themselves are
 * only read; derived rows are replaced if they differ.
 */
import type { Classify } from '../classification/classification.ts';
import type { Database, Queryable, Transaction } from '../database/client.ts';
import { isStripped } from '../evidence/remnants.ts';
import { KnownError } from '../errors.ts';
import type { DerivedTable, LogStream, LogTable, Row } from '../streams/stream.ts';
import { markStaleDays } from './stale-days.ts';
import { replaceDerived, type PageRow } from './rows/copy.ts';

/** The rules for classifying the rows of an account. */
export type Classification = {
  readonly account: string;
  /** The log whose rows the derived rows come from. */
  readonly stream: LogStream;
  readonly classify: Classify;
  /** Fingerprint of the rules. */
  readonly rules: string;
};

/** The progress. */
export type ClassificationState = {
  readonly rules: string;
  /** Time of the last row that was classified; null before the first. */
  readonly reachedAt: Date | null;
  readonly rowsRead: number;
  readonly rowsChanged: number;
  readonly startedAt: Date;
  /** When the newest row was reached; null before that. */
  readonly endedAt: Date | null;
};

/** Rows in a transaction: so few that others hardly notice the wait. */
const batchRows = 5000;

const stateColumns = `rules, reached_at as "reachedAt", rows_read::float8 as "rowsRead",
  rows_changed::float8 as "rowsChanged", started_at as "startedAt", ended_at as "endedAt"`;

/**
 * Begins with the oldest row, unless a pass with the same rules has begun already; with `again` it always does. After a
 * finished pass with the same rules it continues with the rows after the last one: the process that pulled them may have
 * used other rules.
 */
export async function beginClassification(
  db: Queryable,
  { account, rules }: Pick<Classification, 'account' | 'rules'>,
  again: boolean,
): Promise<ClassificationState> {
  await db.query(
    `insert into zendesk_sync.classifications as c (account, rules, started_at) values ($1, $2, now())
     on conflict (account) do update
       set rules = excluded.rules,
         reached_at = case when $3 or c.rules <> excluded.rules then null else c.reached_at end,
         reached_id = case when $3 or c.rules <> excluded.rules then null else c.reached_id end,
         rows_read = 0, rows_changed = 0, started_at = excluded.started_at, ended_at = null
       where $3 or c.rules <> excluded.rules or c.ended_at is not null`,
    [account, rules, again],
  );
  return readState(db, account, rules);
}

/**
 * Classifies the next batch of rows in the order of their key and returns the progress. Several processes may do this at
 * once: each takes the batch after that of the other.
 *
 * @throws {KnownError} `rules_replaced` when another process has begun with other rules; then nothing was stored
 */
export async function classifyBatch(
  db: Database,
  classification: Classification,
  size = batchRows,
): Promise<ClassificationState> {
  const { account, rules, stream } = classification;
  const { table } = stream;
  return db.transaction(async (tx) => {
    // Read within the transaction, so that it can be repeated if the answer to COMMIT was lost.
    const state = await readState(tx, account, rules, 'for update');
    if (state.endedAt !== null) return state;
    const rows = await readBatch(tx, stream, account, size);
    const differing = await findDiffering(tx, classification, rows);
    const held = await holdRows(tx, table, account, differing);
    const changed = await findDiffering(tx, classification, held);
    if (changed.length > 0) {
      await replaceDerived(tx, table, account, changed);
      await markStaleDays(tx, account, stream, changed);
    }
    return recordBatch(tx, account, rows.at(-1), table, {
      read: rows.length,
      changed: changed.length,
      isLast: rows.length < size,
    });
  });
}

/** The table of the rows derived from a log, for a log that has one. */
function derivedOf({ name, derived }: LogTable): DerivedTable {
  if (derived === undefined) throw new TypeError(`Nothing is derived from ${name}.`);
  return derived;
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
    found: `Another process has started to classify the requests of ${account} by different rules, so this one has stopped`,
  });
}

/** A stored row with its key as text, because a Date would lose microseconds, and the columns that it is classified by. */
type StoredRow = Row & { readonly timeMs: number };

function listColumns(table: LogTable): string {
  const { id, time } = table;
  const columns = derivedOf(table).from.map((name) => `l.${name}`);
  return `l.${id.name}::text as ${id.name}, l.${time}::text as ${time},
    floor(extract(epoch from l.${time}) * 1000)::float8 as "timeMs", ${columns.join(', ')}`;
}

async function readBatch(
  tx: Queryable,
  { name: stream, table }: LogStream,
  account: string,
  size: number,
): Promise<readonly StoredRow[]> {
  const { name, id, time } = table;
  const [reached] = await tx.query<{ at: string; id: string }>(
    `select coalesce(reached_at, '-infinity')::text as at, coalesce(reached_id, '0') as id
     from zendesk_sync.classifications where account = $1`,
    [account],
  );
  const idType = id.type === 'text' ? 'text collate "C"' : id.type;
  return tx.query<StoredRow>(
    // Only the condition on the time lets Postgres skip partitions. What a stripped row was about is no longer in it.
    `select ${listColumns(table)}
     from ${name} l
     where l.account = $1 and l.${time} >= $2::timestamptz
       and (l.${time}, l.${id.name}) > ($2::timestamptz, $3::${idType})
       and not ${isStripped('l', table, '$5')}
     order by l.${time}, l.${id.name}
     limit $4`,
    [account, reached?.at, reached?.id, size, stream],
  );
}

/**
 * Reads rows again and locks them until the transaction ends. A page that changes one of them at this moment also stores
 * what it is about: without the lock both would write without seeing each other. Few rows are locked: a lock writes.
 */
async function holdRows(
  tx: Queryable,
  table: LogTable,
  account: string,
  rows: readonly PageRow[],
): Promise<readonly StoredRow[]> {
  if (rows.length === 0) return [];
  const { name, id, time } = table;
  return tx.query<StoredRow>(
    `select ${listColumns(table)}
     from unnest($2::timestamptz[], $3::${id.type}[]) as wanted (time, id)
     join ${name} l on l.account = $1 and l.${time} = wanted.time and l.${id.name} = wanted.id
     where l.${time} between $4 and $5
     order by l.${time}, l.${id.name}
     for share of l`,
    [
      account,
      rows.map(({ row }) => row[time]),
      rows.map((row) => row.id),
      rows[0]?.row[time],
      rows.at(-1)?.row[time],
    ],
  );
}

/** The rows, given in the order of their key, for which the stored result differs from the rules. */
async function findDiffering(
  tx: Transaction,
  { account, stream: { table }, classify }: Classification,
  rows: readonly StoredRow[],
): Promise<readonly PageRow[]> {
  if (rows.length === 0) return [];
  const { id, time } = table;
  const { name, key, columns, derive } = derivedOf(table);
  const values = columns.map((column) => `d.${column}::text`).join(', ');
  const stored = await tx.query<{ key: string; rows: unknown }>(
    `select d.${key.time}::text || ' ' || d.${key.id} as key,
       json_agg(json_build_array(${values}) order by d.${columns[0]}) as rows
     from ${name} d
     where d.account = $1 and d.${key.time} between $2::timestamptz and $3::timestamptz
     group by d.${key.time}, d.${key.id}`,
    [account, rows[0]?.[time], rows.at(-1)?.[time]],
  );
  const known = new Map(stored.map((each) => [each.key, JSON.stringify(each.rows)]));
  return rows.flatMap((row) => {
    const derived = derive(row, classify);
    const wanted = JSON.stringify(derived.map((each) => each.map(toText)));
    const rowId = String(row[id.name]);
    if ((known.get(`${String(row[time])} ${rowId}`) ?? '[]') === wanted) return [];
    return [{ id: rowId, timeMs: row.timeMs, row, derived }];
  });
}

function toText(value: string | number | null): string | null {
  return value === null ? null : String(value);
}

async function recordBatch(
  tx: Queryable,
  account: string,
  last: StoredRow | undefined,
  { id, time }: LogTable,
  { read, changed, isLast }: { read: number; changed: number; isLast: boolean },
): Promise<ClassificationState> {
  const [state] = await tx.query<ClassificationState>(
    `update zendesk_sync.classifications
     set reached_at = coalesce($2::timestamptz, reached_at), reached_id = coalesce($3, reached_id),
       rows_read = rows_read + $4, rows_changed = rows_changed + $5,
       ended_at = case when $6 then clock.at end
     from (select clock_timestamp() as at) as clock
     where account = $1
     returning ${stateColumns}`,
    [account, last?.[time], last?.[id.name], read, changed, isLast],
  );
  if (state === undefined) throw new Error('The state of a classification vanished.');
  return state;
}
