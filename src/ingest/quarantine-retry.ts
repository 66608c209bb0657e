/** Trying again to store what lies in quarantine, on the way that pages take: behind the fence of the lease, in one transaction. */
import type { Transaction } from '../database/client.ts';
import { explainRefusal } from '../database/connection-errors.ts';
import { KnownError } from '../errors.ts';
import type { LogStream, Stream } from '../streams/stream.ts';
import { readUser, type UserRow } from '../streams/users.ts';
import { version } from '../version.ts';
import { parseJson } from '../zendesk/body.ts';
import { isFaithful } from '../zendesk/faithful.ts';
import type { Engine } from './engine.ts';
import { checkLease, type Lease } from './lease.ts';
import { keepOriginal, readRecords } from './page-records.ts';
import { upsertUsers } from './people-tables.ts';
import { listStale, markStaleDays } from './rollups.ts';
import type { PageRow } from './rows/copy.ts';
import { writeByHalves } from './rows/isolate.ts';
import { writeRows } from './rows/rows.ts';
import { countStoredRows } from './stored-rows.ts';

/** What is tried again: records by their numbers, what another version of this program could not store, or everything. */
export type RetryChoice = 'all' | 'other-versions' | { readonly numbers: readonly string[] };

/** What became of the records: stored, stored in the meantime by another way, or still not to be stored. */
export type RetryCounts = {
  readonly stored: number;
  readonly known: number;
  readonly left: number;
};

type RetryParts = Pick<Engine, 'db' | 'ensurePartitions' | 'classify'>;

type Entry = {
  readonly number: string;
  readonly content: Buffer;
  /** False when somebody has changed the content since. */
  readonly isAsItCame: boolean;
};

/** How many records are tried in one transaction. */
const batchRecords = 100;

/** Tries records of one stream again. @throws {KnownError} `lease_lost` when another process has taken over */
export async function retryQuarantine(
  parts: RetryParts,
  stream: Stream,
  lease: Lease,
  choice: RetryChoice,
  signal: AbortSignal,
): Promise<RetryCounts> {
  let counts: RetryCounts = { stored: 0, known: 0, left: 0 };
  for (let last = '0'; ;) {
    signal.throwIfAborted();
    const entries = await loadBatch(parts, lease, choice, last);
    if (entries.length === 0) return counts;
    last = entries.at(-1)?.number ?? last;
    const done = await retryBatch(parts, stream, lease, entries);
    counts = {
      stored: counts.stored + done.stored,
      known: counts.known + done.known,
      left: counts.left + done.left,
    };
  }
}

async function loadBatch(
  { db }: Pick<RetryParts, 'db'>,
  { account, stream }: Lease,
  choice: RetryChoice,
  after: string,
): Promise<readonly Entry[]> {
  return db.query<Entry>(
    `select id::text as number, content, sha256(content) = fingerprint as "isAsItCame" from zendesk_sync.quarantine
     where account = $1 and stream = $2 and id > $3::bigint
       and ($4::bigint[] is null or id = any ($4::bigint[])) and ($5::text is null or tried_by <> $5)
     order by id
     limit ${batchRecords}`,
    [
      account,
      stream,
      after,
      typeof choice === 'object' ? choice.numbers : null,
      choice === 'other-versions' ? version : null,
    ],
  );
}

/** A record that can be read now, and its row. */
type Readable<Row> = { readonly entry: Entry; readonly row: Row };

/** What is wrong with a record still. */
type Failure = { readonly number: string; readonly error: unknown };

async function retryBatch(
  parts: RetryParts,
  stream: Stream,
  lease: Lease,
  entries: readonly Entry[],
): Promise<RetryCounts> {
  return stream.kind === 'log'
    ? retryRecords(parts, stream, lease, entries)
    : retryPeople(parts, lease, entries);
}

async function retryRecords(
  { db, ensurePartitions, classify }: RetryParts,
  stream: LogStream,
  lease: Lease,
  entries: readonly Entry[],
): Promise<RetryCounts> {
  const read = ({ content }: Entry): PageRow | undefined => {
    const record = parseJson(content);
    const [row] = readRecords(stream, classify, [record]);
    return row === undefined || isFaithful(content, record) ? row : keepOriginal(row, content);
  };
  const { readable, failures } = readEntries(entries, read);
  await ensurePartitions(
    stream.table,
    readable.map(({ row }) => row.timeMs),
    true,
  );
  const { name, time, id } = stream.table;
  return db.transaction(async (tx) => {
    await checkLease(tx, lease);
    const stored = await tx.query<{ place: number }>(
      `select k.place::integer from unnest($2::timestamptz[], $3::${id.type}[]) with ordinality as k (time, id, place)
       join ${name} t on t.account = $1 and t.${id.name} = k.id
         and t.${time} >= date_trunc('second', k.time) and t.${time} < date_trunc('second', k.time) + interval '1 second'`,
      [lease.account, readable.map(({ row }) => row.row[time]), readable.map(({ row }) => row.id)],
    );
    const write = async (some: readonly Readable<PageRow>[]): Promise<void> => {
      const rows = some.map(({ row }) => row);
      const options = { covered: [], mayCopy: false };
      const written = await writeRows(tx, stream, lease.account, rows, options);
      await countStoredRows(tx, lease, written);
      await markStaleDays(tx, lease.account, stream, listStale(rows, written));
    };
    return settle(tx, { readable, failures, stored, write });
  });
}

async function retryPeople(
  { db }: RetryParts,
  lease: Lease,
  entries: readonly Entry[],
): Promise<RetryCounts> {
  const { readable, failures } = readEntries(entries, ({ content }) =>
    readUser(parseJson(content)),
  );
  return db.transaction(async (tx) => {
    await checkLease(tx, lease);
    const stored = await tx.query<{ place: number }>(
      `select k.place::integer from unnest($2::bigint[]) with ordinality as k (id, place)
       join zendesk.users u on u.account = $1 and u.id = k.id`,
      [lease.account, readable.map(({ row }) => row.id)],
    );
    const write = async (some: readonly Readable<UserRow>[]): Promise<void> => {
      await upsertUsers(
        tx,
        lease.account,
        some.map(({ row }) => row),
      );
    };
    return settle(tx, { readable, failures, stored, write });
  });
}

function readEntries<Row>(
  entries: readonly Entry[],
  read: (entry: Entry) => Row | undefined,
): { readable: readonly Readable<Row>[]; failures: readonly Failure[] } {
  const readable: Readable<Row>[] = [];
  const failures: Failure[] = [];
  for (const entry of entries) {
    try {
      if (!entry.isAsItCame) throw new KnownError('record_unreadable', changedByHand);
      const row = read(entry);
      if (row !== undefined) readable.push({ entry, row });
    } catch (error) {
      failures.push({ number: entry.number, error });
    }
  }
  return { readable, failures };
}

const changedByHand = {
  found:
    'Somebody has changed the record in the quarantine, so it is not what Zendesk sent and is not stored',
};

/** Stores what is not there yet, takes what is stored out of the quarantine, and notes why the rest stays. */
async function settle<Row>(
  tx: Transaction,
  batch: {
    readonly readable: readonly Readable<Row>[];
    readonly failures: readonly Failure[];
    /** The places of those whose key is in the table, from 1: what came since is newer than what lies in quarantine. */
    readonly stored: readonly { readonly place: number }[];
    readonly write: (some: readonly Readable<Row>[]) => Promise<void>;
  },
): Promise<RetryCounts> {
  const places = new Set(batch.stored.map(({ place }) => place));
  const known = batch.readable.filter((_, index) => places.has(index + 1));
  const fresh = batch.readable.filter((_, index) => !places.has(index + 1));
  const { refused } = await writeByHalves(tx, fresh, batch.write);
  const failures = [
    ...batch.failures,
    ...refused.map(({ item, error }) => ({
      number: item.entry.number,
      error: explainRefusal(error),
    })),
  ];
  const left = new Set(failures.map(({ number }) => number));
  const done = batch.readable.filter(({ entry }) => !left.has(entry.number));
  await tx.query('delete from zendesk_sync.quarantine where id = any ($1::bigint[])', [
    done.map(({ entry }) => entry.number),
  ]);
  await tx.query(
    `update zendesk_sync.quarantine q
     set tried_by = $1, code = coalesce(f.code, q.code), reason = coalesce(f.reason, q.reason)
     from unnest($2::bigint[], $3::text[], $4::text[]) as f (id, code, reason)
     where q.id = f.id`,
    [
      version,
      failures.map(({ number }) => number),
      failures.map(({ error }) => (error instanceof KnownError ? error.code : null)),
      failures.map(({ error }) => (error instanceof KnownError ? error.message : null)),
    ],
  );
  return { stored: done.length - known.length, known: known.length, left: failures.length };
}

/** Tries what lies in quarantine once in the life of a process, where another version of the program could not store it. */
export function createUpgradeRetry(
  engine: Engine,
  stream: Stream,
): (lease: Lease, signal: AbortSignal) => Promise<void> {
  let isDone = false;
  return async (lease, signal) => {
    if (isDone) return;
    const counts = await retryQuarantine(engine, stream, lease, 'other-versions', signal);
    isDone = true;
    const { account, log } = engine;
    if (counts.stored + counts.known + counts.left > 0)
      log.info(
        { account, stream: stream.name, ...counts },
        'the records in quarantine were tried again',
      );
  };
}
